/* suites/mvp/node.c — MVP-*: what an agent of the other dialect sends once it has joined. */
#include <string.h>

#include "common/json.h"
#include "common/text.h"
#include "harness/case.h"
#include "suites/mvp/mvp.h"
#include "suites/registration/registration.h"

#define SUITE "mvp"
#define LIVES                                                                                      \
    .needs = { "mvp", "heartbeat", "registration", "bootstrap-tokens", "resources" },              \
    .budget_ms = BUDGET_MS
#define REPORTS                                                                                    \
    .needs = { "mvp", "node-reports", "registration", "bootstrap-tokens", "resources" },           \
    .budget_ms = BUDGET_MS

/* ---- heartbeats ---- */

CASE("MVP-006", .clauses = { "MVP-006", "MVP-007" }, LIVES,
     .title = "a heartbeat may say nothing, and is answered with two flags")
{
    struct own_node n = mvp_node(w), v1 = own_node(w);
    static const char malformed[] = "malformed_heartbeat_request";
    refuse(judged(mvp_beating(w, &n, with(zero_heartbeat(), "timestamp", json_integer(7)))), 400,
           malformed);
    refuse(judged(mvp_beating(w, &n, with(zero_heartbeat(), "nat", json_string("x")))), 400,
           malformed);
    refuse(judged(mvp_beating(w, &v1, zero_heartbeat())), 400, malformed);
    struct reply *r = accept(judged(mvp_beating(w, &n, zero_heartbeat())), 200);
    expect(w, json_object_size(r->json) == 2, "there are other members");
    expect(w, json_is_false(expect_member(r, "/reconcile")), "reconcile is not false");
    expect(w, json_is_false(expect_member(r, "/rotate_keys")), "rotate_keys is not false");
    accept(judged(mvp_beating(w, &n, json_object())), 200);
    json_t *full =
        json_pack("{s:s, s:s, s:s, s:{s:s, s:i}, s:{s:s}}", "timestamp",
                  "2001-01-01T01:00:00.123456789+01:00", "binary_checksum",
                  "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
                  "status", "healthy", "mesh", "interface", "wg0", "peer_count", 2, "nat", "type",
                  "none");
    accept(judged(mvp_beating(w, &n, full)), 200);
}

CASE("MVP-018", .clauses = { "MVP-007" },
     .needs = { "mvp", "mesh", "key-rotation", "registration", "bootstrap-tokens", "resources" },
     .budget_ms = BUDGET_MS, .title = "a heartbeat of either dialect is heard and told alike")
{
    struct own_node n = mvp_node(w);
    const char *reach = path(w, "/v1/nodes/%s/reachability", n.id);
    expect_equal(accept(judged(get(w, reach, .as = w->platform_manager)), 200), "/state",
                 "unreachable");
    accept(mvp_beating(w, &n, zero_heartbeat()), 200);
    expect_equal(accept(judged(get(w, reach, .as = w->platform_manager)), 200), "/state",
                 "healthy");
    accept(post(w, path(w, "/v1/nodes/%s/keys/rotate", n.id), .as = w->platform_manager), 200);
    struct reply *r = accept(judged(mvp_beating(w, &n, zero_heartbeat())), 200);
    expect(w, json_is_true(expect_member(r, "/rotate_keys")), "rotate_keys is not true");
}

/* ---- the dialect's own paths ---- */

static json_t *drift(void)
{
    return json_pack("{s:s, s:[{s:s, s:s}]}", "timestamp", "2026-11-22T05:00:00.5+01:00",
                     "corrections", "type", "peer_added", "detail", "peer x");
}

static json_t *report(void)
{
    return json_pack("{s:[{s:s, s:s, s:{s:i}, s:i, s:s}], s:n}", "entries", "key", "cpu-load",
                     "content_type", "application/json", "payload", "load", 3, "version", 1,
                     "updated_at", "2026-11-22T05:00:00Z", "deleted");
}

CASE("MVP-008", .clauses = { "MVP-008" }, LIVES,
     .title = "what is of the one dialect is not there for the other")
{
    struct own_node v1 = own_node(w), n = mvp_node(w);
    refuse(judged(mvp_posting(w, &v1, "drift", drift())), 404, NULL);
    accept(mvp_posting(w, &n, "drift", drift()), 204);
}

