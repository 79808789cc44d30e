/* suites/events/stream.c — who may follow, and what comes while one does. */
#include <string.h>

#include "common/json.h"
#include "common/text.h"
#include "common/timestamp.h"
#include "suites/events/events.h"

#define SUITE "events"

static const char *events_path(struct world *w, const char *node)
{
    return path(w, "/v1/nodes/%s/events", node);
}

BOTH("EVT-101", FOLLOWS, .clauses = { "EVT-052", "REL-021" },
     .title = "who lacks the agent relation gets one 403, whether the Node exists or not")
{
    struct followed n = followed_node(w);
    struct reply *real = refuse(judged(get(w, events_path(w, n.id), .as = w->project_operator)),
                                403, "insufficient_relation");
    struct reply *invented =
        refuse(judged(get(w, events_path(w, NO_SUCH_ID), .as = w->project_operator)), 403,
               "insufficient_relation");
    expect_absent(real, "/relation_path");
    expect(w, text_equal(expect_text(real, "/title"), expect_text(invented, "/title")),
           "the two refusals differ");
    refuse(judged(get(w, events_path(w, n.id), .as = w->foreign_admin)), 403,
           "insufficient_relation");
    follow(n.f, .as = w->project_maintainer, .judged = true);
}

BOTH("EVT-102", FOLLOWS, .clauses = { "EVT-052", "AUTH-017" },
     .title = "a Node follows its own events and nobody else's")
{
    struct followed n = followed_node(w), other = followed_node(w);
    refuse(judged(get(w, events_path(w, other.id), .bearer = n.nsk)), 403, "insufficient_relation");
    refuse(judged(get(w, events_path(w, n.id), .bearer = "no-such-key-of-thirty-two-bytes!")), 401,
           "unauthenticated");
    follow(n.f, .bearer = n.nsk, .judged = true);
}

BOTH("EVT-103", FOLLOWS, .clauses = { "EVT-053" },
     .title = "a Node that does not exist is 404 for those who may ask")
{
    struct followed n = followed_node(w);
    refuse(judged(get(w, events_path(w, NO_SUCH_ID), .as = w->platform_manager)), 404,
           "node_not_found");
    follow(n.f, .as = w->platform_manager, .judged = true);
}

BOTH("EVT-104", FOLLOWS, .clauses = { "EVT-069" },
     .title = "a Last-Event-ID that is no number from 0 is 400, and no stream is opened")
{
    static const char *const bad[] = {
        "-1", "abc", "1.5", "0x10", "1 2", "+1", "1e3", "9999999999999999999999999999999999999999"
    };
    struct followed n = followed_node(w);
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct reply *r = refuse(judged(get(w, events_path(w, n.id), .bearer = n.nsk,
                                            .headers = { { "Last-Event-ID", bad[i] } })),
                                 400, NULL);
        expect(w, text_equal(r->media_type, "application/problem+json"),
               "the refusal of \"%s\" is %s", bad[i], r->media_type);
    }
    follow(n.f, .bearer = n.nsk, .last_event_id = "0", .judged = true);
}

BOTH("EVT-105", FOLLOWS, .clauses = { "EVT-051", "EVT-052" },
     .title = "who may not follow learns nothing of a bad Last-Event-ID")
{
    struct followed n = followed_node(w);
    refuse(judged(get(w, events_path(w, n.id), .as = w->project_operator,
                      .headers = { { "Last-Event-ID", "abc" } })),
           403, "insufficient_relation");
    refuse(judged(get(w, events_path(w, NO_SUCH_ID), .as = w->platform_manager,
                      .headers = { { "Last-Event-ID", "abc" } })),
           404, "node_not_found");
    refuse(judged(get(w, events_path(w, n.id), .as = w->platform_manager,
                      .headers = { { "Last-Event-ID", "abc" } })),
           400, NULL);
    follow(n.f, .as = w->platform_manager, .last_event_id = "0", .judged = true);
}

