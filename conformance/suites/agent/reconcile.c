/* suites/agent/reconcile.c — pull, compare, correct, tell (plexd-facts 5; §13 19-22). */
#include <string.h>

#include "common/text.h"
#include "suites/agent/agent_suite.h"

#define CYCLE_MS 1000

static json_t *full_state(struct world *w, const char *first_ip, const char *second_ip, int version,
                          const char *payload)
{
    unsigned char raw[32] = { 9, 1 };
    const char *key = signing_pair_of(w->arena, "kid-9", raw)->public_b64;
    return json_pack("{s:[{s:s,s:s,s:s,s:s,s:[s,s]},{s:s,s:s,s:s,s:s,s:[]}],"
                     " s:[{s:s,s:[{s:s,s:s,s:i,s:s,s:s}]}],"
                     " s:{s:s}, s:[{s:s,s:s,s:s,s:i,s:s}], s:[{s:s,s:i}], s:{s:s}}",
                     "peers", "id", "p-1", "public_key",
                     "AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", "mesh_ip", "10.99.0.8",
                     "endpoint", "192.0.2.8:51820", "allowed_ips", first_ip, second_ip, "id", "p-2",
                     "public_key", "AgAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", "mesh_ip",
                     "10.99.0.9", "endpoint", "192.0.2.9:51820", "allowed_ips", "policies", "id",
                     "pol-1", "rules", "src", "p-1", "dst", "p-2", "port", 443, "protocol", "tcp",
                     "action", "allow", "metadata", "region", "eu-1", "data", "key", "config",
                     "content_type", "application/json", "payload", payload, "version", version,
                     "updated_at", "2026-01-15T10:30:00Z", "secret_refs", "key", "db", "version", 1,
                     "signing_keys", "current", key);
}

static void expect_corrections(struct world *w, struct fake_cp *cp, size_t n,
                               const char *const (*rows)[2])
{
    const json_t *body = cp_json(cp, cp_wait(cp, "POST", "@/drift", n));
    const json_t *list = json_member(body, "corrections");
    size_t count = 0, i;
    while (rows[count][0] != NULL)
        count++;
    expect(w, json_array_size(list) == count, "drift report %zu has %zu corrections, expected %zu",
           n, json_array_size(list), count);
    expect(w, json_text(body, "timestamp") != NULL, "the drift report has no timestamp");
    for (i = 0; i < count; i++) {
        const json_t *one = json_array_get(list, i);
        expect(w,
               text_equal(json_text(one, "type"), rows[i][0]) &&
                   text_equal(json_text(one, "detail"), rows[i][1]),
               "correction %zu is %s, \"%s\", expected %s, \"%s\"", i + 1, json_text(one, "type"),
               json_text(one, "detail"), rows[i][0], rows[i][1]);
    }
}

MVP_CASE("ARC-101", .clauses = { "ARC-008", "ARC-001", "JAG-035" },
         .title = "the first pull is reported as drift, in order and wording; the second is none")
{
    static const char *const first[][2] = { { "peer_added", "peer p-1" },
                                            { "peer_added", "peer p-2" },
                                            { "policy_added", "policy pol-1" },
                                            { "signing_keys_updated", "signing keys rotated" },
                                            { "metadata_updated", "metadata updated" },
                                            { "data_updated", "data updated" },
                                            { "secret_refs_updated", "secret refs updated" },
                                            { NULL, NULL } };
    struct fake_cp *cp = cp_start(w, (struct cp_options){ .dialect = d });
    cp_state(cp, full_state(w, "10.1.0.0/16", "10.2.0.0/16", 1, "one"));
    (void)joined_to(w, cp, (struct agent_options){ .reconcile_ms = CYCLE_MS });
    expect_corrections(w, cp, 1, first);
    size_t pulls = cp_count(cp, "GET", "@/state");
    (void)cp_wait(cp, "GET", "@/state", pulls + 3);
    expect(w, cp_count(cp, "POST", "@/drift") == 1, "the same state was reported as drift again");
}

