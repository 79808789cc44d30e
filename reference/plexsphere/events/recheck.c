/* Streams outlive the request that opened them, so what opened them is looked at again: once per
 * keep-alive period, in batches, on a thread that may wait for the database (SPEC EVT-071). */
#include "common/arena.h"
#include "reference/plexsphere/app_life.h"
#include "reference/plexsphere/events/hub_inner.h"
#include "reference/plexsphere/identity/identity.h"
#include "reference/plexsphere/nodes/nodes.h"
#include "reference/plexsphere/ports/relations.h"

enum { NSKS_AT_ONCE = 1000 };
#define TICK (NANOS_PER_SECOND / 4)

static bool is_operators(const struct stream_owner *o)
{
    return uuid_is_nil(&o->nsk_id);
}

/* What cannot be asked is not answered: a stream does not end because the database is away. */
static bool operator_is_good(struct tx *tx, const struct app *app, const struct stream_owner *o)
{
    bool good = true, there = true;
    struct node_address address;
    struct caller caller = { .kind = o->kind, .id = o->caller_id };
    struct subject_ref subject = { caller_subject_type(&caller), o->caller_id };
    if (identity_token_is_live(tx, o->token, app_clock_now(&app->clock), &good) != SQL_OK ||
        node_address(tx, &o->node_id, &there, &address) != SQL_OK)
        return true;
    if (!good || !there)
        return false;
    struct object_ref node = { "node", o->node_id };
    struct verdict v = app->relations->check(tx, subject, "agent", node);
    return v.decision == DECISION_GRANTED || v.decision == DECISION_UNAVAILABLE;
}

static void end_dead_nsks(struct app *app, struct hub *h, struct tx *tx,
                          const struct stream_owner *owners, size_t n)
{
    struct uuid *ids = arena_alloc_array(tx_arena(tx), n + 1, sizeof *ids);
    bool *dead = arena_alloc_array(tx_arena(tx), n + 1, sizeof *dead);
    for (size_t i = 0; i < n; i++)
        ids[i] = owners[i].nsk_id;
    if (nsk_dead_among(tx, ids, n, app_clock_now(&app->clock), dead) != SQL_OK)
        return;
    for (size_t i = 0; i < n; i++)
        if (dead[i])
            hub_end(h, &owners[i]);
}

/* Operators' streams to the end. */
static size_t split(struct stream_owner *owners, size_t n)
{
    size_t nsks = 0;
    for (size_t i = 0; i < n; i++)
        if (!is_operators(&owners[i])) {
            struct stream_owner o = owners[nsks];
            owners[nsks++] = owners[i];
            owners[i] = o;
        }
    return nsks;
}

static void look_again(struct hub *h, struct arena *a)
{
    struct stream_owner *owners;
    size_t n = hub_owners(h, a, &owners);
    size_t nsks = split(owners, n);
    if (n == 0)
        return;
    struct tx *tx = tx_begin(h->app->db, a);
    for (size_t i = 0; i < nsks; i += NSKS_AT_ONCE)
        end_dead_nsks(h->app, h, tx, owners + i, nsks - i < NSKS_AT_ONCE ? nsks - i : NSKS_AT_ONCE);
    for (size_t i = nsks; i < n; i++)
        if (!operator_is_good(tx, h->app, &owners[i]))
            hub_end(h, &owners[i]);
    tx_end(tx);
}

static bool stopping(struct hub *h)
{
    pthread_mutex_lock(&h->lock);
    bool stopping = h->stopping;
    pthread_mutex_unlock(&h->lock);
    return stopping;
}

void *recheck_run(void *hub)
{
    struct hub *h = hub;
    struct arena *a = arena_create();
    int64_t due = app_clock_ticks(&h->app->clock) + KEEP_ALIVE_EVERY;
    while (!app_wait(TICK) && !stopping(h)) {
        if (app_clock_ticks(&h->app->clock) < due)
            continue;
        look_again(h, a);
        arena_reset(a);
        due = app_clock_ticks(&h->app->clock) + KEEP_ALIVE_EVERY;
    }
    arena_destroy(a);
    return NULL;
}
