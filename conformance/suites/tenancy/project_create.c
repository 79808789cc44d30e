/* suites/tenancy/project_create.c — CreateProject. */
#include <string.h>

#include "common/json.h"
#include "common/text.h"
#include "suites/derived/derived.h"
#include "suites/tenancy/tenancy.h"

#define SUITE "tenancy"
#define NEEDS .needs = { "projects", "domains" }
#define RULED .needs = { "projects", "domains", "rulings" }

static struct exchange *create(struct world *w, const json_t *body)
{
    return make(w, w->platform_manager, PROJECTS, body);
}

static void refuse_values(struct world *w, const json_t *body, const struct wrong *wrong,
                          const char *code)
{
    const struct attempt good = { make, w->domain_admin, PROJECTS, body, 201 };
    refuse_each(w, &good, wrong, 400, code);
}

/* The twin is the same body: had a denied one left a row, its slug and range would be taken. */
CASE("PRJ-001", .clauses = { "PRJ-001" }, NEEDS,
     .title = "creating a Project needs manage on its Domain, and a denied create leaves nothing")
{
    const json_t *body = a_project(w, w->domain_id);
    const struct credential *const others[] = { w->nobody,        w->foreign_admin,
                                                w->domain_member, w->domain_auditor,
                                                w->project_admin, w->platform_reader };
    for (size_t i = 0; i < ARRAY_LEN(others); i++)
        refuse_permission(judged(make(w, others[i], PROJECTS, body)), NULL);
    accept(make(w, w->domain_admin, PROJECTS, body), 201);
}

CASE("PRJ-002", .clauses = { "PRJ-002", "ORD-003" }, NEEDS,
     .title = "the body is decoded before permission is asked")
{
    refuse(judged(post(w, PROJECTS, .as = w->nobody, .raw = BYTES_OF_TEXT("{\"domain_id\":"))), 400,
           "invalid_body");
    refuse(judged(post(w, PROJECTS, .as = w->nobody, .json = json_array())), 400, "invalid_body");
    refuse_permission(judged(make(w, w->nobody, PROJECTS, a_project(w, w->domain_id))),
                      "out_of_scope");
    accept(make(w, w->domain_admin, PROJECTS, a_project(w, w->domain_id)), 201);
}

CASE("PRJ-003", .clauses = { "PRJ-003" }, NEEDS,
     .title = "permission is asked before the values are judged")
{
    const json_t *body = text_but(w, a_project(w, w->domain_id), "slug", "No Kebab");
    refuse_permission(judged(make(w, w->nobody, PROJECTS, body)), "out_of_scope");
    refuse(judged(make(w, w->domain_admin, PROJECTS, body)), 400, "invalid_project");
}

CASE("PRJ-004", .clauses = { "PRJ-004", "PRJ-043" }, NEEDS,
     .title = "a created Project is answered whole and with its Location")
{
    json_t *domain = made_domain(w, a_domain(w));
    const char *range = subnet(w, json_text(domain, "mesh_cidr"), 24, 1);
    const json_t *body = text_but(w,
                                  text_but(w, a_project(w, json_text(domain, "id")), "description",
                                           "what it is for"),
                                  "sub_range_cidr", range);
    struct reply *r = accept(judged(create(w, body)), 201);
    static const char *const sent[] = { "domain_id", "name", "slug", "description",
                                        "sub_range_cidr" };
    for (size_t i = 0; i < ARRAY_LEN(sent); i++)
        expect_equal(r, path(w, "/%s", sent[i]), json_text(body, sent[i]));
    expect_equal(r, "/updated_at", expect_text(r, "/created_at"));
    expect_header(r, "Location", project_path(w, r->json));
    expect_unchanged(w, reply_header(r, "Location"), r->json);
}

