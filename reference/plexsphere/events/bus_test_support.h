/* events/bus_test_support.h — what every adapter of the event bus must keep (ports/event_bus.h).
 * Only test programs include this. */
#ifndef PLEXSPHERE_EVENTS_BUS_TEST_SUPPORT_H
#define PLEXSPHERE_EVENTS_BUS_TEST_SUPPORT_H

#include <pthread.h>
#include <string.h>

#include "reference/plexsphere/app_life.h"
#include "reference/plexsphere/crypto/crypto.h"
#include "reference/plexsphere/events/events.h"
#include "reference/plexsphere/store/cluster_test_support.h"
#include "reference/plexsphere/store/migrate.h"

#define BUS_TEST_PATIENCE (20 * NANOS_PER_SECOND)

static struct arena *arena;
static char *dsn;
static struct app app;

static const struct uuid bus_domain = { { 0xd0, 1 } }, bus_other_domain = { { 0xd0, 2 } };
static const struct uuid bus_node = { { 0xa0, 1 } }, bus_neighbour = { { 0xa0, 2 } };
static const struct uuid bus_nobody;

static inline void bus_set_up(int connections)
{
    struct error e = { "" };
    arena = arena_create();
    ck_assert_msg(crypto_init(&e), "%s", e.text);
    dsn = cluster_database(arena);
    ck_assert_msg(migrate_up(dsn, "migrations", &e), "%s", e.text);
    app = (struct app){ .arena = arena };
    ck_assert_msg(db_open(dsn, connections, &app.db, &e), "%s", e.text);
}

static inline void bus_tear_down(void)
{
    db_close(app.db);
    arena_destroy(arena);
}

static inline struct bus_event bus_some_event(const struct uuid *node, const struct uuid *but,
                                              const char *name)
{
    return (struct bus_event){
        .domain_id = bus_domain,
        .node_id = *node,
        .but_node_id = *but,
        .type = "node_state_updated",
        .v1 = BYTES_OF_TEXT(name),
        .mvp = BYTES_OF_TEXT("mvp"),
        .issued_at = app_clock_now(&app.clock),
        .dedupe = name,
    };
}

/* As the publisher does it: in a transaction of its own. */
static inline void bus_publish(struct event_bus *bus, struct bus_event *events, size_t n)
{
    struct error e = { "" };
    struct arena *a = arena_create();
    struct tx *tx = tx_begin(app.db, a);
    tx_write(tx);
    ck_assert_msg(bus->publish(bus, tx, events, n, &e), "%s", e.text);
    ck_assert_int_eq(tx_commit(tx), SQL_OK);
    tx_end(tx);
    arena_destroy(a);
}

/* The v1 lines of what is replayed for a Node, joined by blanks. */
static inline const char *bus_replayed(struct event_bus *bus, const struct uuid *node,
                                       int64_t after, size_t limit)
{
    struct bus_event *events;
    size_t n;
    const char *text = "";
    struct tx *tx = tx_begin(app.db, arena);
    ck_assert(bus->replay(bus, tx, &bus_domain, node, after, limit, &events, &n));
    int64_t last = after;
    for (size_t i = 0; i < n; i++) {
        ck_assert_int_gt(events[i].seq, last);
        last = events[i].seq;
        text = arena_printf(arena, "%s%s%.*s", text, i ? " " : "", (int)events[i].v1.len,
                            (const char *)events[i].v1.data);
    }
    tx_end(tx);
    return text;
}

static inline int64_t bus_head(struct event_bus *bus)
{
    int64_t seq = -1;
    struct tx *tx = tx_begin(app.db, arena);
    ck_assert(bus->head(bus, tx, &seq));
    tx_end(tx);
    return seq;
}

/* One listener on a thread, and what it heard. */
struct ears {
    struct event_bus *bus;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    char heard[8192];
    size_t n, losses;
    int64_t last;
    bool connected, disordered;
};