BOTH("EVT-106", FOLLOWS, .clauses = { "EVT-065" },
     .title = "without a Last-Event-ID, or with an empty one, nothing old comes")
{
    static const char *const cursors[] = { NULL, "" };
    struct followed n = followed_node(w);
    for (size_t i = 0; i < ARRAY_LEN(cursors); i++) {
        struct follower *f = follower_new(w, n.id, n.mvp);
        follower_trusts(f, n.key_id, n.key);
        const char *old = change_metadata(w, n.id);
        follow(f, .bearer = n.nsk, .last_event_id = "0", .judged = true);
        (void)frame_with(f, old); /* it is there to be had */
        follow(f, .bearer = n.nsk, .last_event_id = cursors[i], .judged = true);
        const char *fresh = world_name(w, "marker");
        follower_publishes(f, fresh);
        (void)world_given(w, "node_metadata",
                          json_pack("{s:s, s:{s:s}}", "node_id", n.id, "entries", "marker", fresh));
        const struct frame *first = own_frame(f);
        expect(w, memmem(first->data.data, first->data.len, fresh, strlen(fresh)) != NULL,
               "the first frame is an old one");
        follower_holds(f);
    }
}

BOTH("EVT-107", FOLLOWS,
     .clauses = { "EVT-060", "EVT-011", "EVT-012", "EVT-013", "EVT-014", "EVT-059" },
     .title = "a live event is one frame with a signed envelope of this Node")
{
    struct followed n = followed_node(w);
    int64_t before = world_now(w), issued = 0;
    follow(n.f, .bearer = n.nsk, .judged = true);
    const char *marker = publish(&n);
    const struct frame *frame = frame_with(n.f, marker);
    expect(w, text_equal(frame->event, "node_state_updated"), "the event is %s", frame->event);
    expect(w, text_equal(json_text(frame->envelope.payload, "node_id"), n.id),
           "the payload names another Node");
    expect(w,
           timestamp_parse(frame->envelope.issued_at, &issued) &&
               issued > before - 60 * MICROS_PER_SECOND &&
               issued < world_now(w) + 60 * MICROS_PER_SECOND,
           "issued_at is %s", frame->envelope.issued_at);
    expect(w,
           text_ends(frame->envelope.issued_at, "Z") &&
               strlen(frame->envelope.issued_at) == strlen("2026-01-01T00:00:00Z"),
           "issued_at is %s: not UTC, or not in whole seconds", frame->envelope.issued_at);
    if (!n.mvp) {
        const char *scope = path(w, "domain:%s", w->domain_id);
        expect(w, text_equal(frame->envelope.scope, scope), "the scope is %s",
               frame->envelope.scope);
        expect(w, text_equal(frame->envelope.key_id, n.key_id), "the key is %s",
               frame->envelope.key_id);
    }
    follower_holds(n.f);
}

BOTH("EVT-108", FOLLOWS, .clauses = { "EVT-002" },
     .title = "an event for another Node of the Domain does not come")
{
    struct followed n = followed_node(w), other = followed_node(w);
    follow(n.f, .bearer = n.nsk, .judged = true);
    follow(other.f, .bearer = other.nsk, .judged = true);
    const char *not_mine = publish(&other);
    (void)frame_with(other.f, not_mine);
    const char *mine = publish(&n); /* the watermark */
    const struct frame *first = own_frame(n.f);
    expect(w, memmem(first->data.data, first->data.len, mine, strlen(mine)) != NULL,
           "another Node's event came first");
    follower_holds(n.f);
    follower_holds(other.f);
}