MVP_CASE("ARC-102", .clauses = { "ARC-008", "ARC-002", "JAG-035", "JAG-036" },
         .title = "what went is reported, what changed is reported")
{
    static const char *const second[][2] = { { "peer_removed", "peer p-1" },
                                             { "peer_removed", "peer p-2" },
                                             { "policy_removed", "policy pol-1" },
                                             { "metadata_updated", "metadata updated" },
                                             { "data_updated", "data updated" },
                                             { "secret_refs_updated", "secret refs updated" },
                                             { NULL, NULL } };
    struct fake_cp *cp = cp_start(w, (struct cp_options){ .dialect = d });
    json_t *state = json_own(w->arena, full_state(w, "10.1.0.0/16", "10.2.0.0/16", 1, "one"));
    cp_state(cp, json_deep_copy(state));
    (void)joined_to(w, cp, (struct agent_options){ .reconcile_ms = CYCLE_MS });
    (void)cp_wait(cp, "POST", "@/drift", 1);
    json_t *later = state_with("region", "eu-2");
    json_object_set(later, "signing_keys", json_member(state, "signing_keys"));
    cp_state(cp, later);
    expect_corrections(w, cp, 2, second);
}

/* Nothing that was drift before: the sentinel is a change that must be. */
static void no_drift(struct world *w, struct fake_cp *cp, json_t *changed)
{
    size_t pulls = cp_count(cp, "GET", "@/state");
    cp_state(cp, json_incref(json_own(w->arena, changed)));
    (void)cp_wait(cp, "GET", "@/state", pulls + 3);
    expect(w, cp_count(cp, "POST", "@/drift") == 1, "it reported drift");
    json_object_set_new(json_member(changed, "metadata"), "sentinel", json_string("yes"));
    cp_state(cp, json_incref(changed));
    static const char *const only[][2] = { { "metadata_updated", "metadata updated" },
                                           { NULL, NULL } };
    expect_corrections(w, cp, 2, only);
}

MVP_CASE("ARC-103", .clauses = { "ARC-002", "JAG-036" },
         .title = "another order of a peer's allowed_ips is no drift")
{
    struct fake_cp *cp = cp_start(w, (struct cp_options){ .dialect = d });
    cp_state(cp, full_state(w, "10.1.0.0/16", "10.2.0.0/16", 1, "one"));
    (void)joined_to(w, cp, (struct agent_options){ .reconcile_ms = CYCLE_MS });
    (void)cp_wait(cp, "POST", "@/drift", 1);
    no_drift(w, cp, full_state(w, "10.2.0.0/16", "10.1.0.0/16", 1, "one"));
}

MVP_CASE("ARC-104", .clauses = { "ARC-002", "JAG-036" },
         .title = "data is compared by version: a new payload of the same version is no drift")
{
    struct fake_cp *cp = cp_start(w, (struct cp_options){ .dialect = d });
    cp_state(cp, full_state(w, "10.1.0.0/16", "10.2.0.0/16", 1, "one"));
    struct joined j = joined_to(w, cp, (struct agent_options){ .reconcile_ms = CYCLE_MS });
    (void)cp_wait(cp, "POST", "@/drift", 1);
    no_drift(w, cp, full_state(w, "10.1.0.0/16", "10.2.0.0/16", 1, "other"));
    agent_until(j.a, "/v1/state/data/config", "/payload", "one");
}

