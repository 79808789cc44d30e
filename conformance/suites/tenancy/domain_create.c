/* suites/tenancy/domain_create.c — CreateDomain. */
#include <string.h>

#include "common/json.h"
#include "common/text.h"
#include "suites/derived/derived.h"
#include "suites/tenancy/tenancy.h"

#define SUITE "tenancy"
#define NEEDS .needs = { "domains" }

static struct exchange *create(struct world *w, const json_t *body)
{
    return make(w, w->platform_manager, DOMAINS, body);
}

static void refuse_values(struct world *w, const json_t *body, const struct wrong *wrong,
                          const char *code)
{
    const struct attempt good = { make, w->platform_manager, DOMAINS, body, 201 };
    refuse_each(w, &good, wrong, 400, code);
}

/* The twin is the same body: had the denied one left a row, its slug and pool would be taken. */
CASE("DOM-001", .clauses = { "DOM-001" }, NEEDS,
     .title = "creating a Domain needs manage on the platform, and a denied create leaves nothing")
{
    const json_t *body = a_domain(w);
    const struct credential *const others[] = { w->nobody, w->domain_admin, w->platform_reader,
                                                w->platform_auditor };
    for (size_t i = 0; i < ARRAY_LEN(others); i++)
        refuse_permission(judged(make(w, others[i], DOMAINS, body)), NULL);
    accept(create(w, body), 201);
}

CASE("DOM-002", .clauses = { "DOM-002", "DOM-040" }, NEEDS,
     .title = "a created Domain is answered whole and with its Location")
{
    const json_t *body = text_but(w, text_but(w, a_domain(w), "description", "what it is for"),
                                  "region", "eu-central-1");
    struct reply *r = accept(judged(create(w, body)), 201);
    static const char *const sent[] = { "name", "slug", "description", "region", "mesh_cidr" };
    for (size_t i = 0; i < ARRAY_LEN(sent); i++)
        expect_equal(r, path(w, "/%s", sent[i]), json_text(body, sent[i]));
    expect_equal(r, "/updated_at", expect_text(r, "/created_at"));
    expect_header(r, "Location", domain_path(w, r->json));
    expect_unchanged(w, reply_header(r, "Location"), r->json);
}

CASE("DOM-003", .clauses = { "DOM-003" }, NEEDS, .title = "a slug is unique over all Domains")
{
    const json_t *first = a_domain(w), *second = a_domain(w);
    accept(create(w, first), 201);
    refuse(judged(create(w, text_but(w, second, "slug", json_text(first, "slug")))), 409,
           "domain_slug_conflict");
    accept(create(w, second), 201);
}

CASE("DOM-004", .clauses = { "DOM-004" }, NEEDS,
     .title = "the pools of two Domains share no address")
{
    const json_t *first = a_domain(w), *second = a_domain(w);
    const char *pool = json_text(first, "mesh_cidr");
    accept(create(w, first), 201);
    const char *const meeting[] = { pool, subnet(w, pool, 24, 3), subnet(w, pool, 32, 1) };
    for (size_t i = 0; i < ARRAY_LEN(meeting); i++)
        refuse(judged(create(w, text_but(w, second, "mesh_cidr", meeting[i]))), 409,
               "mesh_cidr_overlap");
    accept(create(w, second), 201);
}

/* A wider pool around a narrower one meets it too. */
CASE("DOM-004-b", .clauses = { "DOM-004" }, NEEDS,
     .title = "a pool around another Domain's pool meets it")
{
    const char *wide = world_cidr(w, 20);
    const json_t *inner = text_but(w, a_domain(w), "mesh_cidr", subnet(w, wide, 24, 7));
    const json_t *outer = text_but(w, a_domain(w), "mesh_cidr", wide);
    json_t *made = made_domain(w, inner);
    refuse(judged(create(w, outer)), 409, "mesh_cidr_overlap");
    accept(delete_(w, domain_path(w, made), .as = w->platform_manager), 204);
    accept(create(w, outer), 201);
}

CASE("DOM-005", .clauses = { "DOM-005" }, .needs = { "domains", "rulings" },
     .title = "a create that breaks both uniqueness rules hears of the slug")
{
    const json_t *first = a_domain(w), *second = a_domain(w);
    accept(create(w, first), 201);
    refuse(judged(create(w, first)), 409, "domain_slug_conflict");
    refuse(judged(create(w, text_but(w, first, "slug", json_text(second, "slug")))), 409,
           "mesh_cidr_overlap");
    accept(create(w, second), 201);
}

