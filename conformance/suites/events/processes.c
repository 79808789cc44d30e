/* suites/events/processes.c — several processes on one datastore, and processes without what they
 * need. Each case boots its own beside the run's target. */
#include <inttypes.h>
#include <string.h>

#include "common/json.h"
#include "common/text.h"
#include "suites/events/events.h"
#include "suites/posture/posture.h"
#include "suites/state/state.h"

#define SUITE "events"
#define PROCESSES                                                                                  \
    .needs = { "events", "node-state", "posture", "registration", "resources", "domains" },        \
    .flags = CASE_OWN_TARGET | CASE_UNJUDGED, .budget_ms = 2 * STREAM_BUDGET_MS

static const char *behind(struct world *w, int64_t id)
{
    return path(w, "%" PRId64, id);
}

BOTH("EVT-141", PROCESSES, .clauses = { "EVT-005", "EVT-059", "EVT-004" },
     .title = "what one process is told of comes on the streams of another, under one number")
{
    struct booted *b = posture_ready(w, NULL);
    struct followed n = followed_node(w);
    follow(n.f, .bearer = n.nsk, .base_url = b->base_url);
    int64_t first = frame_with(n.f, publish(&n))->id;
    const char *second = publish(&n);
    int64_t there = frame_with(n.f, second)->id;
    follow(n.f, .bearer = n.nsk, .last_event_id = behind(w, first));
    int64_t here = frame_with(n.f, second)->id;
    expect(w, here == there, "one process has %" PRId64 ", another %" PRId64, here, there);
    follow(n.f, .bearer = n.nsk, .last_event_id = behind(w, here), .base_url = b->base_url);
    (void)frame_with(n.f, publish(&n));
    follower_holds(n.f);
}

BOTH("EVT-142", PROCESSES, .clauses = { "EVT-068", "EVT-005" },
     .title = "a process that is killed costs its followers nothing")
{
    struct booted *b = posture_ready(w, NULL);
    struct followed n = followed_node(w);
    follow(n.f, .bearer = n.nsk, .base_url = b->base_url);
    int64_t last = frame_with(n.f, publish(&n))->id;
    boot_kill(b);
    expect_end(n.f);
    (void)publish(&n);
    const char *newest = publish(&n);
    follow(n.f, .bearer = n.nsk, .last_event_id = behind(w, last));
    (void)frame_with(n.f, newest);
    (void)frame_with(n.f, publish(&n));
    follower_holds(n.f);
}

/* A process that just began has nothing in memory: all of it is a replay. In v1, for a line of the
 * other dialect is short (EVT-017). */
CASE("EVT-144", PROCESSES, .clauses = { "EVT-072" },
     .title = "a replay of more than 4 MiB ends where it is full, and is gone on with from there")
{
    enum { EVENTS = 42, LONG = 58000 };
    struct followed n = followed_node(w);
    char *half = arena_alloc(w->arena, LONG + 1); /* each event tells metadata and data whole */
    const char *newest = NULL;
    memset(half, 'm', LONG);
    follow(n.f, .bearer = n.nsk);
    (void)world_given(w, "node_metadata",
                      json_pack("{s:s, s:{s:s}}", "node_id", n.id, "entries", "m", half));
    for (int i = 1; i < EVENTS; i++) {
        newest = world_name(w, "long");
        (void)world_given(w, "node_data",
                          json_pack("{s:s, s:[{s:s, s:s}]}", "node_id", n.id, "entries", "key",
                                    newest, "value", half));
    }
    (void)frame_with(n.f, newest);
    struct booted *b = posture_ready(w, NULL);
    struct follower *late = follower_new(w, n.id, false);
    follower_trusts(late, n.key_id, n.key);
    follow(late, .bearer = n.nsk, .last_event_id = "0", .base_url = b->base_url);
    expect_end(late);
    int replayed = frames_of(late, "node_state_updated");
    expect(w, replayed > 0 && replayed < EVENTS, "%d of %d events were replayed at once", replayed,
           EVENTS);
    const char *cursor = behind(w, last_frame_id(late));
    follow(late, .bearer = n.nsk, .last_event_id = cursor, .base_url = b->base_url);
    while (frames_of(late, "node_state_updated") < EVENTS)
        (void)next_frame(late);
    follower_holds(late);
}

