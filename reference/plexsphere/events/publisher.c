#include "reference/plexsphere/events/publisher.h"

#include <inttypes.h>
#include <string.h>

#include "common/arena.h"
#include "common/buffer.h"
#include "common/encoding.h"
#include "common/log.h"
#include "common/memory.h"
#include "common/random.h"
#include "common/text.h"
#include "reference/plexsphere/app_life.h"
#include "reference/plexsphere/events/envelope.h"
#include "reference/plexsphere/events/node_events.h"
#include "reference/plexsphere/events/signing_keys.h"
#include "reference/plexsphere/store/doorbell.h"

#define RETRY_FIRST_MS 100
#define RETRY_MOST_MS 2000

/* EVT-017: an agent of the MVP reads lines of up to 65,535 bytes, and on a longer one it starts
 * over for ever. */
enum { MVP_LINE_MOST = 65535 - sizeof "data: " };

/* One outbox row, and in which dialects somebody is there to read it. */
struct order {
    int64_t id, created_at;
    const char *type;
    struct uuid domain_id, node_id, but_node_id;
    const char *payload;
    bool v1, mvp;
};

/* The keys of the Domains met in one batch. */
struct ring_of_domain {
    struct uuid domain;
    struct key_ring *ring;
};

struct batch {
    struct publisher *publisher;
    struct tx *tx;
    struct arena *arena;
    int64_t now;
    struct order *orders;
    size_t n_orders;
    struct ring_of_domain *rings;
    size_t n_rings;
    struct bus_event *events;
    size_t n_events;
};

static const struct statement unpublished = {
    .name = "outbox_unpublished",
    .sql = "SELECT o.id, o.type, o.domain_id, o.node_id, o.but_node_id, o.payload->>'canonical',"
#define SPOKEN(dialect)                                                                            \
    " CASE WHEN o.node_id IS NULL THEN EXISTS (SELECT FROM plexsphere.nodes n"                     \
    " WHERE n.domain_id = o.domain_id AND n.dialect = '" dialect "'"                               \
    " AND n.id IS DISTINCT FROM o.but_node_id)"                                                    \
    " ELSE EXISTS (SELECT FROM plexsphere.nodes n"                                                 \
    " WHERE n.id = o.node_id AND n.dialect = '" dialect "') END"
    SPOKEN("v1") "," SPOKEN("mvp")
#undef SPOKEN
        ", o.created_at"
        " FROM plexsphere.outbox_events o WHERE o.for_nodes AND o.published_at IS NULL"
        " ORDER BY o.id LIMIT $1",
};

static enum sql_result take_orders(struct batch *b)
{
    struct rows rows;
    enum sql_result result = SQL(b->tx, &unpublished, &rows, p_int(PUBLISH_AT_ONCE));
    if (result != SQL_OK)
        return result;
    b->n_orders = (size_t)rows.n;
    b->orders = arena_alloc_array(b->arena, b->n_orders + 1, sizeof *b->orders);
    for (int i = 0; i < rows.n; i++)
        b->orders[i] = (struct order){
            .id = row_int(&rows, i, 0),
            .type = row_text(&rows, i, 1),
            .domain_id = row_uuid(&rows, i, 2),
            .node_id = row_uuid(&rows, i, 3),
            .but_node_id = row_uuid(&rows, i, 4),
            .payload = row_text(&rows, i, 5),
            .v1 = row_bool(&rows, i, 6),
            .mvp = row_bool(&rows, i, 7),
            .created_at = row_time(&rows, i, 8),
        };
    return SQL_OK;
}

static enum sql_result ring_of(struct batch *b, const struct uuid *domain, struct key_ring **out)
{
    for (size_t i = 0; i < b->n_rings; i++)
        if (uuid_equal(&b->rings[i].domain, domain)) {
            *out = b->rings[i].ring;
            return SQL_OK;
        }
    enum sql_result result = key_ring_load(b->tx, b->publisher->app->signing, domain, b->now, out);
    if (result == SQL_OK)
        b->rings[b->n_rings++] = (struct ring_of_domain){ *domain, *out };
    return result;
}

