/* suites/events/peers.c — what a Node is told about its peers (MSH-008). */
#include <string.h>

#include "common/json.h"
#include "common/text.h"
#include "suites/events/events.h"
#include "suites/mesh/mesh.h"

#define SUITE "events"
#define TOLD                                                                                       \
    .needs = { "events", "mesh", "node-state", "registration", "resources", "domains" },           \
    .budget_ms = STREAM_BUDGET_MS

/* A follower in a Domain of its own, and what it is told about there. */
struct neighbour {
    struct followed n;
    struct own_node peer;
    const char *key, *mesh_ip; /* as the peer registered */
};

static struct neighbour neighbour(struct world *w)
{
    struct mesh m = own_mesh(w);
    struct neighbour of = { .n = followed_in(w, m.project) };
    follow(of.n.f, .bearer = of.n.nsk, .judged = true);
    json_t *body = fresh_registration(w, m.project);
    struct reply *r = accept(registering(w, body), 201);
    of.peer = (struct own_node){ .id = expect_text(r, "/node_id"), .nsk = expect_text(r, "/nsk") };
    of.key = json_text(body, "public_key");
    of.mesh_ip = expect_text(r, "/mesh_ip");
    return of;
}

/* The next event of that name about the peer, whole: six members, of which none is a secret. */
static void expect_whole(struct world *w, struct neighbour *of, const char *event,
                         const char *endpoint)
{
    const struct frame *frame = frame_named(of->n.f, event, of->peer.id);
    json_t *whole = json_own(w->arena, json_pack("{s:s, s:s, s:s, s:s, s:[s], s:s}", "id",
                                                 of->peer.id, "public_key", of->key, "mesh_ip",
                                                 of->mesh_ip, "endpoint", endpoint, "allowed_ips",
                                                 path(w, "%s/32", of->mesh_ip), "psk", ""));
    expect(w, json_equal(frame->envelope.payload, whole), "%s tells %.400s", event,
           json_dump(w->arena, frame->envelope.payload));
}

static void report_endpoint(struct world *w, const struct neighbour *of, const char *at)
{
    accept(reporting_endpoint(w, &of->peer, endpoint_at(w, at, 0)), 200);
}

BOTH("EVT-131", TOLD, .clauses = { "MSH-045", "MSH-008", "MSH-047" },
     .title = "who joins is announced with all there is to know, and not to itself")
{
    struct neighbour of = neighbour(w);
    expect_whole(w, &of, "peer_added", "");
    struct follower *self = follower_new(w, of.peer.id, false);
    follow(self, .bearer = of.peer.nsk, .last_event_id = "0", .judged = true);
    const char *marker = change_metadata(w, of.peer.id);
    const struct frame *frame = frame_with(self, marker);
    expect(w, frames_of(self, "peer_added") == 0, "id %lld is the Node's own joining",
           (long long)frame->id);
    follower_holds(of.n.f);
}

BOTH("EVT-132", .clauses = { "MSH-041", "MSH-040", "MSH-008" },
     .needs = { "events", "mesh", "deregister", "node-state", "registration", "domains" },
     .budget_ms = STREAM_BUDGET_MS, .title = "who leaves is announced once, by its id")
{
    struct neighbour of = neighbour(w);
    drained(w, &of.peer);
    const struct frame *frame = frame_named(of.n.f, "peer_removed", of.peer.id);
    expect(w,
           json_object_size(frame->envelope.payload) == 1 &&
               text_equal(json_text(frame->envelope.payload, "peer_id"), of.peer.id),
           "peer_removed is not its peer_id alone");
    accept(post(w, path(w, "/v1/nodes/%s/deregister", of.peer.id), .bearer = of.peer.nsk), 204);
    (void)frame_with(of.n.f, publish(&of.n));
    expect(w, frames_of(of.n.f, "peer_removed") == 1, "leaving was announced %d times",
           frames_of(of.n.f, "peer_removed"));
    follower_holds(of.n.f);
}

BOTH("EVT-133", TOLD, .clauses = { "MSH-006", "MSH-008" },
     .title = "an endpoint is announced when its address or port is another, and not again")
{
    static const char first[] = "192.0.2.7:51820", port[] = "192.0.2.7:51821",
                      address[] = "192.0.2.8:51821";
    struct neighbour of = neighbour(w);
    report_endpoint(w, &of, first);
    expect_whole(w, &of, "peer_endpoint_changed", first);
    report_endpoint(w, &of, first);
    report_endpoint(w, &of, port);
    expect_whole(w, &of, "peer_endpoint_changed", port);
    report_endpoint(w, &of, address);
    expect_whole(w, &of, "peer_endpoint_changed", address);
    (void)frame_with(of.n.f, publish(&of.n));
    expect(w, frames_of(of.n.f, "peer_endpoint_changed") == 3, "%d changes were announced",
           frames_of(of.n.f, "peer_endpoint_changed"));
    follower_holds(of.n.f);
}

/* The clock moves on as far as a stream may be silent, again and again. */
static void pass_time(struct follower *f, struct world *w, int seconds)
{
    enum { STEP = 25 };
    for (; seconds > 0; seconds -= STEP) {
        world_advance(w, STEP);
        (void)next_comment(f);
    }
}

BOTH("EVT-134", .clauses = { "MSH-007", "MSH-006", "MSH-008" },
     .needs = { "events", "mesh", "clock", "node-state", "registration", "domains" },
     .flags = CASE_SERIAL | CASE_SLOW, .budget_ms = STREAM_BUDGET_MS,
     .title = "an endpoint that is not reported again is announced as stale, once")
{
    static const char at[] = "192.0.2.7:51820";
    struct neighbour of = neighbour(w);
    report_endpoint(w, &of, at);
    expect_whole(w, &of, "peer_endpoint_changed", at);
    pass_time(of.n.f, w, 275);
    world_advance(w, 26);
    expect_whole(w, &of, "peer_endpoint_stale", "");
    report_endpoint(w, &of, at); /* the same, but the one before was stale */
    expect_whole(w, &of, "peer_endpoint_changed", at);
    (void)frame_with(of.n.f, publish(&of.n));
    expect(w, frames_of(of.n.f, "peer_endpoint_stale") == 1, "it was announced %d times",
           frames_of(of.n.f, "peer_endpoint_stale"));
    follower_holds(of.n.f);
}

BOTH("EVT-135", .clauses = { "MSH-026", "MSH-008", "MSH-047" },
     .needs = { "events", "mesh", "key-rotation", "node-state", "registration", "domains" },
     .budget_ms = STREAM_BUDGET_MS, .title = "a peer's new key is announced with the whole peer")
{
    struct neighbour of = neighbour(w);
    rotation_pending(w, &of.peer);
    of.key = random_key(w);
    accept(completing(w, &of.peer, new_key(w, of.key)), 200);
    expect_whole(w, &of, "peer_key_rotated", "");
    (void)frame_with(of.n.f, publish(&of.n));
    expect(w, frames_of(of.n.f, "rotate_keys") == 0, "a peer's rotation is asked of this Node");
    follower_holds(of.n.f);
}
