/* suites/mesh/reachability.c — MSH-*: is a Node heard of? */
#include "common/json.h"
#include "common/text.h"
#include "common/timestamp.h"
#include "harness/case.h"
#include "suites/mesh/mesh.h"
#include "suites/registration/registration.h"

#define SUITE "mesh"
#define READS                                                                                      \
    .needs = { "mesh", "heartbeat", "registration", "bootstrap-tokens", "resources" },             \
    .budget_ms = BUDGET_MS
#define AGES                                                                                       \
    .needs = { "mesh", "heartbeat", "clock", "registration", "bootstrap-tokens", "resources" },    \
    .flags = CASE_SERIAL | CASE_SLOW, .budget_ms = BUDGET_MS

static struct reply *state_is(struct world *w, const struct own_node *n, const char *state)
{
    struct reply *r = accept(judged(reach(w, w->platform_manager, n->id)), 200);
    expect_equal(r, "/state", state);
    return r;
}

CASE("MSH-011", .clauses = { "MSH-011" }, READS,
     .title = "a Node that never sent a heartbeat is unreachable since it was made")
{
    int64_t before = world_now(w);
    struct own_node n = own_node(w);
    struct reply *r = state_is(w, &n, "unreachable");
    expect_absent(r, "/last_heartbeat_at");
    int64_t changed = instant_in(w, r, "/changed_at");
    expect(w,
           changed > before - 30 * MICROS_PER_SECOND &&
               changed < world_now(w) + 30 * MICROS_PER_SECOND,
           "changed_at is not the time of the registration");
    int64_t accepted = instant_in(w, accept(beating(w, &n, heartbeat(w)), 200), "/accepted_at");
    r = state_is(w, &n, "healthy");
    expect(w, instant_in(w, r, "/last_heartbeat_at") == accepted,
           "last_heartbeat_at is not the heartbeat's accepted_at");
}

BOTH("MSH-009", .clauses = { "MSH-009", "MSH-010", "MSH-012" }, AGES,
     .title = "silence makes a Node stale after 90 seconds and unreachable after 300")
{
    struct own_node n = own_node(w);
    accept(judged(beating(w, &n, heartbeat(w))), 200);
    world_advance(w, 80);
    int64_t heard = instant_in(w, state_is(w, &n, "healthy"), "/last_heartbeat_at");
    world_advance(w, 11);
    struct reply *r = state_is(w, &n, "stale");
    expect(w, instant_in(w, r, "/changed_at") == heard + 90 * MICROS_PER_SECOND,
           "changed_at is not where the heartbeat became stale");
    world_advance(w, 195);
    state_is(w, &n, "stale");
    world_advance(w, 15);
    r = state_is(w, &n, "unreachable");
    expect(w, instant_in(w, r, "/changed_at") == heard + 300 * MICROS_PER_SECOND,
           "changed_at is not where the Node became unreachable");
    expect(w, instant_in(w, r, "/last_heartbeat_at") == heard, "last_heartbeat_at moved");
    accept(beating(w, &n, heartbeat(w)), 200);
    state_is(w, &n, "healthy");
}

CASE("MSH-013", .clauses = { "MSH-013" }, AGES,
     .title = "the thresholds are those of the Node's Domain")
{
    struct mesh slow = own_mesh(w), usual = own_mesh(w);
    json_t *policy = json_pack("{s:{s:s, s:s, s:s}}", "reachability", "heartbeat_interval", "60s",
                               "stale_after", "180s", "unreachable_after", "360s");
    accept(patch(w, path(w, "/v1/domains/%s", slow.domain), .as = w->platform_manager,
                 .json = policy),
           200);
    struct own_node late = own_node_in(w, slow.project), n = own_node_in(w, usual.project);
    accept(beating(w, &late, heartbeat(w)), 200);
    accept(beating(w, &n, heartbeat(w)), 200);
    world_advance(w, 120);
    state_is(w, &late, "healthy");
    state_is(w, &n, "stale");
    world_advance(w, 200);
    state_is(w, &late, "stale");
    state_is(w, &n, "unreachable");
}

CASE("MSH-014", .clauses = { "MSH-014" }, READS,
     .title = "who may not follow a Node cannot tell whether it exists")
{
    static const char *const alike[] = { "/type", "/title", "/detail", "/code" };
    const struct credential *const who[] = { w->nobody, w->project_operator, w->foreign_admin,
                                             w->domain_member };
    struct own_node n = own_node(w);
    for (size_t i = 0; i < ARRAY_LEN(who); i++) {
        struct reply *known = refuse(judged(reach(w, who[i], n.id)), 403, "insufficient_relation");
        struct reply *unknown =
            refuse(judged(reach(w, who[i], NO_SUCH_ID)), 403, "insufficient_relation");
        expect_absent(known, "/reason");
        for (size_t k = 0; k < ARRAY_LEN(alike); k++)
            expect_equal(unknown, alike[k], expect_text(known, alike[k]));
    }
    refuse(judged(reach(w, w->platform_manager, NO_SUCH_ID)), 404, "node_not_found");
    accept(reach(w, w->project_maintainer, n.id), 200);
}

BOTH("MSH-016", .clauses = { "MSH-016" }, READS,
     .title = "a Node may ask for its own reachability, and for no other's")
{
    struct own_node n = own_node(w), other = own_node(w);
    refuse(judged(get(w, reachability_path(w, other.id), .bearer = n.nsk)), 403,
           "insufficient_relation");
    refuse(judged(get(w, reachability_path(w, n.id), .bearer = random_key(w))), 401,
           "unauthenticated");
    expect_equal(accept(judged(get(w, reachability_path(w, n.id), .bearer = n.nsk)), 200), "/state",
                 "unreachable");
}
