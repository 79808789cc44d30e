/* suites/state/reads.c — STA-*: what a Node's state tells, and to whom. */
#include <string.h>

#include "common/json.h"
#include "common/text.h"
#include "common/timestamp.h"
#include "harness/case.h"
#include "suites/posture/posture.h"
#include "suites/registration/registration.h"
#include "suites/state/state.h"

#define SUITE "state"

static size_t size_of(struct reply *r, const char *pointer)
{
    return json_array_size(expect_member(r, pointer));
}

/* S7 */
CASE("STA-001", .clauses = { "STA-001", "STA-002", "STA-003", "STA-006" }, STATE,
     .title = "the state of a lone Node has its six members, and nothing in them")
{
    static const char *const none[] = { NULL };
    struct own_domain d = own_domain_here(w);
    struct own_node n = own_node_in(w, d.project);
    struct reply *r = own_state(w, &n);
    expect(w, json_is_array(expect_member(r, "/peers")) && size_of(r, "/peers") == 0,
           "a lone Node has peers");
    expect(w, json_is_null(expect_member(r, "/policy")), "policy is not null");
    expect(w, json_is_null(expect_member(r, "/bridge")), "bridge is not null");
    expect_equal(r, "/reachability/state", "unreachable");
    expect_keys(w, r, "metadata", none);
    expect_keys(w, r, "data", none);
    expect_keys(w, r, "reports", none);
    refuse(get(w, state_path(w, n.id)), 401, "unauthenticated");
}

static void expect_peer(struct world *w, struct reply *r, size_t i, const struct own_node *peer)
{
    expect_equal(r, path(w, "/peers/%zu/node_id", i), peer->id);
    expect_absent(r, path(w, "/peers/%zu/fallback_endpoint", i));
}

/* S8. Ids rise with time, so the Nodes are in order as they come. */
CASE("STA-002", .clauses = { "STA-002", "STA-004" }, STATE,
     .title = "the other Nodes of the Domain are peers, whatever their Project")
{
    struct own_domain d = own_domain_here(w);
    struct own_node node[3] = { own_node_in(w, d.project), own_node_in(w, d.project),
                                own_node_in(w, own_project_in(w, d.id)) };
    for (size_t self = 0; self < 3; self++) {
        struct reply *r = own_state(w, &node[self]);
        size_t at = 0;
        expect(w, size_of(r, "/peers") == 2, "a Node among three has %zu peers",
               size_of(r, "/peers"));
        for (size_t i = 0; i < 3; i++)
            if (i != self)
                expect_peer(w, r, at++, &node[i]);
        struct reply *again = own_state(w, &node[self]);
        expect(w,
               again->body.len == r->body.len &&
                   memcmp(again->body.data, r->body.data, r->body.len) == 0,
               "two reads with no write between them differ");
    }
}

CASE("STA-003", .clauses = { "STA-002" }, STATE,
     .title = "a peer has the address and the key it registered with")
{
    struct own_domain d = own_domain_here(w);
    struct own_node n = own_node_in(w, d.project);
    json_t *body = fresh_registration(w, d.project);
    struct reply *other = accept(registering(w, body), 201);
    struct reply *r = own_state(w, &n);
    expect_equal(r, "/peers/0/node_id", expect_text(other, "/node_id"));
    expect_equal(r, "/peers/0/mesh_ip", expect_text(other, "/mesh_ip"));
    expect_equal(r, "/peers/0/public_key", json_text(body, "public_key"));
}

/* S2, S3, S4 */
CASE("STA-013", .clauses = { "STA-013", "STA-033" }, STATE,
     .title = "who is no agent of a Node hears the same of one that is there and one that is not")
{
    const struct credential *const without[] = { w->nobody, w->foreign_admin, w->project_operator,
                                                 w->domain_member, w->platform_reader };
    struct own_node n = own_node(w);
    for (size_t i = 0; i < ARRAY_LEN(without); i++) {
        struct reply *known = refuse(judged(get(w, state_path(w, n.id), .as = without[i])), 403,
                                     "insufficient_relation");
        struct reply *unknown = refuse(judged(get(w, state_path(w, NO_SUCH_ID), .as = without[i])),
                                       403, "insufficient_relation");
        expect_equal(unknown, "/detail", expect_text(known, "/detail"));
        expect_absent(known, "/reason");
        expect_absent(unknown, "/reason");
    }
    refuse(judged(get(w, state_path(w, NO_SUCH_ID), .as = w->platform_manager)), 404,
           "node_not_found");
    refuse(judged(get(w, state_path(w, "zz"), .as = w->platform_manager)), 404, "node_not_found");
    accept(get(w, state_path(w, n.id), .as = w->project_maintainer), 200);
    accept(get(w, state_path(w, n.id), .as = w->domain_admin), 200);
}