CASE("DOM-007", .clauses = { "DOM-007" }, .needs = { "domains", "audit" }, .budget_ms = 15000,
     .title = "a granted create leaves one entry domain.create on the platform's chain")
{
    const struct credential *maker = world_credential(w, "platform manage", NULL, NULL);
    const char *since = json_text(made_domain(w, a_domain(w)), "created_at");
    const json_t *body = a_domain(w);
    refuse(judged(make(w, maker, DOMAINS, text_but(w, body, "name", "   "))), 400,
           "invalid_domain");
    size_t before = chain_entries(w, "/v1/platform", "domain.create", maker, since);
    struct reply *made = accept(judged(make(w, maker, DOMAINS, body)), 201);
    size_t after = chain_entries(w, "/v1/platform", "domain.create", maker, since);
    expect(w, before == 0 && after == 1,
           "the maker has %zu entries after a refused and %zu after a granted create", before,
           after);
    const char *chain = domain_path(w, made->json);
    expect(w, chain_entries(w, chain, "domain.create", NULL, NULL) == 0,
           "the create stands on the Domain's own chain");
}

CASE("DOM-008", .clauses = { "DOM-008" }, NEEDS,
     .title = "a body of 8193 bytes is too large, one of 8192 is read")
{
    const json_t *body = a_domain(w);
    struct bytes over = padded(w, body, 8193), exactly = padded(w, body, 8192);
    refuse(judged(post(w, DOMAINS, .as = w->platform_manager, .raw = over)), 413,
           "request_body_too_large");
    accept(post(w, DOMAINS, .as = w->platform_manager, .raw = exactly), 201);
}

CASE("DOM-010", .clauses = { "DOM-010" }, .needs = { "domains", "rulings" },
     .title = "a create ignores members it does not know")
{
    const json_t *body = a_domain(w);
    struct reply *r = accept(judged(create(w, text_but(w, body, "colour", "green"))), 201);
    expect_equal(r, "/slug", json_text(body, "slug"));
    expect_absent(r, "/colour");
}

CASE("DOM-011", .clauses = { "DOM-011" }, .needs = { "domains", "rulings" },
     .title = "a create with a required member missing or of another type is no body")
{
    static const struct wrong wrong[] = {
        { "name", NULL },     { "slug", NULL },       { "mesh_cidr", NULL },
        { "name", "null" },   { "slug", "null" },     { "mesh_cidr", "null" },
        { "name", "7" },      { "slug", "[]" },       { "mesh_cidr", "{}" },
        { "region", "true" }, { "description", "1" }, { "reachability", "\"30s\"" },
        { NULL, NULL },
    };
    refuse_values(w, a_domain(w), wrong, "invalid_body");
}

CASE("DOM-012", .clauses = { "DOM-012" }, NEEDS,
     .title = "a name is 1 to 255 characters without surrounding white space")
{
    const json_t *body = a_domain(w);
    const struct wrong wrong[] = {
        { "name", "\"\"" }, { "name", "\"   \"" }, { "name", letters(w, 256) }, { NULL, NULL }
    };
    refuse_values(w, body, wrong, "invalid_domain");
    struct reply *r =
        accept(judged(create(w, text_but(w, a_domain(w), "name", "  Two words\t"))), 201);
    expect_equal(r, "/name", "Two words");
    char *longest = path(w, "%s", letters(w, 255) + 1);
    longest[255] = '\0';
    r = accept(judged(create(w, text_but(w, a_domain(w), "name", longest))), 201);
    expect_equal(r, "/name", longest);
}