CASE("PRJ-005", .clauses = { "PRJ-005" }, RULED,
     .title = "a new Project lies below its Domain for everybody at once")
{
    struct reply *made =
        accept(judged(make(w, w->domain_admin, PROJECTS, a_project(w, w->domain_id))), 201);
    const char *where = project_path(w, made->json);
    struct reply *r = accept(judged(get(w, where, .as = w->domain_member)), 200);
    expect_equal(r, "/id", json_text(made->json, "id"));
    refuse_permission(judged(patch(w, where, .as = w->domain_member,
                                   .json = json_pack("{s:s}", "name", "renamed"))),
                      "insufficient_relation");
    refuse_permission(judged(get(w, where, .as = w->foreign_admin)), "out_of_scope");
    r = accept(judged(patch(w, where, .as = w->domain_admin,
                            .json = json_pack("{s:s}", "name", "renamed"))),
               200);
    expect_equal(r, "/name", "renamed");
}

CASE("PRJ-006", .clauses = { "PRJ-006" }, RULED,
     .title = "a create ignores members it does not know")
{
    const json_t *body = a_project(w, w->domain_id);
    struct reply *r = accept(judged(create(w, text_but(w, body, "colour", "green"))), 201);
    expect_equal(r, "/slug", json_text(body, "slug"));
    expect_absent(r, "/colour");
}

CASE("PRJ-007", .clauses = { "PRJ-007" }, RULED,
     .title = "a domain_id that is no UUID is no body; the nil UUID is no Project's Domain")
{
    const json_t *body = a_project(w, w->domain_id);
    static const struct wrong wrong[] = { { "domain_id", "\"zz\"" },
                                          { "domain_id", "\"\"" },
                                          { NULL, NULL } };
    refuse(judged(create(w, text_but(w, body, "domain_id", NIL_UUID))), 400, "invalid_project");
    refuse_values(w, body, wrong, "invalid_body");
}

CASE("PRJ-008", .clauses = { "PRJ-008" }, NEEDS,
     .title = "an unknown Domain is 409 to a caller of the platform and 403 to everyone else")
{
    const json_t *body = a_project(w, unknown_id(w));
    refuse_permission(judged(make(w, w->nobody, PROJECTS, body)), NULL);
    refuse_permission(judged(make(w, w->domain_admin, PROJECTS, body)), "out_of_scope");
    refuse(judged(create(w, body)), 409, "parent_domain_missing");
    accept(create(w, text_but(w, body, "domain_id", w->domain_id)), 201);
}

/* The denial of an unknown Domain is the denial of a foreign one (ORD-002, for an object of the
 * body). */
CASE("PRJ-008-b", .clauses = { "PRJ-008", "ORD-002", "DOM-041" }, NEEDS,
     .title = "a create below an unknown Domain is denied like one below a foreign Domain")
{
    const json_t *body = a_project(w, w->domain_id);
    struct reply *known =
        refuse_permission(judged(make(w, w->foreign_admin, PROJECTS, body)), NULL);
    struct reply *unknown =
        refuse_permission(judged(make(w, w->foreign_admin, PROJECTS,
                                      text_but(w, body, "domain_id", unknown_id(w)))),
                          NULL);
    static const char *const same[] = { "/type", "/title", "/detail", "/reason" };
    for (size_t i = 0; i < ARRAY_LEN(same); i++)
        expect_equal(unknown, same[i], expect_text(known, same[i]));
    accept(make(w, w->domain_admin, PROJECTS, body), 201);
}

CASE("PRJ-009", .clauses = { "PRJ-009" }, NEEDS,
     .title = "a slug is unique within its Domain and free in another")
{
    const json_t *first = a_project(w, w->domain_id), *second = a_project(w, w->domain_id);
    const char *slug = json_text(first, "slug");
    accept(create(w, first), 201);
    refuse(judged(create(w, text_but(w, second, "slug", slug))), 409, "project_slug_conflict");
    json_t *elsewhere = text_but(w, a_project(w, w->foreign_domain_id), "slug", slug);
    struct reply *r = accept(judged(create(w, elsewhere)), 201);
    expect_equal(r, "/slug", slug);
    expect_equal(r, "/domain_id", w->foreign_domain_id);
    accept(create(w, second), 201);
}

CASE("PRJ-010", .clauses = { "PRJ-010" }, NEEDS,
     .title = "a name is 1 to 255 characters without surrounding white space")
{
    const struct wrong wrong[] = {
        { "name", "\"\"" }, { "name", "\"   \"" }, { "name", letters(w, 256) }, { NULL, NULL }
    };
    refuse_values(w, a_project(w, w->domain_id), wrong, "invalid_project");
    const json_t *spaced = text_but(w, a_project(w, w->domain_id), "name", "  Two words\t");
    expect_equal(accept(judged(create(w, spaced)), 201), "/name", "Two words");
}

