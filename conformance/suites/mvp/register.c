/* suites/mvp/register.c — MVP-*: joining in the agent's other dialect. */
#include <string.h>

#include "common/encoding.h"
#include "common/json.h"
#include "common/text.h"
#include "common/timestamp.h"
#include "harness/case.h"
#include "suites/mvp/mvp.h"
#include "suites/registration/registration.h"

#define SUITE "mvp"
#define JOINS                                                                                      \
    .needs = { "mvp", "registration", "bootstrap-tokens", "resources", "domains", "projects" },    \
    .budget_ms = BUDGET_MS

static json_t *fresh(struct world *w, const char *project)
{
    return mvp_registration(w, token_in(w, project, "node"), world_name(w, "host"));
}

CASE("MVP-001", .clauses = { "MVP-001" }, JOINS,
     .title = "the member that carries the token says the dialect, and no header does")
{
    json_t *good = fresh(w, w->project_id), *both = json_own(w->arena, json_copy(good));
    json_t *neither = json_own(w->arena, json_copy(good));
    with(both, "bootstrap_token", json_incref(json_member(good, "token")));
    with(neither, "token", NULL);
    refuse(judged(mvp_registering(w, both)), 422, NULL);
    refuse(judged(mvp_registering(w, neither)), 422, NULL);
    refuse(judged(mvp_registering(w, mvp_registration(w, "psb_no_such_token", "host"))), 403,
           "token_invalid");
    struct reply *r = accept(judged(post(w, "/v1/register", .mvp = true, .json = json_copy(good),
                                         .headers = { { "Authorization", "Bearer of-nothing" } })),
                             201);
    expect_text(r, "/node_secret_key");
    expect_absent(r, "/nsk");
    refuse(judged(mvp_registering(w, good)), 403, "token_consumed");
}

CASE("MVP-002", .clauses = { "MVP-002" }, JOINS,
     .title = "a registration names its host and its key")
{
    json_t *good = fresh(w, w->project_id);
    json_t *bad = json_own(w->arena, json_copy(good));
    json_t *values = json_own(w->arena, json_pack("[s, s, i, n]", "", " ", 7));
    char *long_name = arena_alloc(w->arena, 258);
    size_t i;
    json_t *value;
    memset(long_name, 'h', 257);
    long_name[257] = '\0';
    json_array_foreach (values, i, value)
        refuse(judged(mvp_registering(w, with(bad, "hostname", json_incref(value)))), 422, NULL);
    refuse(judged(mvp_registering(w, with(bad, "hostname", json_string(long_name)))), 422, NULL);
    refuse(judged(mvp_registering(w, with(bad, "hostname", NULL))), 422, NULL);
    bad = json_own(w->arena, json_copy(good));
    refuse(judged(mvp_registering(w, with(bad, "public_key", json_string("AAAA")))), 400,
           "public_key_invalid");
    refuse(judged(mvp_registering(w, with(bad, "public_key", NULL))), 400, "public_key_invalid");
    with(good, "capabilities", json_pack("{s:n, s:[]}", "builtin_actions", "hooks"));
    expect_text(accept(judged(mvp_registering(w, with(good, "unheard_of", json_true()))), 201),
                "/node_id");
}

/* How many Resources of the Project have that external_ref. */
static size_t adopted(struct world *w, const char *project, const char *ref)
{
    struct reply *r = accept(get(w, path(w, "/v1/projects/%s/resources?limit=200", project),
                                 .as = w->platform_manager),
                             200);
    size_t i, n = 0;
    json_t *one, *items = expect_member(r, "/items");
    json_array_foreach (items, i, one)
        n += text_equal(json_text(one, "external_ref"), ref);
    return n;
}

CASE("MVP-003", .clauses = { "MVP-003", "MVP-004" }, JOINS,
     .title = "a host is adopted once, and a Resource that is there is used")
{
    const char *project = own_project(w), *host = world_name(w, "host");
    for (int i = 0; i < 2; i++) {
        json_t *body = mvp_registration(w, token_in(w, project, "node"), host);
        expect_text(accept(judged(mvp_registering(w, body)), 201), "/node_id");
        expect(w, adopted(w, project, host) == 1, "the host is %zu Resources",
               adopted(w, project, host));
    }
    const char *resource = resource_in(w, project, "bridge");
    json_t *body = mvp_registration(w, token_in(w, project, "node"), resource);
    refuse(judged(mvp_registering(w, body)), 403, "kind_mismatch");
    body = mvp_registration(w, token_in(w, project, "bridge"), resource);
    accept(judged(mvp_registering(w, body)), 201);
    expect(w, adopted(w, project, resource) == 0, "a Resource that is there was adopted again");
}

