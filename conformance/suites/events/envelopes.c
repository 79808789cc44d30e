/* suites/events/envelopes.c — what is in an event, byte for byte, and the end of a server (EVT-*,
 * STA-034). */
#include <string.h>

#include "common/json.h"
#include "common/text.h"
#include "suites/events/events.h"
#include "suites/mesh/mesh.h"
#include "suites/mvp/mvp.h"
#include "suites/posture/posture.h"

#define SUITE "events"

static void tell(struct followed *n, const char *what, json_t *entries)
{
    (void)world_given(n->w, what, json_pack("{s:s, s:o}", "node_id", n->id, "entries", entries));
}

static void expect_bytes(struct world *w, const struct frame *frame, const char *text)
{
    struct bytes payload = frame->envelope.payload_bytes;
    expect(w, memmem(payload.data, payload.len, text, strlen(text)) != NULL,
           "the payload has no %s: %.*s", text, (int)payload.len, (const char *)payload.data);
}

BOTH("EVT-151", .needs = { "events", "node-state", "registration", "resources", "rulings" },
     .clauses = { "EVT-018" }, .budget_ms = STREAM_BUDGET_MS,
     .title = "texts of an event are escaped as Go's encoding/json does")
{
    struct followed n = followed_node(w);
    follow(n.f, .bearer = n.nsk, .judged = true);
    tell(&n, "node_metadata",
         json_pack("{s:s}", "text", "<a> & \xe2\x80\xa8\xe2\x80\xa9 \xc3\xa9 \xf0\x9f\x90\x8c"));
    const struct frame *frame = frame_with(n.f, "\"text\"");
    expect_bytes(w, frame, "\"\\u003ca\\u003e \\u0026 \\u2028\\u2029 \xc3\xa9 \xf0\x9f\x90\x8c\"");
    follower_holds(n.f); /* signed over these very bytes */
}

/* Numbers and escapes reach the target as our own writer spells them, so that their order is what
 * is judged here; the rest of the clause is a unit test's. */
BOTH("EVT-152", .needs = { "events", "node-state", "registration", "resources", "rulings" },
     .clauses = { "EVT-019", "STA-035" }, .budget_ms = STREAM_BUDGET_MS,
     .title = "inside a payload the order of members stays as it was told")
{
    struct followed n = followed_node(w);
    follow(n.f, .bearer = n.nsk, .judged = true);
    tell(&n, "node_data",
         json_pack("[{s:s, s:{s:i, s:{s:b, s:n}, s:i}}]", "key", "spelled", "payload", "b", 2, "c",
                   "y", 1, "x", "a", 1));
    expect_bytes(w, frame_with(n.f, "\"spelled\""),
                 "{\"b\":2,\"c\":{\"y\":true,\"x\":null},\"a\":1}");
    follower_holds(n.f);
}

BOTH("EVT-153", .needs = { "events", "node-state", "registration", "resources", "rulings" },
     .clauses = { "STA-034" }, .budget_ms = STREAM_BUDGET_MS,
     .title = "a change of metadata or data is one event, with all of both")
{
    struct followed n = followed_node(w);
    follow(n.f, .bearer = n.nsk, .judged = true);
    tell(&n, "node_metadata", json_pack("{s:s}", "region", "eu-1"));
    (void)frame_with(n.f, "\"eu-1\"");
    tell(&n, "node_data", json_pack("[{s:s, s:s}]", "key", "motd", "value", "hello"));
    const struct frame *data = frame_with(n.f, "\"motd\"");
    expect(w, text_equal(data->event, "node_state_updated"), "data is told by %s", data->event);
    expect(w, text_equal(json_text(data->envelope.payload, "node_id"), n.id),
           "the payload names another Node");
    expect_bytes(w, data, "\"eu-1\"");
    tell(&n, "node_metadata", json_pack("{s:s}", "region", "eu-2"));
    const struct frame *metadata = frame_with(n.f, "\"eu-2\"");
    expect_bytes(w, metadata, "\"motd\"");
    (void)frame_with(n.f, publish(&n)); /* the watermark */
    int told = frames_of(n.f, "node_state_updated");
    expect(w, told == 4, "four changes are %d events", told);
    follower_holds(n.f);
}

static struct follower *follower_of(struct world *w, const struct own_node *n)
{
    struct follower *f = follower_new(w, n->id, n->mvp);
    follower_trusts(f, n->key_id, n->key);
    follow(f, .bearer = n->nsk, .judged = true);
    return f;
}

CASE("EVT-154",
     .needs = { "events", "mvp", "mesh", "registration", "resources", "domains", "rulings" },
     .clauses = { "EVT-003", "EVT-008" }, .budget_ms = STREAM_BUDGET_MS,
     .title = "one event has one id in both dialects, a UUID, and another one has another")
{
    struct mesh m = own_mesh(w);
    struct own_node one = v1_node_in(w, m.project), two = mvp_node_in(w, m.project);
    struct follower *of_one = follower_of(w, &one), *of_two = follower_of(w, &two);
    const char *ids[2];
    for (size_t i = 0; i < ARRAY_LEN(ids); i++) {
        struct own_node joining = v1_node_in(w, m.project);
        const struct frame *v1 = frame_named(of_one, "peer_added", joining.id);
        const struct frame *mvp = frame_named(of_two, "peer_added", joining.id);
        struct uuid id;
        ids[i] = v1->envelope.id;
        expect(w, uuid_parse(ids[i], &id), "the id %s is no UUID", ids[i]);
        expect(w, text_equal(mvp->envelope.id, ids[i]), "one event is %s and %s", ids[i],
               mvp->envelope.id);
    }
    expect(w, !text_equal(ids[0], ids[1]), "two events have one id");
    follower_holds(of_one);
    follower_holds(of_two);
}

BOTH("EVT-155",
     .needs = { "events", "node-state", "posture", "rulings", "registration", "resources" },
     .clauses = { "EVT-050", "EVT-073" }, .flags = CASE_OWN_TARGET | CASE_UNJUDGED,
     .budget_ms = 2 * STREAM_BUDGET_MS,
     .title = "a server that stops waits for no stream, and ends each between two frames")
{
    struct booted *b = posture_ready(w, NULL);
    struct followed n = followed_node(w);
    follow(n.f, .bearer = n.nsk, .base_url = b->base_url);
    int64_t last = frame_with(n.f, publish(&n))->id;
    expect(w, boot_stop(b, 10000), "a server with an open stream does not end by itself");
    expect_end(n.f);
    const char *newest = publish(&n);
    follow(n.f, .bearer = n.nsk, .last_event_id = path(w, "%lld", (long long)last));
    (void)frame_with(n.f, newest);
    follower_holds(n.f);
}