static inline void ears_hear(void *self, const struct bus_event *event)
{
    struct ears *ears = self;
    pthread_mutex_lock(&ears->lock);
    ears->disordered = ears->disordered || event->seq <= ears->last;
    ears->last = event->seq;
    size_t used = strlen(ears->heard);
    snprintf(ears->heard + used, sizeof ears->heard - used, "%s%.*s", used ? " " : "",
             (int)event->v1.len, (const char *)event->v1.data);
    ears->n++;
    pthread_cond_broadcast(&ears->changed);
    pthread_mutex_unlock(&ears->lock);
}

static inline void ears_up(void *self, bool connected)
{
    struct ears *ears = self;
    pthread_mutex_lock(&ears->lock);
    ears->losses += ears->connected && !connected;
    ears->connected = connected;
    pthread_cond_broadcast(&ears->changed);
    pthread_mutex_unlock(&ears->lock);
}

static inline void *ears_run(void *self)
{
    struct ears *ears = self;
    ears->bus->listen(ears->bus, &app, ears_hear, ears_up, ears);
    return NULL;
}

/* Waits while `unmet` holds; a failure after BUS_TEST_PATIENCE. */
static inline void ears_wait_while(struct ears *ears,
                                   bool (*unmet)(const struct ears *ears, size_t n, size_t losses),
                                   size_t n, size_t losses)
{
    int64_t end = clock_monotonic_nanos() + BUS_TEST_PATIENCE;
    struct timespec until = { .tv_sec = end / NANOS_PER_SECOND, .tv_nsec = end % NANOS_PER_SECOND };
    int result = 0;
    pthread_mutex_lock(&ears->lock);
    while (unmet(ears, n, losses) && result == 0)
        result = pthread_cond_timedwait(&ears->changed, &ears->lock, &until);
    pthread_mutex_unlock(&ears->lock);
    ck_assert_msg(result == 0, "heard %zu of %zu, lost %zu of %zu, connected %d: %s", ears->n, n,
                  ears->losses, losses, ears->connected, ears->heard);
}

static inline bool ears_not_lost(const struct ears *ears, size_t n, size_t losses)
{
    (void)n;
    return ears->losses < losses;
}

static inline bool ears_not_heard(const struct ears *ears, size_t n, size_t losses)
{
    return ears->n < n || ears->losses < losses || !ears->connected;
}

/* Until the connection was lost that many times. Losses are counted, for a listener may be back
 * before anybody looked. */
static inline void ears_wait_for_loss(struct ears *ears, size_t losses)
{
    ears_wait_while(ears, ears_not_lost, 0, losses);
}

/* Until that many events were heard, behind that many losses, and it is connected. */
static inline void ears_wait(struct ears *ears, size_t n, size_t losses)
{
    ears_wait_while(ears, ears_not_heard, n, losses);
}

static inline void ears_open(struct ears *ears, struct event_bus *bus)
{
    pthread_condattr_t monotonic;
    *ears = (struct ears){ .bus = bus };
    pthread_mutex_init(&ears->lock, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&ears->changed, &monotonic);
    ck_assert_int_eq(pthread_create(&ears->thread, NULL, ears_run, ears), 0);
    ears_wait(ears, 0, 0);
}

/* Each test runs in a process of its own, so app_stop() ends this one's loops only. */
static inline void ears_close(struct ears *ears)
{
    app_stop();
    pthread_join(ears->thread, NULL);
    ck_assert(!ears->disordered);
}

/* The rules. */

static inline void bus_keeps_recipients_apart(struct event_bus *bus)
{
    struct bus_event events[] = {
        bus_some_event(&bus_node, &bus_nobody, "mine"),
        bus_some_event(&bus_neighbour, &bus_nobody, "theirs"),
        bus_some_event(&bus_nobody, &bus_nobody, "all"),
        bus_some_event(&bus_nobody, &bus_node, "but-me"),
        bus_some_event(&bus_nobody, &bus_neighbour, "but-them"),
        bus_some_event(&bus_nobody, &bus_nobody, "elsewhere"),
    };
    events[5].domain_id = bus_other_domain;
    int64_t before = bus_head(bus);
    bus_publish(bus, events, ARRAY_LEN(events));
    for (size_t i = 0; i < ARRAY_LEN(events); i++)
        ck_assert_int_gt(events[i].seq, i ? events[i - 1].seq : before);
    ck_assert_int_eq(bus_head(bus), events[5].seq);
    ck_assert_str_eq(bus_replayed(bus, &bus_node, 0, 100), "mine all but-them");
    ck_assert_str_eq(bus_replayed(bus, &bus_neighbour, 0, 100), "theirs all but-me");
    ck_assert_str_eq(bus_replayed(bus, &bus_node, events[0].seq, 100), "all but-them");
    ck_assert_str_eq(bus_replayed(bus, &bus_node, 0, 2), "mine all");
    ck_assert_str_eq(bus_replayed(bus, &bus_node, 1 << 30, 100), "");
}