/* EVT-016: what cannot be signed and verified is never sent; the rest goes on. */
static void refuse(struct publisher *p, const struct order *order, const char *why)
{
    char id[24], count[24];
    p->refused++;
    snprintf(id, sizeof id, "%" PRId64, order->id);
    snprintf(count, sizeof count, "%" PRIu64, p->refused);
    log_line(LOG_ERROR, "an event was not published", "why", why, "type", order->type, "outbox_id",
             id, "refused_so_far", count, NULL);
}

static struct bytes signed_line(struct batch *b, const struct order *order, enum dialect dialect,
                                const struct envelope *envelope, const unsigned char seed[32],
                                const struct signing_key *key)
{
    struct bytes line = { NULL, 0 };
    if (!envelope_sign(b->arena, dialect, envelope, seed, key->public_key, &line)) {
        refuse(b->publisher, order, "its signature does not verify");
        return (struct bytes){ NULL, 0 };
    }
    if (dialect == DIALECT_MVP && line.len > MVP_LINE_MOST) {
        refuse(b->publisher, order, "an agent of the MVP cannot read a line that long");
        return (struct bytes){ NULL, 0 };
    }
    return line;
}

static const char *new_nonce(struct arena *a)
{
    unsigned char nonce[16];
    random_bytes(nonce, sizeof nonce);
    return hex_encode(a, nonce, sizeof nonce);
}

/* EVT-014: whole seconds, as the contract's sample has them. */
static int64_t issued_at(int64_t now)
{
    return now - now % MICROS_PER_SECOND;
}

/* EVT-022: with its time, so that a database that was restored or made anew does not meet its own
 * earlier numbers on a bus that remembers them. */
static const char *dedupe_of(struct arena *a, const struct order *order)
{
    return arena_printf(a, "outbox-%" PRId64 "-%" PRId64, order->id, order->created_at);
}

static void sign_order(struct batch *b, const struct order *order, const struct signing_key *key,
                       const unsigned char seed[32])
{
    struct uuid id = uuid_v7(b->now);
    struct envelope envelope = {
        .id = uuid_text(b->arena, &id),
        .type = order->type,
        .scope = arena_printf(b->arena, "domain:%s", uuid_text(b->arena, &order->domain_id)),
        .key_id = key->key_id,
        .nonce = new_nonce(b->arena),
        .issued_at = issued_at(b->now),
        .payload = BYTES_OF_TEXT(order->payload),
    };
    struct bus_event event = {
        .domain_id = order->domain_id,
        .node_id = order->node_id,
        .but_node_id = order->but_node_id,
        .type = order->type,
        .issued_at = b->now,
        .dedupe = dedupe_of(b->arena, order),
    };
    if (order->v1)
        event.v1 = signed_line(b, order, DIALECT_V1, &envelope, seed, key);
    if (order->mvp)
        event.mvp = signed_line(b, order, DIALECT_MVP, &envelope, seed, key);
    if (event.v1.len + event.mvp.len > 0)
        b->events[b->n_events++] = event;
}

static enum sql_result make_event(struct batch *b, const struct order *order)
{
    struct key_ring *ring;
    struct signing_key key;
    unsigned char seed[32];
    if (!order->v1 && !order->mvp)
        return SQL_OK; /* EVT-008: there is nobody */
    enum sql_result result = ring_of(b, &order->domain_id, &ring);
    if (result != SQL_OK)
        return result;
    if (!order->payload)
        refuse(b->publisher, order, "it has no payload");
    else if (!key_ring_choose(b->arena, b->publisher->app->signing, ring, order->id, order->type,
                              b->now, &key, seed))
        refuse(b->publisher, order, "its key cannot be opened with this NSK wrap key");
    else
        sign_order(b, order, &key, seed);
    mem_wipe(seed, sizeof seed);
    return SQL_OK;
}

static enum sql_result make_events(struct batch *b)
{
    enum sql_result result = SQL_OK;
    b->rings = arena_alloc_array(b->arena, b->n_orders + 1, sizeof *b->rings);
    b->events = arena_alloc_array(b->arena, b->n_orders + 1, sizeof *b->events);
    for (size_t i = 0; i < b->n_orders && result == SQL_OK; i++)
        result = make_event(b, &b->orders[i]);
    return result;
}