CASE("STA-016", .clauses = { "STA-016" }, STATE,
     .title = "a Node reads its own state by its key, and no other Node's")
{
    struct own_node n = own_node(w), other = own_node(w);
    own_state(w, &n);
    refuse(judged(get(w, state_path(w, other.id), .bearer = n.nsk)), 403, "insufficient_relation");
    refuse(judged(get(w, state_path(w, n.id), .bearer = random_key(w))), 401, "unauthenticated");
    world_given(w, "revoked_nsk", json_pack("{s:s}", "node_id", n.id));
    refuse(judged(get(w, state_path(w, n.id), .bearer = n.nsk)), 401, "unauthenticated");
    own_state(w, &other);
}

/* ---- what the platform says ---- */

static void tell(struct world *w, const char *what, const struct own_node *n, json_t *entries)
{
    world_given(w, what, json_pack("{s:s, s:o}", "node_id", n->id, "entries", entries));
}

CASE("STA-006", .clauses = { "STA-006", "STA-008", "STA-038" }, STATE,
     .title = "metadata is told by ascending key, and replaced as a whole")
{
    static const char *const first[] = { "Zone", "a", "env", "z", NULL };
    static const char *const second[] = { "env", NULL };
    struct own_node n = own_node(w);
    tell(w, "node_metadata", &n,
         json_pack("{s:s, s:s, s:s, s:s}", "z", "1", "a", "2", "Zone", "b", "env", "dev"));
    struct reply *r = own_state(w, &n);
    expect_keys(w, r, "metadata", first);
    expect_equal(r, "/state/metadata/2/value", "dev");
    expect(w, json_equal(expect_member(r, "/reports"), expect_member(r, "/state")),
           "reports is not what state is");
    tell(w, "node_metadata", &n, json_pack("{s:s}", "env", "prod"));
    r = own_state(w, &n);
    expect_keys(w, r, "metadata", second);
    expect_equal(r, "/state/metadata/0/value", "prod");
}

static json_t *three_data_entries(void)
{
    return json_pack("[{s:s, s:{s:i}}, {s:s, s:s, s:s}, {s:s, s:s}]", "key", "config", "payload",
                     "n", 1, "key", "motd", "content_type", "text/markdown", "value", "# hi", "key",
                     "a", "value", "plain");
}

CASE("STA-014", .clauses = { "STA-014", "STA-035", "STA-038" }, STATE,
     .title = "data is told with its kind and its version")
{
    static const char *const keys[] = { "a", "config", "motd", NULL };
    struct own_node n = own_node(w);
    tell(w, "node_data", &n, three_data_entries());
    struct reply *r = own_state(w, &n);
    expect_keys(w, r, "data", keys);
    expect_equal(r, "/state/data/1/value", "{\"n\":1}");
    expect_equal(r, "/state/data/1/content_type", "application/json");
    expect_equal(r, "/state/data/2/value", "# hi");
    expect_equal(r, "/state/data/2/content_type", "text/markdown");
    expect(w, expect_int(r, "/state/data/1/version") == 1, "a first version is not 1");
    instant_in(w, r, "/state/data/1/updated_at");
    tell(w, "node_data", &n, json_pack("[{s:s, s:s}]", "key", "config", "value", "other"));
    r = own_state(w, &n);
    expect(w, size_of(r, "/state/data") == 1, "data was not replaced as a whole");
    expect(w, expect_int(r, "/state/data/0/version") == 2, "a second version is not 2");
}

