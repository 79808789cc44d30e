#include "reference/plexd/reconcile.h"

#include <string.h>

#include "common/json.h"
#include "common/log.h"
#include "common/memory.h"
#include "common/text.h"
#include "common/timestamp.h"
#include "reference/plexd/diff.h"
#include "reference/plexd/problem.h"

#define COMPONENT "component", "reconcile"
#define EVENT_BYTES_MOST (4u << 20)

struct reconcile {
    struct reconcile_options o;
    struct timer due;
    struct http_call *fetch, *drift;
    bool once_more; /* asked for, or an event came, while a cycle ran */

    struct arena *arena; /* of what follows */
    struct desired snapshot;
    bool complete;      /* a cycle has succeeded in this process */
    size_t event_bytes; /* what events have put on the arena since the last cycle */
    bool seats_told;
    int64_t began;
};

/* ---- handlers: each fails on its own ---- */

static bool to_cache(struct reconcile *r, const struct desired *d, unsigned changed)
{
    if (changed & CHANGED_METADATA)
        cache_set_metadata(r->o.cache, d->metadata);
    if (changed & CHANGED_DATA)
        cache_set_data(r->o.cache, d->data, d->n_data);
    /* Ruling 2: a control plane that tells of no secrets leaves the index as it is. */
    if ((changed & CHANGED_SECRETS) && d->has_secret_refs)
        cache_set_secrets(r->o.cache, d->secrets, d->n_secrets);
    return true;
}

static bool to_verifier(struct reconcile *r, const struct desired *d, unsigned changed)
{
    (void)changed;
    if (!d->signing.present)
        return true;
    unsigned char before[32];
    memcpy(before, verifier_current(r->o.verifier, NULL), 32);
    if (!verifier_rotate(r->o.verifier, &d->signing))
        return false; /* the old keys stay: a bad key must not silence the stream for good */
    if (memcmp(before, verifier_current(r->o.verifier, NULL), 32) != 0) {
        log_line(LOG_INFO, "signing keys updated", COMPONENT, NULL);
        r->o.keys_changed(r->o.self);
    }
    return true;
}

/* Where the mesh and the firewall will sit: until then it is said, once, that nobody does. */
static bool to_nobody(struct reconcile *r, const struct desired *d, unsigned changed)
{
    if (!r->seats_told && d->n_peers + d->n_policies > 0)
        log_line(LOG_WARN,
                 "peers and policies are given, but this agent has neither mesh nor "
                 "firewall: they are watched, not enforced",
                 COMPONENT, NULL);
    r->seats_told = r->seats_told || d->n_peers + d->n_policies > 0;
    (void)changed;
    return true;
}

static const struct {
    const char *name;
    unsigned wants; /* of enum category */
    bool (*run)(struct reconcile *r, const struct desired *d, unsigned changed);
} handlers[] = {
    { "cache", CHANGED_METADATA | CHANGED_DATA | CHANGED_SECRETS, to_cache },
    { "signing keys", CHANGED_SIGNING, to_verifier },
    { "mesh and firewall", CHANGED_PEERS | CHANGED_POLICIES, to_nobody },
};

static bool run_handlers(struct reconcile *r, const struct desired *d, unsigned changed)
{
    bool all = true;
    for (size_t i = 0; i < ARRAY_LEN(handlers); i++) {
        if ((changed & handlers[i].wants) == 0 || handlers[i].run(r, d, changed))
            continue;
        log_line(LOG_ERROR, "handler failed", COMPONENT, "handler", handlers[i].name, NULL);
        all = false;
    }
    return all;
}

/* ---- a cycle ---- */

static void begin_cycle(void *self);

static void cycle_over(struct reconcile *r)
{
    bool again = r->once_more;
    r->once_more = false;
    timer_set(r->o.loop, &r->due, again ? 0 : r->o.interval);
}

