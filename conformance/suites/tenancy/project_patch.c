/* suites/tenancy/project_patch.c — PatchProject. */
#include "common/json.h"
#include "common/text.h"
#include "common/timestamp.h"
#include "suites/tenancy/tenancy.h"

#define SUITE "tenancy"
#define NEEDS .needs = { "projects", "domains" }
#define RULED .needs = { "projects", "domains", "rulings" }

static struct exchange *patch_as_manager(struct world *w, const json_t *project, json_t *body)
{
    return patch(w, project_path(w, project), .as = w->platform_manager, .json = body);
}

static json_t *range_body(const char *range)
{
    return json_pack("{s:s}", "sub_range_cidr", range);
}

static json_t *release_body(void)
{
    return json_pack("{s:b}", "release_sub_range", 1);
}

/* A Project with the `index`th quarter of the Domain's pool. */
static json_t *with_range(struct world *w, const json_t *domain, unsigned index)
{
    return made_project(w, text_but(w, a_project(w, json_text(domain, "id")), "sub_range_cidr",
                                    subnet(w, json_text(domain, "mesh_cidr"), 24, index)));
}

static const char *quarter(struct world *w, const json_t *domain, unsigned index)
{
    return subnet(w, json_text(domain, "mesh_cidr"), 24, index);
}

CASE("PRJ-026", .clauses = { "PRJ-026" }, NEEDS,
     .title = "a patch that names the slug is refused, whatever its value, and changes nothing")
{
    json_t *made = made_project(w, a_project(w, w->domain_id));
    const char *slug = json_text(made, "slug");
    json_t *const wrong[] = {
        json_pack("{s:s}", "slug", slug),
        json_pack("{s:n}", "slug"),
        json_pack("{s:s, s:s}", "name", "renamed", "slug", slug),
        json_pack("{s:s, s:s}", "slug", "another", "unknown", "member"),
    };
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
        refuse(judged(patch_as_manager(w, made, wrong[i])), 400, "slug_immutable");
    expect_unchanged(w, project_path(w, made), made);
    accept(patch_as_manager(w, made, json_pack("{s:s}", "name", "renamed")), 200);
}

CASE("PRJ-027", .clauses = { "PRJ-027" }, NEEDS,
     .title = "a patch with domain_id, or another member it does not know, is no body")
{
    json_t *made = made_project(w, a_project(w, w->domain_id));
    const struct wrong wrong[] = {
        { "domain_id", path(w, "\"%s\"", w->domain_id) },
        { "domain_id", path(w, "\"%s\"", w->foreign_domain_id) },
        { "colour", "\"green\"" },
        { "release_sub_range", "\"yes\"" },
        { "name", "7" },
        { NULL, NULL },
    };
    const struct attempt good = { change, w->platform_manager, project_path(w, made),
                                  json_own(w->arena, json_pack("{s:s}", "name", "renamed")), 200 };
    refuse_each(w, &good, wrong, 400, "invalid_body");
}

CASE("PRJ-028", .clauses = { "PRJ-028" }, RULED, .title = "release_sub_range false says nothing")
{
    json_t *domain = made_domain(w, a_domain(w));
    json_t *made = with_range(w, domain, 0);
    refuse(judged(patch_as_manager(w, made, json_pack("{s:b}", "release_sub_range", 0))), 400,
           "empty_patch");
    expect_unchanged(w, project_path(w, made), made);
    struct reply *r =
        accept(judged(patch_as_manager(w, made,
                                       json_pack("{s:b, s:s}", "release_sub_range", 0,
                                                 "sub_range_cidr", quarter(w, domain, 1)))),
               200);
    expect_equal(r, "/sub_range_cidr", quarter(w, domain, 1));
}

CASE("PRJ-029", .clauses = { "PRJ-029" }, NEEDS, .title = "a patch that sets nothing is refused")
{
    json_t *made = made_project(w, a_project(w, w->domain_id));
    refuse(judged(patch_as_manager(w, made, json_object())), 400, "empty_patch");
    expect_unchanged(w, project_path(w, made), made);
    accept(patch_as_manager(w, made, json_pack("{s:s}", "name", "renamed")), 200);
}

CASE("PRJ-030", .clauses = { "PRJ-030" }, NEEDS,
     .title = "a patch with a sub-range and its release is refused and changes nothing")
{
    json_t *domain = made_domain(w, a_domain(w));
    json_t *made = with_range(w, domain, 0);
    json_t *both =
        json_pack("{s:s, s:b}", "sub_range_cidr", quarter(w, domain, 1), "release_sub_range", 1);
    refuse(judged(patch_as_manager(w, made, both)), 422, "sub_range_invalidates_allocation");
    expect_unchanged(w, project_path(w, made), made);
    accept(patch_as_manager(w, made, range_body(quarter(w, domain, 1))), 200);
    accept(patch_as_manager(w, made, release_body()), 200);
}