/* E6. Alone: what is published waits while the process tries. */
BOTH("EVT-143", .clauses = { "EVT-066", "EVT-023" },
     .needs = { "events", "node-state", "posture", "rulings", "registration", "resources" },
     .flags = CASE_OWN_TARGET | CASE_UNJUDGED | CASE_SERIAL, .budget_ms = 2 * STREAM_BUDGET_MS,
     .title = "while the bus is away no stream is opened, and the state is told")
{
    static const char secret[] = "the-password-of-the-bus";
    const char *nowhere = path(w, "nats://user:%s@127.0.0.1:1", secret);
    struct booted *b =
        posture_ready(w, (struct change[]){ { "PLEXSPHERE_EVENTS_NATS_URL", nowhere }, { 0 } });
    struct own_node n = own_node(w);
    const char *events = path(w, "/v1/nodes/%s/events", n.id);
    refuse(get(w, events, .bearer = n.nsk, .base_url = b->base_url), 503,
           "event_stream_unavailable");
    accept(get(w, state_path(w, n.id), .mvp = n.mvp, .bearer = n.nsk, .base_url = b->base_url),
           200);
    refuse(get(w, events, .bearer = n.nsk, .base_url = b->base_url,
               .headers = { { "Last-Event-ID", "x" } }),
           400, NULL);
    refuse(get(w, events, .base_url = b->base_url), 401, "unauthenticated");
    expect(w, !text_contains(boot_log(w->arena, b), secret), "the log holds the bus's password");
}

CASE("KEY-002", .clauses = { "KEY-002" },
     .needs = { "events", "node-state", "posture", "rulings", "registration", "resources" },
     .flags = CASE_OWN_TARGET | CASE_UNJUDGED, .budget_ms = 2 * STREAM_BUDGET_MS,
     .title = "where nothing is signed Nodes register all the same, and have no stream")
{
    struct booted *b =
        posture_ready(w, (struct change[]){ { "PLEXSPHERE_SIGNING_SEED_FILE", NULL }, { 0 } });
    struct reply *r = accept(post(w, "/v1/register", .base_url = b->base_url,
                                  .json = json_copy(fresh_registration(w, w->project_id))),
                             201);
    const char *nsk = expect_text(r, "/nsk");
    const char *events = path(w, "/v1/nodes/%s/events", expect_text(r, "/node_id"));
    refuse(get(w, events, .bearer = nsk, .base_url = b->base_url), 501,
           "signed_event_bus_not_provisioned");
    refuse(get(w, events, .base_url = b->base_url), 501, "signed_event_bus_not_provisioned");
    refuse(judged(get(w, events)), 401, "unauthenticated");
}

/* An older Domain, whose Node knows the platform's key. Alone: as soon as it publishes for any
 * other Domain, a process of that scope makes a key for it. */
BOTH("KEY-103", .clauses = { "KEY-003", "KEY-007", "KEY-008" },
     .needs = { "events", "node-state", "posture", "rulings", "registration", "domains" },
     .flags = CASE_OWN_TARGET | CASE_UNJUDGED | CASE_SERIAL, .budget_ms = 2 * STREAM_BUDGET_MS,
     .title = "a Domain gets a key of its own, and its Nodes are told under the platform's")
{
    const char *project =
        json_text(world_new_project(w, json_text(world_new_domain(w), "id")), "id");
    struct followed n = followed_in(w, project), elsewhere = followed_node(w);
    json_t *joins = fresh_registration(w, project);
    expect(w, text_equal(n.key, elsewhere.key), "the platform's key is not one");
    follow(n.f, .bearer = n.nsk);
    (void)frame_with(n.f, publish(&n));
    struct booted *b =
        posture_ready(w, (struct change[]){ { "PLEXSPHERE_SIGNING_SCOPE", "domain" }, { 0 } });
    struct reply *r =
        accept(post(w, "/v1/register", .base_url = b->base_url, .json = json_copy(joins)), 201);
    const char *own = expect_text(r, "/signing_public_key");
    expect(w, !text_equal(own, n.key), "the Domain has no key of its own");
    const struct frame *told = frame_named(n.f, "signing_key_rotated", own);
    expect(w, text_equal(json_text(told->envelope.payload, "previous"), n.key),
           "previous is not the platform's key");
    expect(w, envelope_verifies(&told->envelope, follower_history(n.f)->keys[0].public_key),
           "the event is not signed by the platform's key");
    follower_trusts(n.f, n.mvp ? "" : expect_text(r, "/signing_key_id"), own);
    const struct frame *next = frame_with(n.f, publish(&n));
    expect(w, envelope_verifies(&next->envelope, follower_history(n.f)->keys[1].public_key),
           "what follows is not signed by the Domain's key");
    follower_holds(n.f);
}
