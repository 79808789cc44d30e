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

static void expect_peer(struct world *w, const json_t *told, size_t i, const struct own_node *peer)
{
    const json_t *one = json_array_get(json_member(told, "peers"), i);
    expect(w, text_equal(json_text(one, "id"), peer->id), "peer %zu is %s, expected %s", i,
           json_text(one, "id"), peer->id);
}

/* S8. Ids rise with time, so the Nodes are in order as they come. */
BOTH("STA-002", .clauses = { "STA-002", "STA-004", "STA-036" }, STATE,
     .title = "the other Nodes of the Domain are peers, whatever their Project")
{
    struct own_domain d = own_domain_here(w);
    struct own_node node[3] = { own_node_in(w, d.project), own_node_in(w, d.project),
                                own_node_in(w, own_project_in(w, d.id)) };
    for (size_t self = 0; self < 3; self++) {
        const json_t *told = told_state(w, &node[self]);
        size_t at = 0, peers = json_array_size(json_member(told, "peers"));
        expect(w, peers == 2, "a Node among three has %zu peers", peers);
        for (size_t i = 0; i < 3; i++)
            if (i != self)
                expect_peer(w, told, at++, &node[i]);
        struct reply *r = own_state(w, &node[self]), *again = own_state(w, &node[self]);
        expect_absent(r, "/peers/0/fallback_endpoint");
        expect(w,
               again->body.len == r->body.len &&
                   memcmp(again->body.data, r->body.data, r->body.len) == 0,
               "two reads with no write between them differ");
    }
}

BOTH("STA-003", .clauses = { "STA-002" }, STATE,
     .title = "a peer has the address and the key it registered with")
{
    struct own_domain d = own_domain_here(w);
    struct own_node n = own_node_in(w, d.project);
    json_t *body = fresh_registration(w, d.project);
    struct reply *other = accept(registering(w, body), 201);
    const json_t *peer = json_at(told_state(w, &n), "/peers/0");
    expect(w, text_equal(json_text(peer, "id"), expect_text(other, "/node_id")), "another peer");
    expect(w, text_equal(json_text(peer, "mesh_ip"), expect_text(other, "/mesh_ip")),
           "the peer has another address");
    expect(w, text_equal(json_text(peer, "public_key"), json_text(body, "public_key")),
           "the peer has another key");
}