CASE("PRJ-031", .clauses = { "PRJ-031" }, RULED,
     .title = "a patch onto a sibling's range is refused, names the sibling, and both ranges stay")
{
    json_t *domain = made_domain(w, a_domain(w));
    json_t *made = with_range(w, domain, 0), *sibling = with_range(w, domain, 1);
    const char *taken = json_text(sibling, "sub_range_cidr");
    const char *const meeting[] = { taken, subnet(w, taken, 26, 2),
                                    subnet(w, json_text(domain, "mesh_cidr"), 23, 0) };
    for (size_t i = 0; i < ARRAY_LEN(meeting); i++) {
        struct reply *r = refuse(judged(patch_as_manager(w, made, range_body(meeting[i]))), 422,
                                 "sub_range_invalidates_allocation");
        const char *detail = expect_text(r, "/detail");
        expect(w, text_contains(detail, json_text(sibling, "id")) && text_contains(detail, taken),
               "the detail names neither the sibling nor its range: %s", detail);
    }
    expect_unchanged(w, project_path(w, made), made);
    expect_unchanged(w, project_path(w, sibling), sibling);
    accept(patch_as_manager(w, made, range_body(quarter(w, domain, 2))), 200);
}

/* Two ranges that meet are never held at once, whichever way a target says no (a race is not made
 * here). */
CASE("PRJ-032", .clauses = { "PRJ-032" }, NEEDS,
     .title = "two Projects of one Domain never hold ranges that meet")
{
    static const int either[] = { 409, 422, 0 };
    json_t *domain = made_domain(w, a_domain(w));
    json_t *made = with_range(w, domain, 0), *sibling = with_range(w, domain, 1);
    refuse_any(judged(patch_as_manager(w, made, range_body(quarter(w, domain, 1)))), either);
    refuse_any(judged(patch_as_manager(w, sibling, range_body(quarter(w, domain, 0)))), either);
    expect_unchanged(w, project_path(w, made), made);
    expect_unchanged(w, project_path(w, sibling), sibling);
    accept(patch_as_manager(w, made, range_body(quarter(w, domain, 3))), 200);
    struct reply *r =
        accept(judged(patch_as_manager(w, sibling, range_body(quarter(w, domain, 0)))), 200);
    expect_equal(r, "/sub_range_cidr", quarter(w, domain, 0));
}

CASE("PRJ-033", .clauses = { "PRJ-033" },
     .needs = { "projects", "domains", "registration", "bootstrap-tokens", "rulings" },
     .budget_ms = 15000,
     .title = "a range in which a Node of the Project has its address is neither left nor released")
{
    json_t *domain = made_domain(w, a_domain(w));
    json_t *made = with_range(w, domain, 0);
    world_new_node(w, json_text(made, "id"));
    refuse(judged(patch_as_manager(w, made, range_body(quarter(w, domain, 1)))), 422,
           "sub_range_invalidates_allocation");
    refuse(judged(patch_as_manager(w, made, release_body())), 422,
           "sub_range_invalidates_allocation");
    expect_unchanged(w, project_path(w, made), made);
    const char *wider = subnet(w, json_text(domain, "mesh_cidr"), 23, 0);
    struct reply *r = accept(judged(patch_as_manager(w, made, range_body(wider))), 200);
    expect_equal(r, "/sub_range_cidr", wider);
}

CASE("PRJ-034", .clauses = { "PRJ-034" }, RULED,
     .title = "releasing what was never reserved is fine")
{
    json_t *made = made_project(w, a_project(w, w->domain_id));
    struct reply *r = accept(judged(patch_as_manager(w, made, release_body())), 200);
    expect_absent(r, "/sub_range_cidr");
    expect_same_but(w, made, r->json, "updated_at");
}

CASE("PRJ-044", .clauses = { "PRJ-044" }, NEEDS,
     .title = "a released range is gone from the Project and free for another")
{
    json_t *domain = made_domain(w, a_domain(w));
    json_t *made = with_range(w, domain, 0);
    json_t *next =
        text_but(w, a_project(w, json_text(domain, "id")), "sub_range_cidr", quarter(w, domain, 0));
    refuse(judged(make(w, w->platform_manager, PROJECTS, next)), 409, "sub_range_overlap");
    struct reply *r = accept(judged(patch_as_manager(w, made, release_body())), 200);
    expect_absent(r, "/sub_range_cidr");
    expect_unchanged(w, project_path(w, made), r->json);
    r = accept(judged(make(w, w->platform_manager, PROJECTS, next)), 201);
    expect_equal(r, "/sub_range_cidr", quarter(w, domain, 0));
}

/* PatchProject shows what PatchDomain shows (DOM-032): one member moves, and the time of the
 * change. */
CASE("PRJ-043-b", .clauses = { "PRJ-043" }, NEEDS,
     .title = "a patch changes what it names and nothing else")
{
    json_t *domain = made_domain(w, a_domain(w));
    json_t *before = with_range(w, domain, 0);
    const struct {
        const char *member, *value;
    } changes[] = { { "name", "renamed" },
                    { "description", "for something else" },
                    { "sub_range_cidr", quarter(w, domain, 3) } };
    for (size_t i = 0; i < ARRAY_LEN(changes); i++) {
        json_t *body = json_pack("{s:s}", changes[i].member, changes[i].value);
        struct reply *r = accept(judged(patch_as_manager(w, before, body)), 200);
        expect_equal(r, path(w, "/%s", changes[i].member), changes[i].value);
        expect_same_but(w, before, r->json, changes[i].member);
        before = r->json;
    }
    expect_unchanged(w, project_path(w, before), before);
}