CASE("DOM-013", .clauses = { "DOM-013" }, NEEDS,
     .title = "a slug is lower-case words joined by single dashes, 1 to 64 characters")
{
    const struct wrong wrong[] = {
        { "slug", "\"\"" },          { "slug", "\"Upper\"" },
        { "slug", "\"two words\"" }, { "slug", "\"-front\"" },
        { "slug", "\"back-\"" },     { "slug", "\"dou--ble\"" },
        { "slug", "\"under_s\"" },   { "slug", "\"\xc3\xa4\"" },
        { "slug", letters(w, 65) },  { NULL, NULL },
    };
    refuse_values(w, a_domain(w), wrong, "invalid_domain");
    const char *name = world_name(w, "long"), *fill = letters(w, 63) + 1;
    const char *longest = path(w, "%s-%.*s", name, (int)(63 - strlen(name)), fill);
    struct reply *r = accept(judged(create(w, text_but(w, a_domain(w), "slug", longest))), 201);
    expect_equal(r, "/slug", longest);
    expect(w, strlen(longest) == 64, "the longest slug has %zu characters", strlen(longest));
}

CASE("DOM-014", .clauses = { "DOM-014", "DOM-016" }, NEEDS,
     .title = "without a region there is no region member, without a description an empty one")
{
    struct reply *r = accept(judged(create(w, a_domain(w))), 201);
    expect_absent(r, "/region");
    expect_equal(r, "/description", "");
    r = accept(judged(create(w, text_but(w, a_domain(w), "region", "eu-1"))), 201);
    expect_equal(r, "/region", "eu-1");
}

CASE("DOM-015", .clauses = { "DOM-015" }, .needs = { "domains", "rulings" },
     .title = "an empty region leaves the Domain unpinned, in a create and in a patch")
{
    struct reply *r = accept(judged(create(w, text_but(w, a_domain(w), "region", ""))), 201);
    expect_absent(r, "/region");
    const char *where = domain_path(w, r->json);
    r = accept(judged(patch(w, where, .as = w->platform_manager,
                            .json = json_pack("{s:s}", "region", "eu-1"))),
               200);
    expect_equal(r, "/region", "eu-1");
    r = accept(judged(patch(w, where, .as = w->platform_manager,
                            .json = json_pack("{s:s}", "region", ""))),
               200);
    expect_absent(r, "/region");
}

CASE("DOM-016", .clauses = { "DOM-016" }, NEEDS,
     .title = "a description of white space only is refused")
{
    const json_t *body = text_but(w, a_domain(w), "description", " what it is for ");
    const struct wrong wrong[] = { { "description", "\"   \"" },
                                   { "description", "\"\\n\\t\"" },
                                   { "description", letters(w, 1025) },
                                   { NULL, NULL } };
    refuse_values(w, body, wrong, "invalid_domain");
}

CASE("DOM-017", .clauses = { "DOM-017" }, NEEDS, .title = "a pool with host bits is refused")
{
    const json_t *body = a_domain(w);
    const char *pool = json_text(body, "mesh_cidr");
    const char *second = subnet(w, pool, 32, 1);
    const char *address = arena_strndup(w->arena, second, strcspn(second, "/"));
    const struct wrong wrong[] = { { "mesh_cidr", path(w, "\"%s/22\"", address) },
                                   { "mesh_cidr", path(w, "\"%s/31\"", address) },
                                   { "mesh_cidr", "\"10.42.0.1/16\"" },
                                   { "mesh_cidr", "\"fd00::1/64\"" },
                                   { NULL, NULL } };
    refuse_values(w, body, wrong, "invalid_domain");
}

CASE("DOM-018", .clauses = { "DOM-018" }, NEEDS,
     .title = "a pool that looks like a range and is none is refused")
{
    static const struct wrong wrong[] = {
        { "mesh_cidr", "\"999.1.1.1/8\"" },
        { "mesh_cidr", "\"10.0.0.256/32\"" },
        { "mesh_cidr", "\"10.0.0.0/33\"" },
        { "mesh_cidr", "\"10.0.0.0/99\"" },
        { "mesh_cidr", "\"fd00::/129\"" },
        { "mesh_cidr", "\"fd00::::/64\"" },
        { "mesh_cidr", "\"12345::/16\"" },
        { "mesh_cidr", "\"10.0.0.0\"" },
        { "mesh_cidr", "\"\"" },
        { "mesh_cidr", "\"everything\"" },
        { NULL, NULL },
    };
    refuse_values(w, a_domain(w), wrong, "invalid_domain");
}

static json_t *policy(const char *heartbeat, const char *stale, const char *unreachable)
{
    return json_pack("{s:s, s:s, s:s}", "heartbeat_interval", heartbeat, "stale_after", stale,
                     "unreachable_after", unreachable);
}