MVP_CASE("ARC-105", .clauses = { "ARC-002", "JAG-036" },
         .title = "data of a higher version is drift and kept")
{
    static const char *const only[][2] = { { "data_updated", "data updated" }, { NULL, NULL } };
    struct fake_cp *cp = cp_start(w, (struct cp_options){ .dialect = d });
    cp_state(cp, full_state(w, "10.1.0.0/16", "10.2.0.0/16", 1, "one"));
    struct joined j = joined_to(w, cp, (struct agent_options){ .reconcile_ms = CYCLE_MS });
    agent_until(j.a, "/v1/state/data/config", "/payload", "one");
    (void)cp_wait(cp, "POST", "@/drift", 1);
    cp_state(cp, full_state(w, "10.1.0.0/16", "10.2.0.0/16", 2, "two"));
    expect_corrections(w, cp, 2, only);
    agent_until(j.a, "/v1/state/data/config", "/payload", "two");
    agent_until(j.a, "/v1/state/data/config", "/version", "2");
}

/* The one part that can fail from outside: a key that is none. */
MVP_CASE("ARC-106", .clauses = { "ARC-006", "ARC-007", "JAG-037" },
         .title = "a part that fails stops no other, is reported, and is tried again")
{
    struct fake_cp *cp = cp_start(w, (struct cp_options){ .dialect = d });
    json_t *state = state_with("region", "eu-1");
    json_object_set_new(state, "signing_keys", json_pack("{s:s}", "current", "!!!"));
    cp_state(cp, state);
    struct joined j = joined_to(w, cp, (struct agent_options){ .reconcile_ms = CYCLE_MS });
    agent_until(j.a, "/v1/state/metadata", "/region", "eu-1");
    const json_t *first = cp_json(cp, cp_wait(cp, "POST", "@/drift", 1));
    const json_t *second = cp_json(cp, cp_wait(cp, "POST", "@/drift", 2));
    expect(w, json_array_size(json_member(first, "corrections")) == 2,
           "the first report has %zu corrections, expected 2",
           json_array_size(json_member(first, "corrections")));
    expect(w, json_equal(json_member(first, "corrections"), json_member(second, "corrections")),
           "the next cycle does not report the same differences");
}

AGENT_CASE("ARC-107", .clauses = { "ARC-011", "JAG-037" },
           .title = "a state answered 500, cut or no JSON changes nothing; the next pull mends it")
{
    struct fake_cp *cp = cp_start(w, (struct cp_options){ .dialect = d });
    cp_state(cp, state_with("kept", "yes"));
    struct joined j = joined_to(w, cp, (struct agent_options){ .reconcile_ms = CYCLE_MS });
    agent_until(j.a, "/v1/state/metadata", "/kept", "yes");
    cp_once(cp, "GET", "@/state", (struct cp_answer){ .status = 500, .body = "{}" });
    cp_once(cp, "GET", "@/state", (struct cp_answer){ .status = 200, .body = "{\"peers\":" });
    cp_once(cp, "GET", "@/state",
            (struct cp_answer){ .status = 200, .body = "{\"metadata\":{}}", .cut = 4 });
    cp_once(cp, "GET", "@/state", (struct cp_answer){ .status = 200 });
    size_t pulls = cp_count(cp, "GET", "@/state");
    (void)cp_wait(cp, "GET", "@/state", pulls + 4);
    expect_equal(accept(get(w, "/v1/state/metadata", .agent = j.a), 200), "/kept", "yes");
    cp_state(cp, state_with("mended", "yes"));
    agent_until(j.a, "/v1/state/metadata", "/mended", "yes");
}

AGENT_CASE("ARC-108", .clauses = { "ARC-009", "JAG-038" },
           .title = "what the control plane took away goes from the cache, after a restart too")
{
    struct fake_cp *cp = cp_start(w, (struct cp_options){ .dialect = d });
    cp_state(cp, full_state(w, "10.1.0.0/16", "10.2.0.0/16", 1, "one"));
    struct joined j = joined_to(w, cp, (struct agent_options){ 0 });
    agent_until(j.a, "/v1/state/metadata", "/region", "eu-1");
    agent_until(j.a, "/v1/state/data", "/0/key", "config");
    expect(w, agent_file_appears(j.a, "state/data/config.json"), "data was not kept on disk");
    cp_state(cp, json_pack("{s:{}, s:[], s:[], s:[], s:[]}", "metadata", "data", "secret_refs",
                           "peers", "policies"));
    restarted(&j);
    agent_until(j.a, "/v1/state/metadata", "/region", NULL);
    agent_until(j.a, "/v1/state/data/config", "", "404");
    agent_until(j.a, "/v1/state/secrets", "/0", NULL);
    expect(w, agent_file_goes(j.a, "state/data/config.json"), "its file is still there");
}