CASE("MVP-016", .clauses = { "MVP-003" }, JOINS,
     .title = "two registrations of one host at once adopt it once")
{
    const char *project = own_project(w), *host = world_name(w, "host");
    struct exchange *xs[4];
    for (size_t i = 0; i < ARRAY_LEN(xs); i++)
        xs[i] = judged(mvp_registering(w, mvp_registration(w, token_in(w, project, "node"), host)));
    send_together(xs, ARRAY_LEN(xs));
    for (size_t i = 0; i < ARRAY_LEN(xs); i++)
        expect_text(accept(xs[i], 201), "/node_id");
    expect(w, adopted(w, project, host) == 1, "the host is %zu Resources",
           adopted(w, project, host));
}

static void has_exactly(struct world *w, const json_t *object, const char *const *names, size_t n)
{
    expect(w, json_object_size(object) == n, "there are %zu members, not %zu",
           json_object_size(object), n);
    for (size_t i = 0; i < n; i++)
        expect(w, json_member(object, names[i]) != NULL, "there is no %s", names[i]);
}

CASE("MVP-005", .clauses = { "MVP-005", "MVP-011" }, JOINS,
     .title = "a registration is answered with a key of 32 characters and whole peers")
{
    static const char *const members[] = { "node_id", "mesh_ip", "signing_public_key",
                                           "node_secret_key", "peers" };
    static const char *const of_peer[] = { "id",       "public_key",  "mesh_ip",
                                           "endpoint", "allowed_ips", "psk" };
    const char *domain = own_domain(w, 24), *project = own_project_in(w, domain);
    struct own_node first = own_node_in(w, project);
    struct reply *r = accept(judged(mvp_registering(w, fresh(w, project))), 201);
    struct bytes raw;
    has_exactly(w, r->json, members, ARRAY_LEN(members));
    has_exactly(w, expect_member(r, "/peers/0"), of_peer, ARRAY_LEN(of_peer));
    expect_equal(r, "/peers/0/id", first.id);
    expect_equal(r, "/peers/0/endpoint", "");
    expect_equal(r, "/peers/0/psk", "");
    expect_equal(r, "/peers/0/allowed_ips/0", path(w, "%s/32", expect_text(r, "/peers/0/mesh_ip")));
    const char *key = expect_text(r, "/node_secret_key");
    expect(w, strlen(key) == 32, "the key has %zu characters", strlen(key));
    for (const char *c = key; *c; c++)
        expect(w, *c > ' ' && *c < 0x7f, "the key holds a character that is not printable");
    const char *signer = expect_text(r, "/signing_public_key");
    expect(w,
           base64_decode(w->arena, BASE64_STANDARD, signer, strlen(signer), &raw) && raw.len == 32,
           "signing_public_key is not base64 of 32 bytes");
    struct own_node n = { .id = expect_text(r, "/node_id"), .nsk = key };
    accept(judged(mvp_beating(w, &n, zero_heartbeat())), 200);
    n.nsk = base64_encode(w->arena, BASE64_STANDARD, key, 32);
    accept(judged(mvp_beating(w, &n, zero_heartbeat())), 200); /* ruling 7: both texts */
}

CASE("MVP-017", .clauses = { "MVP-005" },
     .needs = { "mvp", "mesh", "registration", "bootstrap-tokens", "resources", "domains" },
     .budget_ms = BUDGET_MS, .title = "a peer's endpoint is where it was last seen")
{
    const char *domain = own_domain(w, 24), *project = own_project_in(w, domain);
    struct own_node first = own_node_in(w, project);
    json_t *seen = json_pack("{s:s, s:s, s:s}", "endpoint", "192.0.2.9:1234", "nat_type", "unknown",
                             "reported_at", timestamp_format(w->arena, world_now(w)));
    accept(put(w, path(w, "/v1/nodes/%s/endpoint", first.id), .bearer = first.nsk, .json = seen),
           200);
    struct reply *r = accept(judged(mvp_registering(w, fresh(w, project))), 201);
    expect_equal(r, "/peers/0/endpoint", "192.0.2.9:1234");
}