CASE("MVP-015", .clauses = { "MVP-015" }, LIVES,
     .title = "the other dialect's paths have the same ladder and are not published")
{
    struct own_node n = mvp_node(w), other = mvp_node(w);
    const char *target = path(w, "/v1/nodes/%s/drift", n.id);
    struct bytes bad = BYTES_OF_TEXT("{");
    refuse(judged(post(w, target, .raw = bad)), 401, "unauthorized");
    refuse(judged(post(w, target, .raw = bad, .bearer = random_key(w))), 401, "nsk_invalid");
    refuse(judged(post(w, target, .raw = bad, .bearer = other.nsk)), 403, "node_id_mismatch");
    refuse(judged(post(w, target, .raw = bad, .bearer = n.nsk)), 400, "invalid_body");
    accept(mvp_posting(w, &n, "drift", drift()), 204);
    world_given(w, "revoked_nsk", json_pack("{s:s}", "node_id", n.id));
    refuse(judged(mvp_posting(w, &n, "drift", drift())), 401, "nsk_revoked");
    struct reply *r = accept(judged(get(w, "/v1/openapi.json")), 200);
    expect_absent(r, "/paths/~1v1~1nodes~1{id}~1drift");
    expect_absent(r, "/paths/~1v1~1nodes~1{id}~1report");
    expect_absent(r, "/paths/~1v1~1nodes~1{id}~1deregister");
    expect_member(r, "/paths/~1v1~1nodes~1{id}~1heartbeat");
}

CASE("MVP-012", .clauses = { "MVP-012" }, LIVES,
     .title = "a drift report has its time and its corrections")
{
    static const char code[] = "invalid_body";
    struct own_node n = mvp_node(w);
    json_t *bad = json_own(w->arena, json_pack("[n, s, {}, [i], [{s:s}], [{s:s, s:i}]]", "none", 7,
                                               "type", "x", "type", "x", "detail", 7));
    size_t i;
    json_t *value;
    json_array_foreach (bad, i, value)
        refuse(judged(
                   mvp_posting(w, &n, "drift", with(drift(), "corrections", json_incref(value)))),
               400, code);
    refuse(judged(mvp_posting(w, &n, "drift", with(drift(), "corrections", NULL))), 400, code);
    refuse(judged(mvp_posting(w, &n, "drift", with(drift(), "timestamp", NULL))), 400, code);
    refuse(judged(mvp_posting(w, &n, "drift", with(drift(), "timestamp", json_string("now")))), 400,
           code);
    accept(judged(mvp_posting(w, &n, "drift", with(drift(), "corrections", json_array()))), 204);
    accept(judged(mvp_posting(w, &n, "drift", drift())), 204);
}

static struct exchange *coded(struct world *w, const struct own_node *n, const char *what,
                              struct bytes body)
{
    return post(w, path(w, "/v1/nodes/%s/%s", n->id, what), .mvp = true, .bearer = n->nsk,
                .raw = body, .headers = { { "Content-Encoding", "gzip" } });
}

static struct bytes text_of(struct world *w, json_t *body)
{
    return BYTES_OF_TEXT(json_dump(w->arena, json_own(w->arena, body)));
}

static struct bytes spaces(struct world *w, json_t *body, size_t len)
{
    struct bytes text = text_of(w, body);
    unsigned char *out = arena_alloc(w->arena, len);
    memset(out, ' ', len);
    memcpy(out, text.data, text.len);
    return (struct bytes){ out, len };
}