BOTH("EVT-119", .needs = { "events", "mesh", "node-state", "registration", "resources" },
     .clauses = { "EVT-002", "MSH-006" }, .budget_ms = STREAM_BUDGET_MS,
     .title = "a Node's new endpoint is told to the others of its Domain and not to itself")
{
    static const char place[] = "198.51.100.7:41641";
    const char *project =
        json_text(world_new_project(w, json_text(world_new_domain(w), "id")), "id");
    struct followed n = followed_in(w, project), other = followed_in(w, project);
    follow(n.f, .bearer = n.nsk, .judged = true);
    follow(other.f, .bearer = other.nsk, .judged = true);
    accept(put(w, path(w, "/v1/nodes/%s/endpoint", n.id), .bearer = n.nsk,
               .json = json_pack("{s:s, s:s, s:s}", "endpoint", place, "nat_type", "symmetric",
                                 "reported_at", timestamp_format(w->arena, world_now(w)))),
           200);
    (void)frame_with(other.f, place);
    (void)frame_with(n.f, publish(&n)); /* the watermark */
    expect(w, frames_of(n.f, "peer_endpoint_changed") == 0,
           "the Node was told of its own endpoint");
    follower_holds(n.f);
    follower_holds(other.f);
}

BOTH("EVT-109", .needs = { "events", "node-reports", "node-state", "registration", "resources" },
     .clauses = { "STA-027" }, .budget_ms = STREAM_BUDGET_MS,
     .title = "a report that is put and deleted makes no event")
{
    struct followed n = followed_node(w);
    follow(n.f, .bearer = n.nsk, .judged = true);
    if (n.mvp) {
        json_t *entry =
            json_pack("{s:s, s:s, s:{s:i}, s:i, s:s}", "key", "cpu-load", "content_type",
                      "application/json", "payload", "load", 1, "version", 1, "updated_at",
                      timestamp_format(w->arena, world_now(w)));
        int taken[] = { 200, 202, 204, 0 };
        (void)refuse_any(post(w, path(w, "/v1/nodes/%s/report", n.id), .bearer = n.nsk,
                              .json = json_pack("{s:[o], s:n}", "entries", entry, "deleted")),
                         taken);
    } else {
        const char *target = path(w, "/v1/nodes/%s/state/reports/cpu-load", n.id);
        accept(put(w, target, .bearer = n.nsk, .json = json_pack("{s:s}", "value", "1")), 200);
        accept(delete_(w, target, .bearer = n.nsk), 204);
    }
    const char *marker = publish(&n);
    const struct frame *first = own_frame(n.f);
    expect(w, memmem(first->data.data, first->data.len, marker, strlen(marker)) != NULL,
           "an event came before the one that was made");
    expect(w, frames_of(n.f, "node_state_updated") == 1, "a report made an event");
    follower_holds(n.f);
}

BOTH("EVT-110", .needs = { "events", "node-secrets", "node-state", "registration", "resources" },
     .clauses = { "SEC-028" }, .budget_ms = STREAM_BUDGET_MS,
     .title = "a changed secret is told by name and version, never by value")
{
    static const char value[] = "the-plaintext-that-no-event-may-hold";
    struct followed n = followed_node(w);
    follow(n.f, .bearer = n.nsk, .judged = true);
    (void)world_given(w, "node_secret",
                      json_pack("{s:s, s:s, s:s}", "node_id", n.id, "name", "db-password", "value",
                                value));
    const struct frame *frame = frame_with(n.f, "db-password");
    const json_t *refs = json_member(frame->envelope.payload, "secret_refs");
    expect(w, text_equal(frame->event, "node_secrets_updated"), "the event is %s", frame->event);
    expect(w,
           json_array_size(refs) == 1 &&
               text_equal(json_text(json_array_get(refs, 0), "key"), "db-password") &&
               json_int(json_array_get(refs, 0), "version", 0) == 1 &&
               json_object_size(json_array_get(refs, 0)) == 2,
           "secret_refs is not [{key, version}]");
    expect(w, memmem(frame->data.data, frame->data.len, value, strlen(value)) == NULL,
           "the event holds the value");
    follower_holds(n.f);
}

BOTH("EVT-111", .needs = { "events", "clock", "node-state", "registration", "resources" },
     .clauses = { "EVT-063" }, .flags = CASE_SERIAL | CASE_SLOW, .budget_ms = STREAM_BUDGET_MS,
     .title = "a silent stream sends its keep-alive comment, and its cursor does not move")
{
    struct followed n = followed_node(w);
    follow(n.f, .bearer = n.nsk, .judged = true);
    const char *marker = publish(&n);
    int64_t id = frame_with(n.f, marker)->id;
    for (int i = 0; i < 3; i++) {
        world_advance(w, 25);
        const char *comment = next_comment(n.f);
        expect(w, text_equal(comment, ":keep-alive"), "the comment is \"%s\"", comment);
    }
    expect(w, last_frame_id(n.f) == id, "a keep-alive carried an id");
    follower_holds(n.f);
}