static void drift_told(void *self, const struct http_answer *answer)
{
    struct reconcile *r = self;
    r->drift = NULL;
    if (answer->status >= 200 && answer->status < 300)
        return;
    struct arena *a = arena_create();
    log_line(LOG_WARN, "ReportDrift failed", COMPONENT, "node_id", r->o.node_id, "error",
             problem_text(a, answer), NULL);
    arena_destroy(a);
}

static void tell_drift(struct reconcile *r, struct arena *a, const struct diff *diff)
{
    struct http_request rq;
    if (diff->n == 0 || !r->o.wire->drift_request(a, r->o.node_id, loop_wall(r->o.loop),
                                                  diff->corrections, diff->n, &rq))
        return;
    rq.done = drift_told;
    rq.self = r;
    http_cancel(r->drift);
    r->drift = http_start(r->o.http, &rq);
}

static void tell_end(struct reconcile *r, struct arena *a, const struct diff *diff, bool failed)
{
    log_line(diff->n > 0 || failed ? LOG_INFO : LOG_DEBUG, "reconciliation cycle completed",
             COMPONENT, "node_id", r->o.node_id, "drift_count", arena_printf(a, "%zu", diff->n),
             "duration", duration_format(a, loop_now(r->o.loop) - r->began), "handler_failed",
             failed ? "true" : "false", NULL);
}

/* ARC-012: a state that tells of no secrets leaves those that the next one is compared with. */
static void carry_secrets(struct arena *a, const struct desired *before, struct desired *now)
{
    if (now->has_secret_refs)
        return;
    now->n_secrets = before->n_secrets;
    now->secrets = arena_alloc_array(a, before->n_secrets, sizeof *now->secrets);
    for (size_t i = 0; i < before->n_secrets; i++)
        now->secrets[i] = (struct secret_ref){ arena_strdup(a, before->secrets[i].key),
                                               before->secrets[i].version };
}

/* Takes `a`, on which `now` lives. */
static void apply(struct reconcile *r, struct arena *a, struct desired *now)
{
    struct diff diff = diff_states(a, &r->snapshot, now);
    /* ARC-009: what the disk remembered of an earlier life may be stale in any part. */
    unsigned changed = r->complete ? diff.changed : diff.changed | CHANGED_EVERYTHING;
    bool good = run_handlers(r, now, changed);
    tell_drift(r, a, &diff);
    tell_end(r, a, &diff, !good);
    if (!good) {
        arena_destroy(a);
        return;
    }
    carry_secrets(a, &r->snapshot, now);
    arena_destroy(r->arena);
    r->arena = a;
    r->snapshot = *now;
    r->complete = true;
    r->event_bytes = 0;
}

static void fetched(void *self, const struct http_answer *answer)
{
    struct reconcile *r = self;
    struct arena *a = arena_create();
    struct desired now;
    struct error e;
    r->fetch = NULL;
    bool good = answer->status >= 200 && answer->status < 300;
    if (good && r->o.wire->state_answer(a, answer, &now, &e)) {
        apply(r, a, &now);
    } else {
        log_line(LOG_WARN, "FetchState failed", COMPONENT, "node_id", r->o.node_id, "error",
                 good ? e.text : problem_text(a, answer), NULL);
        arena_destroy(a);
    }
    cycle_over(r);
}

static void begin_cycle(void *self)
{
    struct reconcile *r = self;
    struct arena *a = arena_create();
    struct http_request rq = {
        .method = "GET",
        .path = wire_node_path(a, r->o.node_id, "/state"),
        .done = fetched,
        .self = r,
    };
    r->began = loop_now(r->o.loop);
    r->once_more = false;
    r->fetch = http_start(r->o.http, &rq);
    arena_destroy(a);
}

void reconcile_now(struct reconcile *r)
{
    if (r->fetch != NULL)
        r->once_more = true;
    else
        timer_set(r->o.loop, &r->due, 0);
}

