/* The bus in Postgres: rows, numbered under one row's lock; NOTIFY is the doorbell, and what rang
 * is read by watermark.
 *
 * EVT-006: the number is given within the publisher's transaction, and a second publisher waits on
 * the head row until the first has committed: numbers become visible in their own order. */
#include <string.h>

#include "common/arena.h"
#include "reference/plexsphere/app_life.h"
#include "reference/plexsphere/events/events.h"
#include "reference/plexsphere/store/doorbell.h"

#define CHANNEL "plexsphere_bus"
#define PRUNE_EVERY (30 * MICROS_PER_SECOND)
#define RETRY_FIRST (NANOS_PER_SECOND / 10)
#define RETRY_MOST (2 * NANOS_PER_SECOND)
enum { READ_AT_ONCE = 256 };

struct postgres_bus {
    struct event_bus port;
    struct app *app;
    int64_t pruned_at; /* the publisher's alone */
};

static struct postgres_bus *self_of(struct event_bus *bus)
{
    return (struct postgres_bus *)bus;
}

static const struct statement take_numbers = {
    .name = "node_events_numbers",
    .sql = "UPDATE plexsphere.node_events_head SET seq = seq + $1 RETURNING seq",
};

static const struct statement insert_event = {
    .name = "node_events_insert",
    .sql = "INSERT INTO plexsphere.node_events"
           " (seq, domain_id, node_id, but_node_id, type, v1, mvp, issued_at)"
           " VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
};

static const struct statement ring = {
    .name = "node_events_ring",
    .sql = "SELECT pg_notify('" CHANNEL "', '')",
};

static const struct statement prune_old = {
    .name = "node_events_prune",
    .sql = "DELETE FROM plexsphere.node_events WHERE issued_at < $1",
};

static struct param p_recipient(const struct uuid *id)
{
    return p_uuid(uuid_is_nil(id) ? NULL : id);
}

static struct param p_line(struct arena *a, struct bytes line)
{
    return line.len == 0 ? p_null() : p_text(arena_strndup(a, (const char *)line.data, line.len));
}

enum { INSERT_PARAMS = 8 };

static void plan_insert(struct arena *a, const struct bus_event *event, struct sql_call *out)
{
    const struct param params[INSERT_PARAMS] = {
        p_int(event->seq),
        p_uuid(&event->domain_id),
        p_recipient(&event->node_id),
        p_recipient(&event->but_node_id),
        p_text(event->type),
        p_line(a, event->v1),
        p_line(a, event->mvp),
        p_time(event->issued_at),
    };
    *out = (struct sql_call){
        .statement = &insert_event,
        .params = arena_copy(a, params, sizeof(params)),
        .n_params = INSERT_PARAMS,
    };
}

static bool number(struct tx *tx, struct bus_event *events, size_t n)
{
    struct rows rows;
    if (SQL(tx, &take_numbers, &rows, p_int((int64_t)n)) != SQL_OK || rows.n != 1)
        return false;
    int64_t last = row_int(&rows, 0, 0);
    for (size_t i = 0; i < n; i++)
        events[i].seq = last - (int64_t)(n - 1 - i);
    return true;
}

static bool keep(struct tx *tx, const struct bus_event *events, size_t n)
{
    struct arena *a = tx_arena(tx);
    struct sql_call *calls = arena_alloc_array(a, n + 1, sizeof(*calls));
    for (size_t i = 0; i < n; i++)
        plan_insert(a, &events[i], &calls[i]);
    calls[n] = (struct sql_call){ .statement = &ring };
    return sql_run_all(tx, calls, n + 1) == SQL_OK;
}

/* EVT-010: now and then; replay() leaves out by age what is still there. */
static bool prune(struct postgres_bus *self, struct tx *tx)
{
    int64_t now = app_clock_now(&self->app->clock);
    if (now - self->pruned_at < PRUNE_EVERY)
        return true;
    self->pruned_at = now;
    return SQL(tx, &prune_old, NULL, p_time(now - EVENT_RETENTION)) == SQL_OK;
}

/* `dedupe` is not looked at: the outbox rows are marked in this very transaction. */
static bool publish(struct event_bus *bus, struct tx *tx, struct bus_event *events, size_t n,
                    struct error *e)
{
    if (n == 0)
        return true;
    if (prune(self_of(bus), tx) && number(tx, events, n) && keep(tx, events, n))
        return true;
    return error_set(e, "the database took no events");
}

#define COLUMNS "seq, domain_id, node_id, but_node_id, type, v1, mvp, issued_at"

static struct bytes row_line(const struct rows *rows, int row, int column)
{
    const char *text = row_text(rows, row, column);
    return text ? BYTES_OF_TEXT(text) : (struct bytes){ NULL, 0 };
}