static inline void bus_keeps_every_member(struct event_bus *bus)
{
    struct bus_event *back, both = bus_some_event(&bus_nobody, &bus_neighbour, "{\"a\":\"é\"}");
    struct bus_event mvp = bus_some_event(&bus_node, &bus_nobody, "x");
    size_t n;
    mvp.v1 = (struct bytes){ NULL, 0 };
    bus_publish(bus, &both, 1);
    bus_publish(bus, &mvp, 1);
    struct tx *tx = tx_begin(app.db, arena);
    ck_assert(bus->replay(bus, tx, &bus_domain, &bus_node, 0, 10, &back, &n));
    ck_assert_uint_eq(n, 2);
    ck_assert_int_eq(back[0].seq, both.seq);
    ck_assert(uuid_equal(&back[0].domain_id, &bus_domain));
    ck_assert(uuid_is_nil(&back[0].node_id));
    ck_assert(uuid_equal(&back[0].but_node_id, &bus_neighbour));
    ck_assert_str_eq(back[0].type, "node_state_updated");
    ck_assert_uint_eq(back[0].v1.len, both.v1.len);
    ck_assert_mem_eq(back[0].v1.data, both.v1.data, both.v1.len);
    ck_assert_uint_eq(back[0].mvp.len, 3);
    ck_assert_int_eq(back[0].issued_at, both.issued_at);
    ck_assert(uuid_equal(&back[1].node_id, &bus_node));
    ck_assert(uuid_is_nil(&back[1].but_node_id));
    ck_assert_uint_eq(back[1].v1.len, 0);
    ck_assert_uint_eq(back[1].mvp.len, 3);
    tx_end(tx);
}

static inline void bus_forgets_by_age(struct event_bus *bus)
{
    struct bus_event old = bus_some_event(&bus_node, &bus_nobody, "old");
    bus_publish(bus, &old, 1);
    app_clock_advance(&app.clock, EVENT_RETENTION - 30 * MICROS_PER_SECOND);
    ck_assert_str_eq(bus_replayed(bus, &bus_node, 0, 10), "old");
    app_clock_advance(&app.clock, 31 * MICROS_PER_SECOND);
    struct bus_event fresh = bus_some_event(&bus_node, &bus_nobody, "new");
    ck_assert_str_eq(bus_replayed(bus, &bus_node, 0, 10), "");
    bus_publish(bus, &fresh, 1);
    ck_assert_str_eq(bus_replayed(bus, &bus_node, 0, 10), "new");
    ck_assert_int_gt(fresh.seq, old.seq);
}

/* What was published before is not delivered; what comes after is, whoever published it. */
static inline void bus_delivers_what_comes(struct event_bus *bus, struct event_bus *another)
{
    struct ears ears;
    struct bus_event before = bus_some_event(&bus_node, &bus_nobody, "before");
    bus_publish(bus, &before, 1);
    ears_open(&ears, bus);
    struct bus_event first = bus_some_event(&bus_node, &bus_nobody, "first");
    struct bus_event more[] = { bus_some_event(&bus_nobody, &bus_nobody, "second"),
                                bus_some_event(&bus_neighbour, &bus_nobody, "third") };
    bus_publish(bus, &first, 1);
    bus_publish(another, more, 2);
    ears_wait(&ears, 3, 0);
    ears_close(&ears);
    ck_assert_str_eq(ears.heard, "first second third");
    ck_assert(!ears.connected);
}

#endif