CASE("PRJ-011", .clauses = { "PRJ-011" }, NEEDS,
     .title = "a slug is lower-case words joined by single dashes, 1 to 64 characters")
{
    const struct wrong wrong[] = {
        { "slug", "\"\"" },        { "slug", "\"Upper\"" },    { "slug", "\"two words\"" },
        { "slug", "\"-front\"" },  { "slug", "\"back-\"" },    { "slug", "\"dou--ble\"" },
        { "slug", "\"under_s\"" }, { "slug", letters(w, 65) }, { NULL, NULL },
    };
    refuse_values(w, a_project(w, w->domain_id), wrong, "invalid_project");
}

CASE(
    "PRJ-012", .clauses = { "PRJ-012", "PRJ-020" }, NEEDS,
    .title = "without a reservation there is no sub_range_cidr, without a description an empty one")
{
    struct reply *r = accept(judged(create(w, a_project(w, w->domain_id))), 201);
    expect_absent(r, "/sub_range_cidr");
    expect_equal(r, "/description", "");
    expect_unchanged(w, project_path(w, r->json), r->json);
}

/* In a Domain of this case's own, whose pool is known. */
static json_t *ranged(struct world *w, const json_t *domain, int prefix_len, unsigned index)
{
    return text_but(w, a_project(w, json_text(domain, "id")), "sub_range_cidr",
                    subnet(w, json_text(domain, "mesh_cidr"), prefix_len, index));
}

CASE("PRJ-013", .clauses = { "PRJ-013" }, NEEDS,
     .title = "a sub-range that is no canonical address range is refused")
{
    json_t *domain = made_domain(w, a_domain(w));
    const char *second = subnet(w, json_text(domain, "mesh_cidr"), 32, 1);
    const char *address = arena_strndup(w->arena, second, strcspn(second, "/"));
    const struct wrong wrong[] = { { "sub_range_cidr", path(w, "\"%s/24\"", address) },
                                   { "sub_range_cidr", path(w, "\"%s/33\"", address) },
                                   { "sub_range_cidr", path(w, "\"%s\"", address) },
                                   { "sub_range_cidr", "\"999.1.1.1/8\"" },
                                   { "sub_range_cidr", "\"everything\"" },
                                   { NULL, NULL } };
    const struct attempt good = { make, w->platform_manager, PROJECTS, ranged(w, domain, 24, 0),
                                  201 };
    refuse_each(w, &good, wrong, 400, "invalid_project");
}

CASE("PRJ-014", .clauses = { "PRJ-014" }, RULED,
     .title = "a sub-range outside the Domain's pool is refused, in a create and in a patch")
{
    json_t *domain = made_domain(w, a_domain(w));
    const char *pool = json_text(domain, "mesh_cidr");
    const char *around = path(w, "%.*s/21", (int)strcspn(pool, "/"), pool);
    const json_t *good = ranged(w, domain, 24, 0);
    const char *const outside[] = { world_cidr(w, 24), "fd00:7::/64", subnet(w, pool, 24, 4),
                                    around };
    json_t *made = made_project(w, a_project(w, json_text(domain, "id")));
    for (size_t i = 0; i < ARRAY_LEN(outside); i++) {
        refuse(judged(create(w, text_but(w, good, "sub_range_cidr", outside[i]))), 400,
               "invalid_project");
        refuse(judged(patch(w, project_path(w, made), .as = w->platform_manager,
                            .json = json_pack("{s:s}", "sub_range_cidr", outside[i]))),
               400, "invalid_project");
    }
    expect_unchanged(w, project_path(w, made), made);
    accept(create(w, good), 201);
}

