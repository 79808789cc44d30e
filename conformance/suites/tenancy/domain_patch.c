/* suites/tenancy/domain_patch.c — PatchDomain. */
#include "common/json.h"
#include "common/text.h"
#include "common/timestamp.h"
#include "suites/tenancy/tenancy.h"

#define SUITE "tenancy"
#define NEEDS .needs = { "domains" }

static struct exchange *patch_as_manager(struct world *w, const char *where, json_t *body)
{
    return patch(w, where, .as = w->platform_manager, .json = body);
}

CASE("DOM-029", .clauses = { "DOM-029" }, NEEDS,
     .title = "a patch that names the slug is refused, whatever its value, and changes nothing")
{
    json_t *made = made_domain(w, a_domain(w));
    const char *where = domain_path(w, made), *slug = json_text(made, "slug");
    json_t *const wrong[] = {
        json_pack("{s:s}", "slug", slug),
        json_pack("{s:s}", "slug", "another-slug"),
        json_pack("{s:n}", "slug"),
        json_pack("{s:s, s:s}", "name", "renamed", "slug", slug),
        json_pack("{s:s, s:s}", "slug", slug, "unknown", "member"),
    };
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
        refuse(judged(patch_as_manager(w, where, wrong[i])), 400, "slug_immutable");
    expect_unchanged(w, where, made);
    accept(patch_as_manager(w, where, json_pack("{s:s}", "name", "renamed")), 200);
}

CASE("DOM-030", .clauses = { "DOM-030" }, NEEDS, .title = "a patch that sets nothing is refused")
{
    json_t *made = made_domain(w, a_domain(w));
    refuse(judged(patch_as_manager(w, domain_path(w, made), json_object())), 400, "empty_patch");
    expect_unchanged(w, domain_path(w, made), made);
    accept(patch_as_manager(w, domain_path(w, made), json_pack("{s:s}", "name", "renamed")), 200);
}

CASE("DOM-031", .clauses = { "DOM-031" }, NEEDS,
     .title = "a patch with a member it does not know, or of another type, is no body")
{
    json_t *made = made_domain(w, a_domain(w));
    const char *where = domain_path(w, made);
    const struct attempt good = { change, w->platform_manager, where,
                                  json_own(w->arena, json_pack("{s:s}", "name", "renamed")), 200 };
    static const struct wrong wrong[] = { { "colour", "\"green\"" },
                                          { "id", "\"x\"" },
                                          { "created_at", "\"2026-01-01T00:00:00Z\"" },
                                          { "name", "7" },
                                          { "reachability", "[]" },
                                          { NULL, NULL } };
    refuse_each(w, &good, wrong, 400, "invalid_body");
}

CASE("DOM-032", .clauses = { "DOM-032" }, NEEDS,
     .title = "a patch changes what it names, keeps created_at and moves updated_at on")
{
    json_t *before = made_domain(w, a_domain(w));
    const char *where = domain_path(w, before);
    static const struct {
        const char *member, *value;
    } changes[] = { { "name", "renamed" },
                    { "description", "for something else" },
                    { "region", "eu-west-3" } };
    for (size_t i = 0; i < ARRAY_LEN(changes); i++) {
        int64_t then, now;
        json_t *body = json_pack("{s:s}", changes[i].member, changes[i].value);
        struct reply *r = accept(judged(patch_as_manager(w, where, body)), 200);
        expect_equal(r, path(w, "/%s", changes[i].member), changes[i].value);
        expect_same_but(w, before, r->json, changes[i].member);
        expect(w,
               timestamp_parse(json_text(before, "updated_at"), &then) &&
                   timestamp_parse(expect_text(r, "/updated_at"), &now) && then < now,
               "updated_at was %s and is %s", json_text(before, "updated_at"),
               expect_text(r, "/updated_at"));
        before = r->json;
    }
    expect_unchanged(w, where, before);
}

CASE("DOM-032-b", .clauses = { "DOM-032", "DOM-012", "DOM-018", "DOM-020" }, NEEDS,
     .title = "a patch judges its values like a create, and a refused one changes nothing")
{
    json_t *made = made_domain(w, a_domain(w));
    const char *where = domain_path(w, made);
    const struct {
        json_t *body;
        const char *code;
    } wrong[] = {
        { json_pack("{s:s}", "name", "   "), "invalid_domain" },
        { json_pack("{s:s}", "description", "  "), "invalid_domain" },
        { json_pack("{s:s}", "region", "Not Kebab"), "invalid_domain" },
        { json_pack("{s:s}", "mesh_cidr", "999.1.1.1/8"), "invalid_domain" },
        { json_pack("{s:s}", "mesh_cidr", "10.42.0.1/16"), "invalid_domain" },
        { json_pack("{s:s, s:s}", "name", "renamed", "region", "-"), "invalid_domain" },
        { json_pack("{s:{s:s, s:s, s:s}}", "reachability", "heartbeat_interval", "30s",
                    "stale_after", "0s", "unreachable_after", "0s"),
          "invalid_reachability_policy" },
    };
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
        refuse(judged(patch_as_manager(w, where, wrong[i].body)), 400, wrong[i].code);
    expect_unchanged(w, where, made);
    accept(patch_as_manager(w, where, json_pack("{s:s}", "mesh_cidr", world_cidr(w, 22))), 200);
}

/* A Domain and a Project that reserves the last quarter of its pool. */
static json_t *reserve(struct world *w, const json_t *domain)
{
    const char *pool = json_text(domain, "mesh_cidr");
    return made_project(w, text_but(w, a_project(w, json_text(domain, "id")), "sub_range_cidr",
                                    subnet(w, pool, 24, 3)));
}