CASE("MVP-014", .clauses = { "MVP-014" }, LIVES, .title = "a body may be coded with gzip")
{
    enum { CAP = 16 * 1024 };
    static const char malformed[] = "malformed_heartbeat_request";
    struct own_node n = mvp_node(w), v1 = own_node(w);
    struct bytes good = gzipped(w, text_of(w, zero_heartbeat()));
    refuse(judged(coded(w, &n, "heartbeat", text_of(w, zero_heartbeat()))), 400, malformed);
    refuse(judged(coded(w, &n, "heartbeat", (struct bytes){ good.data, good.len - 1 })), 400,
           malformed);
    refuse(judged(coded(w, &n, "heartbeat", gzipped(w, BYTES_OF_TEXT("{")))), 400, malformed);
    refuse(judged(coded(w, &n, "heartbeat", gzipped(w, spaces(w, zero_heartbeat(), CAP + 1)))), 400,
           malformed);
    refuse(judged(post(w, heartbeat_path(w, v1.id), .bearer = v1.nsk,
                       .raw = gzipped(w, text_of(w, heartbeat(w))),
                       .headers = { { "Content-Encoding", "gzip" } })),
           400, malformed);
    accept(judged(coded(w, &n, "heartbeat", good)), 200);
    accept(judged(coded(w, &n, "heartbeat", gzipped(w, spaces(w, zero_heartbeat(), CAP)))), 200);
    accept(judged(coded(w, &n, "drift", gzipped(w, text_of(w, drift())))), 204);
}

CASE("MVP-019", .clauses = { "MVP-014" }, LIVES, .title = "a registration may be coded with gzip")
{
    enum { FAR = 4 * 1024 * 1024 };
    struct own_node n = mvp_node(w);
    json_t *body = mvp_registration(w, token_in(w, w->project_id, "node"), world_name(w, "host"));
    struct ask_header gzip = { "Content-Encoding", "gzip" };
    struct bytes bomb = gzipped(w, spaces(w, json_copy(body), FAR));
    refuse(judged(post(w, "/v1/register", .mvp = true, .raw = bomb, .headers = { gzip })), 413,
           NULL);
    refuse(judged(post(w, "/v1/register", .mvp = true, .raw = text_of(w, json_copy(body)),
                       .headers = { gzip })),
           400, NULL);
    struct reply *r =
        accept(judged(post(w, "/v1/register", .mvp = true,
                           .raw = gzipped(w, text_of(w, json_copy(body))), .headers = { gzip })),
               201);
    expect(w, !text_equal(expect_text(r, "/node_id"), n.id), "another Node's id");
}

/* ---- reports ---- */

CASE("MVP-009", .clauses = { "MVP-009" }, REPORTS,
     .title = "a report has entries and deleted keys, or null for either")
{
    static const char code[] = "invalid_report";
    struct own_node n = mvp_node(w);
    json_t *bad = json_own(w->arena, json_pack("[s, {}, [i], [{s:s}], [{s:i}]]", "none", 7, "key",
                                               "a", "payload", 7));
    size_t i;
    json_t *value;
    json_array_foreach (bad, i, value)
        refuse(judged(mvp_posting(w, &n, "report", with(report(), "entries", json_incref(value)))),
               400, code);
    refuse(judged(mvp_posting(w, &n, "report", with(report(), "deleted", json_string("a")))), 400,
           code);
    refuse(judged(mvp_posting(w, &n, "report", with(report(), "deleted", json_pack("[i]", 7)))),
           400, code);
    refuse(judged(post(w, path(w, "/v1/nodes/%s/report", n.id), .mvp = true, .bearer = n.nsk,
                       .raw = BYTES_OF_TEXT("{"))),
           400, code);
    accept(judged(mvp_posting(w, &n, "report", report())), 204);
    accept(judged(mvp_posting(w, &n, "report",
                              json_pack("{s:n, s:[s]}", "entries", "deleted", "cpu-load"))),
           204);
}

CASE("MVP-010", .clauses = { "MVP-010" }, REPORTS,
     .title = "a report is taken whole or refused whole, and deleting what is not there is done")
{
    struct own_node n = mvp_node(w);
    refuse(judged(mvp_posting(w, &n, "report",
                              json_pack("{s:[{s:s, s:i}, {s:s, s:i}], s:n}", "entries", "key",
                                        "good", "payload", 1, "key", "no/key grammar\n", "payload",
                                        1, "deleted"))),
           400, "invalid_report");
    accept(judged(mvp_posting(w, &n, "report",
                              json_pack("{s:n, s:[s]}", "entries", "deleted", "never-there"))),
           204);
    accept(judged(mvp_posting(w, &n, "report",
                              json_pack("{s:[{s:s, s:i}], s:n}", "entries", "key", "untyped",
                                        "payload", 1, "deleted"))),
           204);
    accept(judged(mvp_posting(w, &n, "report", report())), 204);
}