static const struct statement mark_published = {
    .name = "outbox_mark_published",
    .sql = "UPDATE plexsphere.outbox_events SET published_at = $1 WHERE id = ANY ($2::bigint[])",
};

static enum sql_result mark(struct batch *b)
{
    struct buffer ids;
    buffer_init_arena(&ids, (b->n_orders + 1) * 24, b->arena);
    for (size_t i = 0; i < b->n_orders; i++)
        buffer_printf(&ids, "%c%" PRId64, i == 0 ? '{' : ',', b->orders[i].id);
    buffer_char(&ids, '}');
    return SQL(b->tx, &mark_published, NULL, p_time(b->now), p_text(ids.data));
}

/* EVT-005: under the lock, so that numbers follow the outbox's order and no key changes between the
 * rows and their signatures. */
static bool run_batch(struct batch *b, struct error *e)
{
    struct event_bus *bus = b->publisher->bus;
    tx_write(b->tx);
    if (publisher_lock(b->tx) != SQL_OK || take_orders(b) != SQL_OK)
        return error_set(e, "the outbox cannot be read");
    if (b->n_orders == 0)
        return true;
    if (make_events(b) != SQL_OK)
        return error_set(e, "the signing keys cannot be read");
    return bus->publish(bus, b->tx, b->events, b->n_events, e) &&
           ((mark(b) == SQL_OK && tx_commit(b->tx) == SQL_OK) ||
            error_set(e, "the outbox cannot be marked"));
}

bool publish_some(struct publisher *p, size_t *n, struct error *e)
{
    struct batch b = { .publisher = p, .arena = arena_create() };
    b.now = app_clock_now(&p->app->clock);
    b.tx = tx_begin(p->app->db, b.arena);
    bool ok = run_batch(&b, e);
    *n = ok ? b.n_orders : 0;
    tx_end(b.tx);
    arena_destroy(b.arena);
    return ok;
}

static bool publish_all(struct publisher *p, struct error *e)
{
    size_t n;
    do
        if (!publish_some(p, &n, e))
            return false;
    while (n == PUBLISH_AT_ONCE && !app_stopping());
    return true;
}

static bool take_up_key(struct publisher *p)
{
    struct arena *a = arena_create();
    struct tx *tx = tx_begin(p->app->db, a);
    tx_write(tx);
    bool ok = signing_take_up(tx, p->app->signing, app_clock_now(&p->app->clock)) == SQL_OK &&
              tx_commit(tx) == SQL_OK;
    tx_end(tx);
    arena_destroy(a);
    return ok;
}

/* One line when it stops and one when it goes on, however often it tries. */
static void note(bool *failing, bool ok, const struct error *e)
{
    if (!ok && !*failing)
        log_line(LOG_WARN, "events wait in the outbox", "error", e->text, NULL);
    else if (ok && *failing)
        log_line(LOG_INFO, "events are published again", NULL);
    *failing = !ok;
}

static int longer(int retry_ms)
{
    return retry_ms * 2 > RETRY_MOST_MS ? RETRY_MOST_MS : retry_ms * 2;
}

/* Looks once at the start, then when it is rung for, and again after a failure. */
static void follow(struct publisher *p, struct doorbell *d, bool *failing)
{
    enum doorbell_result rang;
    int retry = RETRY_FIRST_MS;
    do {
        struct error e = { "" };
        bool ok = publish_all(p, &e);
        note(failing, ok, &e);
        retry = ok ? RETRY_FIRST_MS : longer(retry);
        rang = doorbell_wait(d, ok ? -1 : retry);
    } while (rang == DOORBELL_RANG || rang == DOORBELL_QUIET);
}

void publisher_run(struct publisher *p)
{
    bool failing = false;
    int retry = RETRY_FIRST_MS;
    while (!app_stopping()) {
        struct error e = { "" };
        struct doorbell *d = doorbell_open(p->app->db, NODE_EVENTS_CHANNEL, &e);
        if (d && take_up_key(p)) {
            retry = RETRY_FIRST_MS;
            follow(p, d, &failing);
        }
        doorbell_close(d);
        app_wait(retry * (NANOS_PER_SECOND / 1000));
        retry = longer(retry);
    }
}