/* ---- events ---- */

static bool carries_state(const char *type)
{
    return text_equal(type, "node_state_updated") || text_equal(type, "node_secrets_updated") ||
           text_equal(type, "signing_key_rotated");
}

/* Types that say "look": their payloads are not applied on their own. */
static bool calls_for_a_cycle(const char *type)
{
    static const char *const prefixes[] = { "peer_",         "policy_",  "bridge_config_",
                                            "user_access_",  "ingress_", "site_to_site_",
                                            "relay_session_" };
    for (size_t i = 0; i < ARRAY_LEN(prefixes); i++)
        if (text_starts(type, prefixes[i]))
            return true;
    return false;
}

static void forget_snapshot(struct reconcile *r)
{
    arena_reset(r->arena);
    r->snapshot = (struct desired){ .metadata = json_own(r->arena, json_object()) };
    r->complete = false;
    r->event_bytes = 0;
    reconcile_now(r);
}

/* What an event brings stays on the snapshot's arena until a cycle replaces it. Where cycles fail
 * and events go on, the snapshot is given up in time, and the next cycle compares with nothing. */
static void apply_event(struct reconcile *r, const struct envelope *ev)
{
    r->event_bytes += ev->payload.len;
    if (r->event_bytes > EVENT_BYTES_MOST)
        forget_snapshot(r);
    struct desired d;
    bool metadata, data, secrets;
    struct error e;
    if (!r->o.wire->state_of_event(r->arena, ev, &d, &metadata, &data, &secrets, &e)) {
        log_line(LOG_ERROR, "event handler failed", "event_type", ev->type, "event_id", ev->id,
                 "error", e.text, NULL);
        reconcile_now(r);
        return;
    }
    unsigned changed = (metadata ? CHANGED_METADATA : 0u) | (data ? CHANGED_DATA : 0u) |
                       (secrets ? CHANGED_SECRETS : 0u) |
                       (d.signing.present ? CHANGED_SIGNING : 0u);
    if (changed == 0 || !run_handlers(r, &d, changed)) {
        reconcile_now(r); /* it says that something moved, not what */
        return;
    }
    if (metadata)
        r->snapshot.metadata = d.metadata;
    if (data) {
        r->snapshot.data = d.data;
        r->snapshot.n_data = d.n_data;
    }
    if (secrets) {
        r->snapshot.secrets = d.secrets;
        r->snapshot.n_secrets = d.n_secrets;
    }
    if (d.signing.present)
        r->snapshot.signing = d.signing;
}

void reconcile_event(struct reconcile *r, const struct envelope *ev)
{
    if (carries_state(ev->type)) {
        apply_event(r, ev);
        /* ARC-010: the answer that is on its way may be older than this event. */
        if (r->fetch != NULL)
            r->once_more = true;
    } else if (calls_for_a_cycle(ev->type)) {
        reconcile_now(r);
    } else {
        log_line(LOG_DEBUG, "no handler registered for event type", "event_type", ev->type,
                 "event_id", ev->id, NULL);
    }
}

/* ---- life ---- */

struct reconcile *reconcile_start(const struct reconcile_options *o)
{
    struct reconcile *r = mem_alloc(sizeof *r);
    r->o = *o;
    r->arena = arena_create();
    r->snapshot.metadata = json_own(r->arena, json_object());
    r->due = (struct timer){ .fire = begin_cycle, .self = r };
    timer_set(o->loop, &r->due, 0);
    log_line(LOG_INFO, "reconciler started", COMPONENT, "node_id", o->node_id, "interval",
             duration_format(r->arena, o->interval), NULL);
    return r;
}

void reconcile_stop(struct reconcile *r)
{
    if (r == NULL)
        return;
    timer_cancel(r->o.loop, &r->due);
    http_cancel(r->fetch);
    http_cancel(r->drift);
    arena_destroy(r->arena);
    mem_free(r);
}