CASE("STA-015", .clauses = { "STA-015" },
     .needs = { "node-state", "node-secrets", "registration", "bootstrap-tokens", "resources",
                "rulings" },
     .budget_ms = BUDGET_MS, .title = "the state names the Node's secrets, and tells no value")
{
    struct own_node n = own_node(w), other = own_node(w);
    const char *value = path(w, "value-%s", random_key(w));
    const char *const names[] = { "zeta", "alpha", "zeta" };
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        world_given(w, "node_secret",
                    json_pack("{s:s, s:s, s:s}", "node_id", n.id, "name", names[i], "value",
                              value));
    struct reply *r = own_state(w, &n);
    expect(w, size_of(r, "/secret_refs") == 2, "two secrets are %zu", size_of(r, "/secret_refs"));
    expect_equal(r, "/secret_refs/0/key", "alpha");
    expect_equal(r, "/secret_refs/1/key", "zeta");
    expect(w, expect_int(r, "/secret_refs/1/version") == 2, "the version of zeta is not 2");
    expect(w, memmem(r->body.data, r->body.len, value, strlen(value)) == NULL,
           "a value stands in the state");
    expect(w, size_of(own_state(w, &other), "/secret_refs") == 0, "another Node is told of it");
}

/* ---- reachability ---- */

CASE("STA-009", .clauses = { "STA-009", "STA-011", "STA-012" }, STATE,
     .title = "a Node that was never heard of is unreachable, and healthy once it is heard")
{
    struct own_node n = own_node(w);
    struct reply *r = own_state(w, &n);
    expect_equal(r, "/reachability/state", "unreachable");
    expect_absent(r, "/reachability/last_heartbeat_at");
    int64_t age = world_now(w) - instant_in(w, r, "/reachability/changed_at");
    expect(w, age > -60 * MICROS_PER_SECOND && age < 60 * MICROS_PER_SECOND,
           "changed_at is not when the Node registered");
    const char *heard = expect_text(accept(beating(w, &n, heartbeat(w)), 200), "/accepted_at");
    r = own_state(w, &n);
    expect_equal(r, "/reachability/state", "healthy");
    expect_equal(r, "/reachability/last_heartbeat_at", heard);
}

/* A clock that several cases advance is ahead of what each of them did: what is read tells. */
CASE("STA-010", .clauses = { "STA-009", "STA-010", "STA-011", "STA-012" },
     .needs = { "node-state", "heartbeat", "registration", "bootstrap-tokens", "resources",
                "clock" },
     .flags = CASE_SERIAL, .budget_ms = BUDGET_MS,
     .title = "silence makes a Node stale after 90 seconds and unreachable after 300")
{
    static const struct {
        int wait; /* beside the time that passes on the way */
        const char *state;
        int changed_after;
    } ages[] = {
        { 60, "healthy", 0 }, { 31, "stale", 90 }, { 150, "stale", 90 }, { 60, "unreachable", 300 }
    };
    struct own_node n = own_node(w);
    int64_t heard = target_time(w, &n);
    for (size_t i = 0; i < ARRAY_LEN(ages); i++) {
        world_advance(w, ages[i].wait);
        struct reply *r = accept(judged(get(w, state_path(w, n.id), .bearer = n.nsk)), 200);
        expect_equal(r, "/reachability/state", ages[i].state);
        expect(w,
               instant_in(w, r, "/reachability/changed_at") ==
                   heard + ages[i].changed_after * MICROS_PER_SECOND,
               "changed_at is not the last heartbeat and %d s", ages[i].changed_after);
    }
}

/* S1 */
CASE("STA-037", .clauses = { "STA-037" }, .needs = { "node-state", "posture", "rulings" },
     .flags = CASE_OWN_TARGET | CASE_UNJUDGED, .budget_ms = 60000,
     .title = "where nothing is signed the state answers 501 before it looks at the credential")
{
    struct booted *b =
        posture_ready(w, (struct change[]){ { "PLEXSPHERE_SIGNING_SEED_FILE", NULL }, { 0 } });
    const char *target = state_path(w, NO_SUCH_ID);
    refuse(get(w, target, .base_url = b->base_url), 501, "signed_event_bus_not_provisioned");
    refuse(get(w, target, .base_url = b->base_url, .as = w->platform_manager), 501,
           "signed_event_bus_not_provisioned");
    refuse(get(w, target), 401, "unauthenticated");
}
