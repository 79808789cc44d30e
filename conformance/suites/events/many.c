/* suites/events/many.c — many streams of one process. */
#include <string.h>

#include "common/json.h"
#include "suites/events/events.h"

#define SUITE "events"

/* Data of that many bytes, told whole in one event. */
static void tell_long(struct world *w, const char *node, const char *key, size_t len)
{
    char *value = arena_alloc(w->arena, len + 1);
    memset(value, 'v', len);
    (void)world_given(w, "node_data",
                      json_pack("{s:s, s:[{s:s, s:s}]}", "node_id", node, "entries", "key", key,
                                "value", value));
}

/* What the sockets of a stalled stream can hold lies below what is sent to it here: some 4.7 MB,
 * each event telling metadata and data whole. The stalled ones are of v1, whose lines may be long.
 */
BOTH("EVT-127", .clauses = { "EVT-062", "EVT-059" },
     .needs = { "events", "node-state", "registration", "bootstrap-tokens", "resources" },
     .budget_ms = 2 * STREAM_BUDGET_MS,
     .title = "of 30 streams three take nothing, and the others get everything")
{
    enum { STREAMS = 30, STALLED = 3, ROUNDS = 4, HEAVY = 10, LONG = 58000 };
    struct followed n = followed_node(w);
    const json_t *deaf = world_new_node(w, w->project_id);
    struct follower *f[STREAMS];
    for (size_t i = 0; i < STREAMS; i++) {
        f[i] = i < STALLED ? follower_new(w, json_text(deaf, "node_id"), false)
                           : follower_new(w, n.id, n.mvp);
        if (i >= STALLED)
            follower_trusts(f[i], n.key_id, n.key);
        follow(f[i], .bearer = i < STALLED ? json_text(deaf, "nsk") : n.nsk, .judged = true);
    }
    char *half = arena_alloc(w->arena, LONG + 1);
    memset(half, 'm', LONG);
    (void)world_given(w, "node_metadata",
                      json_pack("{s:s, s:{s:s}}", "node_id", json_text(deaf, "node_id"), "entries",
                                "m", half));
    for (int round = 0; round < ROUNDS; round++) {
        for (int i = 0; i < HEAVY; i++)
            tell_long(w, json_text(deaf, "node_id"), path(w, "k%d", i), LONG);
        const char *marker = world_name(w, "marker");
        for (size_t i = STALLED; i < STREAMS; i++)
            follower_publishes(f[i], marker);
        (void)world_given(w, "node_metadata",
                          json_pack("{s:s, s:{s:s}}", "node_id", n.id, "entries", "marker",
                                    marker));
        for (size_t i = STALLED; i < STREAMS; i++)
            (void)frame_with(f[i], marker);
    }
    for (size_t i = STALLED; i < STREAMS; i++)
        follower_holds(f[i]);
}