/* S2, S3, S4 */
BOTH("STA-013", .clauses = { "STA-013", "STA-033" }, STATE,
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

BOTH("STA-016", .clauses = { "STA-016" }, STATE,
     .title = "a Node reads its own state by its key, and no other Node's")
{
    struct own_node n = own_node(w), other = own_node(w);
    own_state(w, &n);
    refuse(reading_state(w, &n, other.id), 403, "insufficient_relation");
    refuse(judged(get(w, state_path(w, n.id), .bearer = random_key(w))), 401, "unauthenticated");
    world_given(w, "revoked_nsk", json_pack("{s:s}", "node_id", n.id));
    refuse(reading_state(w, &n, n.id), 401, "unauthenticated");
    own_state(w, &other);
}

/* ---- what the platform says ---- */

static void tell(struct world *w, const char *what, const struct own_node *n, json_t *entries)
{
    world_given(w, what, json_pack("{s:s, s:o}", "node_id", n->id, "entries", entries));
}

static void expect_metadata(struct world *w, const struct own_node *n, json_t *map)
{
    const json_t *told = json_member(told_state(w, n), "metadata");
    expect(w, json_equal(told, json_own(w->arena, map)), "the metadata is %s",
           json_dump(w->arena, told));
}

BOTH("STA-006", .clauses = { "STA-006", "STA-036", "STA-038" }, STATE,
     .title = "metadata is told as it was given, and replaced as a whole")
{
    static const char *const keys[] = { "Zone", "a", "env", "z", NULL };
    struct own_node n = own_node(w);
    json_t *four = json_pack("{s:s, s:s, s:s, s:s}", "z", "1", "a", "2", "Zone", "b", "env", "dev");
    tell(w, "node_metadata", &n, json_copy(json_own(w->arena, four)));
    expect_metadata(w, &n, json_copy(four));
    if (!n.mvp) /* which has entries by ascending key, where the other has a map */
        expect_keys(w, own_state(w, &n), "metadata", keys);
    tell(w, "node_metadata", &n, json_pack("{s:s}", "env", "prod"));
    expect_metadata(w, &n, json_pack("{s:s}", "env", "prod"));
}

CASE("STA-008", .clauses = { "STA-008" }, STATE, .title = "the state is told twice, equal")
{
    struct own_node n = own_node(w);
    tell(w, "node_metadata", &n, json_pack("{s:s}", "env", "dev"));
    struct reply *r = own_state(w, &n);
    expect_equal(r, "/state/metadata/0/value", "dev");
    expect(w, json_equal(expect_member(r, "/reports"), expect_member(r, "/state")),
           "reports is not what state is");
}

static json_t *three_data_entries(void)
{
    return json_pack("[{s:s, s:{s:i}}, {s:s, s:s, s:s}, {s:s, s:s}]", "key", "config", "payload",
                     "n", 1, "key", "motd", "content_type", "text/markdown", "value", "# hi", "key",
                     "a", "value", "plain");
}

static const json_t *data_told(struct world *w, const struct own_node *n, const char *key,
                               const char *value, const char *content_type, int version)
{
    int64_t instant;
    const json_t *entry = entry_of_key(json_member(told_state(w, n), "data"), key);
    expect(w, text_equal(json_text(entry, "value"), value), "%s is %s", key,
           json_text(entry, "value"));
    expect(w, text_equal(json_text(entry, "content_type"), content_type), "%s is %s", key,
           json_text(entry, "content_type"));
    expect(w, json_int(entry, "version", 0) == version, "the version of %s is not %d", key,
           version);
    expect(w, timestamp_parse(json_text(entry, "updated_at"), &instant), "updated_at is no time");
    return entry;
}

BOTH("STA-014", .clauses = { "STA-014", "STA-035", "STA-038" }, STATE,
     .title = "data is told with its kind and its version")
{
    struct own_node n = own_node(w);
    tell(w, "node_data", &n, three_data_entries());
    const json_t *told = json_member(told_state(w, &n), "data");
    expect(w, json_array_size(told) == 3, "three entries are %zu", json_array_size(told));
    for (size_t i = 0; i < 3; i++)
        expect(w,
               text_equal(json_text(json_array_get(told, i), "key"),
                          (const char *const[]){ "a", "config", "motd" }[i]),
               "data is not by ascending key");
    data_told(w, &n, "config", "{\"n\":1}", "application/json", 1);
    data_told(w, &n, "motd", "# hi", "text/markdown", 1);
    tell(w, "node_data", &n, json_pack("[{s:s, s:s}]", "key", "config", "value", "other"));
    told = json_member(told_state(w, &n), "data");
    expect(w, json_array_size(told) == 1, "data was not replaced as a whole");
    expect(w, json_int(json_array_get(told, 0), "version", 0) == 2, "a second version is not 2");
}

BOTH("STA-015", .clauses = { "STA-015" },
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

/* In both dialects alike, as the event of a rotation has them. */
BOTH("STA-039", .clauses = { "STA-039", "KEY-012" },
     .needs = { "node-state", "registration", "bootstrap-tokens", "resources", "domains",
                "rulings" },
     .budget_ms = BUDGET_MS,
     .title = "the state tells the signing keys, and after a rotation the previous one, too")
{
    struct own_domain d = own_domain_here(w);
    struct own_node n = own_node_in(w, d.project);
    const json_t *keys = json_member(told_state(w, &n), "signing_keys");
    expect(w, text_equal(json_text(keys, "current"), n.key), "the current key is another");
    expect(w, json_member(keys, "previous") == NULL, "there is a previous key");
    world_given(w, "rotated_signing_key", json_pack("{s:s}", "domain_id", d.id));
    const json_t *after = json_member(told_state(w, &n), "signing_keys");
    int64_t expires = 0;
    expect(w, text_equal(json_text(after, "previous"), n.key), "previous is not the key before");
    expect(w, !text_equal(json_text(after, "current"), n.key), "the key did not change");
    expect(w,
           text_equal(json_text(after, "previous_id"), json_text(keys, "current_id")) &&
               !text_equal(json_text(after, "current_id"), json_text(keys, "current_id")),
           "the names of the keys are wrong");
    expect(w,
           timestamp_parse(json_text(after, "transition_expires"), &expires) &&
               expires > world_now(w),
           "the transition ends before it begins");
}

BOTH("STA-005", .clauses = { "STA-005" },
     .needs = { "node-state", "mesh", "registration", "bootstrap-tokens", "resources", "rulings" },
     .budget_ms = BUDGET_MS, .title = "a Node that left the mesh is nobody's peer and has no state")
{
    struct own_domain d = own_domain_here(w);
    struct own_node n = own_node_in(w, d.project), gone = own_node_in(w, d.project);
    expect(w, json_array_size(json_member(told_state(w, &n), "peers")) == 1, "it is no peer");
    world_given(w, "drained_node", json_pack("{s:s}", "node_id", gone.id));
    expect(w, json_array_size(json_member(told_state(w, &n), "peers")) == 0, "it is still a peer");
    refuse(reading_state(w, &gone, gone.id), 404, "node_not_found");
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