BOTH("EVT-112", .needs = { "events", "node-state", "registration", "resources", "rulings" },
     .clauses = { "EVT-071" }, .flags = CASE_SERIAL | CASE_SLOW, .budget_ms = STREAM_BUDGET_MS,
     .title = "the stream of a revoked key ends with a keep-alive's time, and is refused when "
              "asked for again")
{
    struct followed n = followed_node(w);
    follow(n.f, .bearer = n.nsk, .judged = true);
    (void)frame_with(n.f, publish(&n));
    (void)world_given(w, "revoked_nsk", json_pack("{s:s}", "node_id", n.id));
    world_advance(w, 25);
    expect_end(n.f);
    refuse(judged(get(w, events_path(w, n.id), .bearer = n.nsk)), 401, "unauthenticated");
}

BOTH("EVT-113", .clauses = { "MSH-017" },
     .needs = { "events", "key-rotation", "node-state", "registration", "resources" },
     .budget_ms = STREAM_BUDGET_MS,
     .title = "asking twice for a key rotation makes one rotate_keys event, for that Node alone")
{
    struct followed n = followed_node(w), other = followed_node(w);
    const char *target = path(w, "/v1/nodes/%s/keys/rotate", n.id);
    follow(n.f, .bearer = n.nsk, .judged = true);
    follow(other.f, .bearer = other.nsk, .judged = true);
    struct reply *first = accept(post(w, target, .as = w->project_admin), 200);
    struct reply *second = accept(post(w, target, .as = w->project_admin), 200);
    const char *rotation = expect_text(first, "/rotation_id");
    expect(w, text_equal(rotation, expect_text(second, "/rotation_id")),
           "the second trigger made a rotation of its own");
    const struct frame *asked = frame_named(n.f, "rotate_keys", rotation);
    expect(w, text_equal(json_text(asked->envelope.payload, "rotation_id"), rotation),
           "the event names another rotation");
    (void)frame_with(n.f, publish(&n));
    (void)frame_with(other.f, publish(&other));
    expect(w, frames_of(n.f, "rotate_keys") == 1, "%d rotate_keys events came",
           frames_of(n.f, "rotate_keys"));
    expect(w, frames_of(other.f, "rotate_keys") == 0, "another Node is asked for a key");
    follower_holds(n.f);
    follower_holds(other.f);
}

BOTH("EVT-114", FOLLOWS, .clauses = { "EVT-057", "EVT-055" },
     .title = "HEAD answers the stream's header fields and opens no stream")
{
    struct followed n = followed_node(w);
    struct ask ask = { .bearer = n.nsk };
    struct reply *r = accept(judged(exchange_new(w, "HEAD", events_path(w, n.id), ask)), 200);
    expect(w, text_equal(r->media_type, "text/event-stream"), "HEAD says %s", r->media_type);
    expect_header(r, "Cache-Control", "no-cache");
    expect_header(r, "X-Plexsphere-API-Version", "v1");
    follow(n.f, .bearer = n.nsk, .judged = true);
}

BOTH("EVT-115", FOLLOWS, .clauses = { "EVT-056" },
     .title = "over HTTP/1.0 a stream is not chunked, and its frames are the same")
{
    struct followed n = followed_node(w);
    follow(n.f, .bearer = n.nsk, .judged = true);
    expect(w, text_equal(stream_header(n.f, "Transfer-Encoding"), "chunked"),
           "over HTTP/1.1 the stream is not chunked");
    const char *marker = publish(&n);
    (void)frame_with(n.f, marker);
    follow(n.f, .bearer = n.nsk, .last_event_id = "0", .http10 = true, .judged = true);
    expect(w, stream_header(n.f, "Transfer-Encoding") == NULL, "over HTTP/1.0 there is a coding");
    (void)frame_with(n.f, marker);
    (void)frame_with(n.f, publish(&n));
    follower_holds(n.f);
}