static void read_rows(struct arena *a, const struct rows *rows, struct bus_event **out, size_t *n)
{
    *n = (size_t)rows->n;
    *out = arena_alloc_array(a, *n + 1, sizeof(**out));
    for (int i = 0; i < rows->n; i++)
        (*out)[i] = (struct bus_event){
            .seq = row_int(rows, i, 0),
            .domain_id = row_uuid(rows, i, 1),
            .node_id = row_uuid(rows, i, 2),
            .but_node_id = row_uuid(rows, i, 3),
            .type = row_text(rows, i, 4),
            .v1 = row_line(rows, i, 5),
            .mvp = row_line(rows, i, 6),
            .issued_at = row_time(rows, i, 7),
        };
}

/* Two walks along one index, so that a Domain with many Nodes costs a Node its own events only. */
static const struct statement replay_events = {
    .name = "node_events_replay",
    .sql = "SELECT " COLUMNS " FROM ("
           "(SELECT * FROM plexsphere.node_events"
           " WHERE domain_id = $1 AND node_id = $2 AND seq > $3 AND issued_at >= $4"
           " ORDER BY seq LIMIT $5)"
           " UNION ALL "
           "(SELECT * FROM plexsphere.node_events"
           " WHERE domain_id = $1 AND node_id IS NULL AND but_node_id IS DISTINCT FROM $2"
           " AND seq > $3 AND issued_at >= $4"
           " ORDER BY seq LIMIT $5)) AS of_node"
           " ORDER BY seq LIMIT $5",
};

static bool replay(struct event_bus *bus, struct tx *tx, const struct uuid *domain,
                   const struct uuid *node, int64_t after, size_t limit, struct bus_event **out,
                   size_t *n)
{
    struct rows rows;
    int64_t oldest = app_clock_now(&self_of(bus)->app->clock) - EVENT_RETENTION;
    if (SQL(tx, &replay_events, &rows, p_uuid(domain), p_uuid(node), p_int(after), p_time(oldest),
            p_int((int64_t)limit)) != SQL_OK)
        return false;
    read_rows(tx_arena(tx), &rows, out, n);
    return true;
}

static const struct statement read_head = {
    .name = "node_events_head",
    .sql = "SELECT seq FROM plexsphere.node_events_head",
};

static bool head(struct event_bus *bus, struct tx *tx, int64_t *seq)
{
    (void)bus;
    struct rows rows;
    if (sql_run(tx, &read_head, &rows, NULL, 0) != SQL_OK || rows.n != 1)
        return false;
    *seq = row_int(&rows, 0, 0);
    return true;
}

/* One process's way through the stream. */
struct listener {
    struct event_bus *bus;
    struct app *app;
    void (*deliver)(void *self, const struct bus_event *event);
    void *self;
    struct arena *arena;
    int64_t last; /* delivered; -1: not known yet */
};

static const struct statement read_news = {
    .name = "node_events_news",
    .sql = "SELECT " COLUMNS " FROM plexsphere.node_events WHERE seq > $1 ORDER BY seq LIMIT $2",
};

static bool deliver_some(struct listener *l, struct tx *tx, size_t *n)
{
    struct rows rows;
    struct bus_event *events;
    if (SQL(tx, &read_news, &rows, p_int(l->last), p_int(READ_AT_ONCE)) != SQL_OK)
        return false;
    read_rows(l->arena, &rows, &events, n);
    for (size_t i = 0; i < *n; i++) {
        l->deliver(l->self, &events[i]);
        l->last = events[i].seq;
    }
    return true;
}

static bool catch_up(struct listener *l)
{
    size_t n = READ_AT_ONCE;
    bool ok = true;
    while (ok && n == READ_AT_ONCE) {
        struct tx *tx = tx_begin(l->app->db, l->arena);
        ok = (l->last >= 0 || head(l->bus, tx, &l->last)) && deliver_some(l, tx, &n);
        tx_end(tx);
        arena_reset(l->arena);
    }
    return ok;
}

/* Until the connection breaks or the process stops. */
static void follow(struct listener *l, struct doorbell *d)
{
    enum doorbell_result rang;
    do
        rang = doorbell_wait(d, -1);
    while (rang == DOORBELL_RANG && catch_up(l));
}

static void listen(struct event_bus *bus, struct app *app,
                   void (*deliver)(void *self, const struct bus_event *event),
                   void (*up)(void *self, bool connected), void *self)
{
    struct listener l = { bus, app, deliver, self, arena_create(), -1 };
    int64_t retry = RETRY_FIRST;
    while (!app_stopping()) {
        struct error e = { "" };
        struct doorbell *d = doorbell_open(app->db, CHANNEL, &e);
        if (d && catch_up(&l)) {
            up(self, true);
            retry = RETRY_FIRST;
            follow(&l, d);
            up(self, false);
        }
        doorbell_close(d);
        app_wait(retry);
        retry = retry * 2 > RETRY_MOST ? RETRY_MOST : retry * 2;
    }
    arena_destroy(l.arena);
}

struct event_bus *bus_postgres_create(struct app *app)
{
    struct postgres_bus *self = arena_alloc(app->arena, sizeof(*self));
    self->port = (struct event_bus){ publish, replay, head, listen };
    self->app = app;
    return &self->port;
}