static json_t *with_rule(struct world *w, int port)
{
    json_t *state = full_state(w, "10.1.0.0/16", "10.2.0.0/16", 1, "one");
    json_object_set_new(json_at(state, "/policies/0/rules/0"), "port", json_integer(port));
    return state;
}

MVP_CASE_NEEDS("ARC-109", "rulings", .clauses = { "ARC-003" },
               .title = "other rules under the same id of a policy are drift")
{
    struct fake_cp *cp = cp_start(w, (struct cp_options){ .dialect = d });
    cp_state(cp, with_rule(w, 443));
    (void)joined_to(w, cp, (struct agent_options){ .reconcile_ms = CYCLE_MS });
    (void)cp_wait(cp, "POST", "@/drift", 1);
    cp_state(cp, with_rule(w, 80));
    const json_t *body = cp_json(cp, cp_wait(cp, "POST", "@/drift", 2));
    const json_t *list = json_member(body, "corrections");
    for (size_t i = 0; i < json_array_size(list); i++)
        expect(w, text_equal(json_text(json_array_get(list, i), "detail"), "policy pol-1"),
               "something else than the policy is reported");
}

V1_CASE("ARC-110", .clauses = { "API-031", "ARC-005", "ARC-002" },
        .title = "where an entry has no version its value decides")
{
    struct fake_cp *cp = cp_start(w, (struct cp_options){ .dialect = d });
    cp_state(cp, full_state(w, "10.1.0.0/16", "10.2.0.0/16", 1, "one"));
    struct joined j = joined_to(w, cp, (struct agent_options){ .reconcile_ms = CYCLE_MS });
    agent_until(j.a, "/v1/state/data/config", "/payload", "one");
    agent_until(j.a, "/v1/state/data/config", "/version", "1");
    size_t pulls = cp_count(cp, "GET", "@/state");
    (void)cp_wait(cp, "GET", "@/state", pulls + 2);
    agent_until(j.a, "/v1/state/data/config", "/version", "1");
    cp_state(cp, full_state(w, "10.1.0.0/16", "10.2.0.0/16", 1, "two"));
    agent_until(j.a, "/v1/state/data/config", "/payload", "two");
    agent_until(j.a, "/v1/state/data/config", "/version", "2"); /* API-031: counted by the agent */
}

V1_CASE_NEEDS("ARC-111", "rulings", .clauses = { "ARC-012" },
              .title = "a state that tells of no secrets leaves their index as it is")
{
    struct fake_cp *cp = cp_start(w, (struct cp_options){ .dialect = d });
    json_t *state = json_own(w->arena, full_state(w, "10.1.0.0/16", "10.2.0.0/16", 1, "one"));
    cp_state(cp, json_deep_copy(state));
    struct joined j = joined_to(w, cp, (struct agent_options){ .reconcile_ms = CYCLE_MS });
    agent_until(j.a, "/v1/state/secrets", "/0/key", "db");
    json_t *silent = state_with("region", "eu-2");
    json_object_del(silent, "secret_refs");
    cp_state(cp, silent);
    agent_until(j.a, "/v1/state/metadata", "/region", "eu-2");
    expect_equal(accept(get(w, "/v1/state/secrets", .agent = j.a), 200), "/0/key", "db");
    cp_state_member(cp, "secret_refs", json_array());
    agent_until(j.a, "/v1/state/secrets", "/0", NULL);
}