static void expect_policy(struct reply *r, const char *heartbeat, const char *stale,
                          const char *unreachable)
{
    expect_equal(r, "/reachability/heartbeat_interval", heartbeat);
    expect_equal(r, "/reachability/stale_after", stale);
    expect_equal(r, "/reachability/unreachable_after", unreachable);
}

CASE("DOM-019", .clauses = { "DOM-019" }, .needs = { "domains", "rulings" },
     .title = "no policy, or one of zeros, is the default")
{
    expect_policy(accept(judged(create(w, a_domain(w))), 201), "30s", "90s", "300s");
    const json_t *zeros = but(w, a_domain(w), "reachability", policy("0s", "0s", "0s"));
    expect_policy(accept(judged(create(w, zeros)), 201), "30s", "90s", "300s");
}

#define POLICY(h, s, u)                                                                            \
    {                                                                                              \
        "reachability", "{\"heartbeat_interval\":\"" h "\",\"stale_after\":\"" s                   \
                        "\",\"unreachable_after\":\"" u "\"}"                                      \
    }

CASE("DOM-020", .clauses = { "DOM-020" }, NEEDS,
     .title = "a policy of which only a part is set is refused")
{
    static const struct wrong wrong[] = {
        POLICY("30s", "0s", "0s"),
        POLICY("0s", "90s", "300s"),
        POLICY("30s", "90s", "0s"),
        { "reachability", "{\"heartbeat_interval\":\"30s\"}" },
        { "reachability", "{\"stale_after\":\"90s\",\"unreachable_after\":\"300s\"}" },
        { NULL, NULL },
    };
    refuse_values(w, but(w, a_domain(w), "reachability", policy("30s", "90s", "300s")), wrong,
                  "invalid_reachability_policy");
}

CASE("DOM-021", .clauses = { "DOM-021" }, .needs = { "domains", "rulings" },
     .title = "a policy outside its bounds or ratios, or of no durations, is refused")
{
    static const struct wrong wrong[] = {
        POLICY("9s", "30s", "60s"),
        POLICY("9.999s", "30s", "60s"),
        POLICY("10s", "29s", "60s"),
        POLICY("10s", "30s", "59s"),
        POLICY("10s", "30s", "3601s"),
        POLICY("30s", "90s", "1h1s"),
        POLICY("-10s", "-30s", "-60s"),
        POLICY("soon", "30s", "60s"),
        POLICY("10", "30", "60"),
        POLICY("10s", "30s", ""),
        POLICY("10s", "30s", "99999999999999999999h"),
        { NULL, NULL },
    };
    refuse_values(w, but(w, a_domain(w), "reachability", policy("10s", "30s", "1h")), wrong,
                  "invalid_reachability_policy");
}

CASE("DOM-022", .clauses = { "DOM-022" }, .needs = { "domains", "rulings" },
     .title = "thresholds of whole seconds are answered in seconds")
{
    const json_t *body = but(w, a_domain(w), "reachability", policy("1m", "3m0s", "0h10m"));
    expect_policy(accept(judged(create(w, body)), 201), "60s", "180s", "600s");
}

CASE("DOM-023", .clauses = { "DOM-023" }, NEEDS, .title = "the smallest lawful policy is accepted")
{
    const json_t *least = but(w, a_domain(w), "reachability", policy("10s", "30s", "60s"));
    struct reply *r = accept(judged(create(w, least)), 201);
    expect_text(r, "/reachability/heartbeat_interval");
    refuse(create(w, but(w, a_domain(w), "reachability", policy("5s", "30s", "60s"))), 400,
           "invalid_reachability_policy");
}

CASE("DOM-048", .clauses = { "DOM-048" }, .needs = { "domains", "rulings" },
     .title = "a patch with three zeros puts the default policy in place")
{
    const json_t *body = but(w, a_domain(w), "reachability", policy("10s", "30s", "60s"));
    struct reply *made = accept(judged(create(w, body)), 201);
    expect_policy(made, "10s", "30s", "60s");
    json_t *zeros = json_pack("{s:o}", "reachability", policy("0s", "0s", "0s"));
    struct reply *r = accept(judged(patch(w, domain_path(w, made->json), .as = w->platform_manager,
                                          .json = zeros)),
                             200);
    expect_policy(r, "30s", "90s", "300s");
}
