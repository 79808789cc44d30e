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

/* What a stalled stream can take before its sender would wait lies below what is sent to it here.
 */
BOTH("EVT-127", FOLLOWS, .clauses = { "EVT-062", "EVT-059" },
     .title = "of 30 streams three take nothing, and the others get everything")
{
    enum { STREAMS = 30, STALLED = 3, ROUNDS = 8, HEAVY = 12, LONG = 60000 };
    struct followed n = followed_node(w), deaf = followed_node(w);
    struct follower *f[STREAMS];
    for (size_t i = 0; i < STREAMS; i++) {
        const struct followed *of = i < STALLED ? &deaf : &n;
        f[i] = follower_new(w, of->id, of->mvp);
        follower_trusts(f[i], of->key_id, of->key);
        follow(f[i], .bearer = of->nsk, .judged = true);
    }
    for (int round = 0; round < ROUNDS; round++) {
        for (int i = 0; i < HEAVY; i++)
            tell_long(w, deaf.id, path(w, "k%d", i), LONG);
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