CASE("DOM-033", .clauses = { "DOM-033" }, .needs = { "domains", "projects" },
     .title = "a pool that would leave out a Project's sub-range is refused and names the Project")
{
    json_t *made = made_domain(w, a_domain(w));
    const char *where = domain_path(w, made), *pool = json_text(made, "mesh_cidr");
    json_t *project = reserve(w, made);
    const char *const stranding[] = { subnet(w, pool, 24, 0), subnet(w, pool, 23, 0),
                                      subnet(w, pool, 25, 7), world_cidr(w, 22) };
    for (size_t i = 0; i < ARRAY_LEN(stranding); i++) {
        struct reply *r =
            refuse(judged(
                       patch_as_manager(w, where, json_pack("{s:s}", "mesh_cidr", stranding[i]))),
                   422, "mesh_cidr_invalidates_subrange");
        expect(w, text_contains(expect_text(r, "/detail"), json_text(project, "id")),
               "the detail does not name the Project: %s", expect_text(r, "/detail"));
    }
    expect_unchanged(w, where, made);
    json_t *narrow = json_pack("{s:s}", "mesh_cidr", subnet(w, pool, 23, 1));
    struct reply *r = accept(patch_as_manager(w, where, narrow), 200);
    expect_equal(r, "/mesh_cidr", subnet(w, pool, 23, 1));
}

CASE(
    "DOM-034", .clauses = { "DOM-034" }, .needs = { "domains", "projects", "rulings" },
    .title = "a pool that meets another Domain's and strands a sub-range hears of the other Domain")
{
    json_t *made = made_domain(w, a_domain(w)), *other = made_domain(w, a_domain(w));
    const char *where = domain_path(w, made);
    reserve(w, made);
    json_t *taken = json_pack("{s:s}", "mesh_cidr", json_text(other, "mesh_cidr"));
    refuse(judged(patch_as_manager(w, where, taken)), 409, "mesh_cidr_overlap");
    json_t *freely = json_pack("{s:s}", "mesh_cidr", world_cidr(w, 22));
    refuse(judged(patch_as_manager(w, where, freely)), 422, "mesh_cidr_invalidates_subrange");
    expect_unchanged(w, where, made);
}

CASE("DOM-045", .clauses = { "DOM-045" }, NEEDS,
     .title = "a patch onto another Domain's pool is refused and changes nothing")
{
    json_t *made = made_domain(w, a_domain(w)), *other = made_domain(w, a_domain(w));
    const char *where = domain_path(w, made), *taken = json_text(other, "mesh_cidr");
    const char *const meeting[] = { taken, subnet(w, taken, 24, 2) };
    for (size_t i = 0; i < ARRAY_LEN(meeting); i++)
        refuse(judged(patch_as_manager(
                   w, where, json_pack("{s:s, s:s}", "name", "renamed", "mesh_cidr", meeting[i]))),
               409, "mesh_cidr_overlap");
    expect_unchanged(w, where, made);
    const char *own = subnet(w, json_text(made, "mesh_cidr"), 23, 0);
    struct reply *r =
        accept(judged(patch_as_manager(w, where, json_pack("{s:s}", "mesh_cidr", own))), 200);
    expect_equal(r, "/mesh_cidr", own);
}

CASE("DOM-046", .clauses = { "DOM-046" }, NEEDS,
     .title = "a patch with an empty description clears it")
{
    json_t *made = made_domain(w, text_but(w, a_domain(w), "description", "what it is for"));
    struct reply *r = accept(judged(patch_as_manager(w, domain_path(w, made),
                                                     json_pack("{s:s}", "description", ""))),
                             200);
    expect_equal(r, "/description", "");
    expect_unchanged(w, domain_path(w, made), r->json);
}

CASE("DOM-049", .clauses = { "DOM-049" }, .needs = { "domains", "audit", "rulings" },
     .budget_ms = 15000,
     .title = "a granted patch stands on the Domain's chain, a granted delete on the platform's")
{
    const struct credential *manager = world_credential(w, "platform manage", NULL, NULL);
    json_t *made = made_domain(w, a_domain(w));
    const char *where = domain_path(w, made);
    json_t *body = json_own(w->arena, json_pack("{s:s}", "name", "renamed"));
    refuse_permission(judged(change(w, w->nobody, where, body)), NULL);
    expect(w, chain_entries(w, where, "domain.patch", NULL, NULL) == 0,
           "a denied patch counts as granted");
    accept(judged(change(w, manager, where, body)), 200);
    expect(w, chain_entries(w, where, "domain.patch", manager, NULL) == 1,
           "a granted patch did not leave one entry domain.patch");
    accept(judged(delete_(w, where, .as = manager)), 204);
    expect(w,
           chain_entries(w, "/v1/platform", "domain.delete", manager,
                         json_text(made, "created_at")) == 1,
           "a granted delete did not leave one entry domain.delete on the platform's chain");
    refuse(judged(get(w, where, .as = manager)), 404, "domain_not_found");
}

CASE("DOM-050", .clauses = { "DOM-050" },
     .needs = { "domains", "projects", "registration", "bootstrap-tokens", "rulings" },
     .budget_ms = 15000, .title = "the addresses of Nodes do not hinder a change of the pool")
{
    json_t *made = made_domain(w, a_domain(w));
    json_t *project = world_new_project(w, json_text(made, "id"));
    world_new_node(w, json_text(project, "id"));
    const char *pool = world_cidr(w, 22);
    struct reply *r = accept(judged(patch_as_manager(w, domain_path(w, made),
                                                     json_pack("{s:s}", "mesh_cidr", pool))),
                             200);
    expect_equal(r, "/mesh_cidr", pool);
}