MVP_CASE_NEEDS("ARC-112", "rulings", .clauses = { "ARC-004" },
               .title = "a change of the signing keys' deadline alone is drift")
{
    static const char *const changed[][2] = { { "signing_keys_updated", "signing keys rotated" },
                                              { NULL, NULL } };
    static const char *const deadlines[] = { "2036-01-01T00:00:00Z", "2036-01-02T00:00:00Z" };
    struct fake_cp *cp = cp_start(w, (struct cp_options){ .dialect = d });
    const struct signing_pair *old = signing_pair_new(w->arena, "kid-0");
    for (size_t i = 0; i < ARRAY_LEN(deadlines); i++) {
        json_t *state = state_with("region", "eu-1");
        json_object_set_new(state, "signing_keys",
                            json_pack("{s:s, s:s, s:s}", "current", cp_key(cp)->public_b64,
                                      "previous", old->public_b64, "transition_expires",
                                      deadlines[i]));
        cp_state(cp, state);
        if (i == 0) {
            struct joined j = joined_to(w, cp, (struct agent_options){ .reconcile_ms = CYCLE_MS });
            agent_until(j.a, "/v1/state/metadata", "/region", "eu-1");
            (void)cp_wait(cp, "POST", "@/drift", 1);
            size_t pulls = cp_count(cp, "GET", "@/state");
            (void)cp_wait(cp, "GET", "@/state", pulls + 2);
        }
    }
    expect_corrections(w, cp, 2, changed);
}

AGENT_CASE_NEEDS("ARC-113", "rulings", .clauses = { "ARC-010" },
                 .title = "a state that an event overtakes is asked for once more")
{
    struct joined j = joined(w, d);
    json_t *stale = json_own(w->arena, state_with("value", "stale"));
    const char *body =
        json_dump(w->arena,
                  json_own(w->arena, dialect_state_answer(w->arena, d, stale, cp_now(j.cp))));
    size_t pulls = cp_count(j.cp, "GET", "@/state");
    cp_once(j.cp, "GET", "@/state",
            (struct cp_answer){ .status = 200, .body = body, .hold = true });
    (void)cp_event(j.cp, (struct cp_event){ .type = "policy_updated", .payload = json_object() });
    (void)cp_wait(j.cp, "GET", "@/state", pulls + 1);
    push_good(&j, "value", "fresh");
    agent_until(j.a, "/v1/state/metadata", "/value", "fresh");
    cp_release(j.cp);
    (void)cp_wait(j.cp, "GET", "@/state", pulls + 2);
    settled(&j);
    agent_until(j.a, "/v1/state/metadata", "/value", "fresh");
    expect(w, cp_count(j.cp, "GET", "@/state") == pulls + 2, "it asked %zu times, expected twice",
           cp_count(j.cp, "GET", "@/state") - pulls);
}

static size_t times_said(const char *log, const char *text)
{
    size_t n = 0;
    for (const char *at = log; (at = strstr(at, text)) != NULL; at += strlen(text))
        n++;
    return n;
}

MVP_CASE_NEEDS("ARC-114", "rulings", .clauses = { "ARC-013" },
               .title = "that peers and policies are not enforced is said at WARN, once")
{
    struct fake_cp *cp = cp_start(w, (struct cp_options){ .dialect = d });
    struct joined j = joined_to(w, cp, (struct agent_options){ .reconcile_ms = CYCLE_MS });
    agent_until(j.a, "/v1/state", "/metadata", "{}");
    expect(w, times_said(agent_log(j.a), "not enforced") == 0, "it speaks of peers it has not");
    cp_state(cp, full_state(w, "10.1.0.0/16", "10.2.0.0/16", 1, "one"));
    (void)cp_wait(cp, "POST", "@/drift", 1);
    cp_state(cp, full_state(w, "10.3.0.0/16", "10.2.0.0/16", 2, "two"));
    (void)cp_wait(cp, "POST", "@/drift", 2);
    size_t times = times_said(agent_log(j.a), "not enforced");
    expect(w, times == 1, "it says %zu times that they are not enforced", times);
}