CASE("PRJ-015", .clauses = { "PRJ-015" }, NEEDS, .title = "two Projects of a Domain share no range")
{
    json_t *domain = made_domain(w, a_domain(w));
    const json_t *second = ranged(w, domain, 24, 2);
    accept(create(w, ranged(w, domain, 24, 1)), 201);
    const struct {
        int prefix_len;
        unsigned index;
    } meeting[] = { { 24, 1 }, { 25, 3 }, { 23, 0 }, { 22, 0 } };
    for (size_t i = 0; i < ARRAY_LEN(meeting); i++) {
        const char *range =
            subnet(w, json_text(domain, "mesh_cidr"), meeting[i].prefix_len, meeting[i].index);
        refuse(judged(create(w, text_but(w, second, "sub_range_cidr", range))), 409,
               "sub_range_overlap");
    }
    accept(create(w, second), 201); /* its slug is free: no refused create left a Project */
}

CASE("PRJ-016", .clauses = { "PRJ-016" }, RULED,
     .title = "a create that breaks both uniqueness rules hears of the slug")
{
    json_t *domain = made_domain(w, a_domain(w));
    const json_t *first = ranged(w, domain, 24, 1), *other = a_project(w, json_text(domain, "id"));
    accept(create(w, first), 201);
    refuse(judged(create(w, first)), 409, "project_slug_conflict");
    refuse(judged(create(w, text_but(w, first, "slug", json_text(other, "slug")))), 409,
           "sub_range_overlap");
    accept(create(w, other), 201);
}

CASE("PRJ-017", .clauses = { "PRJ-017" }, .needs = { "projects", "domains", "audit" },
     .title = "a granted create leaves one entry project.create on the Domain's chain")
{
    json_t *domain = made_domain(w, a_domain(w));
    const char *chain = domain_path(w, domain);
    const json_t *body = a_project(w, json_text(domain, "id"));
    refuse_permission(judged(make(w, w->nobody, PROJECTS, body)), NULL);
    refuse(judged(create(w, text_but(w, body, "slug", "No Kebab"))), 400, "invalid_project");
    size_t before = chain_entries(w, chain, "project.create", NULL, NULL);
    struct reply *made = accept(judged(create(w, body)), 201);
    expect_equal(made, "/slug", json_text(body, "slug"));
    size_t after = chain_entries(w, chain, "project.create", w->platform_manager, NULL);
    expect(w, before == 0 && after == 1, "%zu entries before the granted create and %zu after it",
           before, after);
}

CASE("PRJ-018", .clauses = { "PRJ-018" }, NEEDS,
     .title = "a body of 8193 bytes is too large, one of 8192 is read")
{
    const json_t *body = a_project(w, w->domain_id);
    struct bytes over = padded(w, body, 8193), exactly = padded(w, body, 8192);
    refuse(judged(post(w, PROJECTS, .as = w->domain_admin, .raw = over)), 413,
           "request_body_too_large");
    accept(post(w, PROJECTS, .as = w->domain_admin, .raw = exactly), 201);
}

CASE("PRJ-019", .clauses = { "PRJ-019" }, RULED,
     .title = "a create with a required member missing or of another type is no body")
{
    static const struct wrong wrong[] = {
        { "domain_id", NULL },
        { "name", NULL },
        { "slug", NULL },
        { "domain_id", "null" },
        { "name", "null" },
        { "slug", "null" },
        { "domain_id", "7" },
        { "name", "{}" },
        { "slug", "[]" },
        { "description", "1" },
        { "sub_range_cidr", "true" },
        { NULL, NULL },
    };
    refuse_values(w, a_project(w, w->domain_id), wrong, "invalid_body");
}

CASE("PRJ-020", .clauses = { "PRJ-020" }, NEEDS,
     .title = "a description of white space only is refused, and an empty one clears it")
{
    const json_t *body = text_but(w, a_project(w, w->domain_id), "description", "what it is for");
    const struct wrong wrong[] = { { "description", "\"   \"" },
                                   { "description", letters(w, 1025) },
                                   { NULL, NULL } };
    refuse_values(w, body, wrong, "invalid_project");
    json_t *made = made_project(w, text_but(w, body, "slug", world_name(w, "described")));
    struct reply *r = accept(judged(patch(w, project_path(w, made), .as = w->platform_manager,
                                          .json = json_pack("{s:s}", "description", ""))),
                             200);
    expect_equal(r, "/description", "");
    refuse(judged(patch(w, project_path(w, made), .as = w->platform_manager,
                        .json = json_pack("{s:s}", "description", "  "))),
           400, "invalid_project");
}