BOTH("EVT-116",
     .needs = { "events", "clock", "deregister", "node-state", "registration", "resources" },
     .clauses = { "EVT-071", "EVT-053", "EVT-054" }, .flags = CASE_SERIAL | CASE_SLOW,
     .budget_ms = STREAM_BUDGET_MS,
     .title = "the streams of a Node that deregisters end, its operator's too")
{
    struct followed n = followed_node(w);
    struct follower *over = follower_new(w, n.id, n.mvp);
    follower_trusts(over, n.key_id, n.key);
    follow(n.f, .bearer = n.nsk, .judged = true);
    follow(over, .as = w->platform_manager, .judged = true);
    (void)frame_with(over, publish(&n));
    accept(post(w, path(w, "/v1/nodes/%s/deregister", n.id), .mvp = n.mvp, .bearer = n.nsk), 204);
    world_advance(w, 25);
    expect_end(n.f);
    expect_end(over);
    refuse(judged(get(w, events_path(w, n.id), .bearer = n.nsk)), 401, "unauthenticated");
    refuse(judged(get(w, events_path(w, n.id), .as = w->platform_manager)), 404, "node_not_found");
}

static void tell_metadata(struct followed *n, const char *key, const char *value)
{
    (void)world_given(n->w, "node_metadata",
                      json_pack("{s:s, s:{s:s}}", "node_id", n->id, "entries", key, value));
}

/* An event tells metadata and data whole: each half fits, and both together do not. */
BOTH("EVT-117", FOLLOWS, .clauses = { "EVT-017" },
     .title = "an event that is too long for an agent's line is left out in its dialect alone")
{
    enum { HALF = 40000 };
    struct followed n = followed_node(w);
    char *half = arena_alloc(w->arena, HALF + 1);
    memset(half, 'v', HALF);
    follow(n.f, .bearer = n.nsk, .judged = true);
    tell_metadata(&n, "first", half);
    (void)frame_with(n.f, "\"first\"");
    (void)world_given(w, "node_data",
                      json_pack("{s:s, s:[{s:s, s:s}]}", "node_id", n.id, "entries", "key", "long",
                                "value", half));
    tell_metadata(&n, "last", "1");
    if (!n.mvp)
        expect(w, own_frame(n.f)->data.len > 2 * HALF, "the long event is not whole");
    const struct frame *last = own_frame(n.f);
    expect(w,
           last->data.len < 2 * HALF &&
               memmem(last->data.data, last->data.len, "\"last\"", 6) != NULL,
           "an event of %zu bytes came", last->data.len);
    follower_holds(n.f);
}

BOTH("EVT-118", .needs = { "events", "clock", "node-state", "registration", "resources" },
     .clauses = { "EVT-010", "EVT-070" }, .flags = CASE_SERIAL | CASE_SLOW,
     .budget_ms = STREAM_BUDGET_MS, .title = "what is older than 300 seconds is not replayed")
{
    struct followed n = followed_node(w);
    follow(n.f, .bearer = n.nsk, .judged = true);
    const char *old = change_metadata(w, n.id);
    (void)frame_with(n.f, old);
    world_advance(w, 150);
    const char *kept = change_metadata(w, n.id);
    (void)frame_with(n.f, kept);
    world_advance(w, 160);
    /* A follower of its own: what is no longer kept is no gap in what it sees. */
    struct follower *late = follower_new(w, n.id, n.mvp);
    follower_trusts(late, n.key_id, n.key);
    follow(late, .bearer = n.nsk, .last_event_id = "0", .judged = true);
    const struct frame *first = own_frame(late);
    expect(w, memmem(first->data.data, first->data.len, kept, strlen(kept)) != NULL,
           "what is replayed does not begin with the oldest event of the last 300 seconds");
    follower_holds(late);
}
