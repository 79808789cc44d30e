/* suites/common/isolation.c — two tenants on one target: neither sees, names or uses what is the
 * other's.
 *
 * Direct access to a foreign object is the derived suite's (foreign-tenant); here it is what lists
 * show and what bodies name. */
#include "common/json.h"
#include "common/text.h"
#include "harness/case.h"
#include "harness/judge.h"
#include "suites/common/pages.h"

#define SUITE "common"

static void shows_only(struct world *w, const struct credential *as, const char *list,
                       const char *member, const char *domain)
{
    size_t i, n = 0;
    json_t *item;
    json_t *all = walk(w, as, list, 200);
    json_array_foreach (all, i, item) {
        expect(w, text_equal(json_text(item, member), domain), "%s shows %s a row of Domain %s",
               list, as->role, json_text(item, member));
        n++;
    }
    expect(w, n > 0, "%s shows %s nothing of its own", list, as->role);
}

CASE("isolation/lists", .clauses = { "REL-011", "NOD-007" },
     .needs = { "domains", "projects", "node-inventory", "registration", "bootstrap-tokens" },
     .budget_ms = 30000, .title = "lists show each tenant its own rows and no others")
{
    world_new_node(w, w->project_id);
    world_new_node(w, w->foreign_project_id);
    const struct {
        const struct credential *as;
        const char *domain, *other;
    } tenants[] = { { w->domain_admin, w->domain_id, w->foreign_domain_id },
                    { w->foreign_admin, w->foreign_domain_id, w->domain_id } };
    for (size_t i = 0; i < ARRAY_LEN(tenants); i++) {
        const struct credential *as = tenants[i].as;
        shows_only(w, as, "/v1/domains", "id", tenants[i].domain);
        shows_only(w, as, "/v1/projects", "domain_id", tenants[i].domain);
        shows_only(w, as, "/v1/nodes", "domain_id", tenants[i].domain);
        const char *const filtered[] = { path(w, "/v1/projects?domain_id=%s", tenants[i].other),
                                         path(w, "/v1/nodes?domain_id=%s", tenants[i].other) };
        for (size_t j = 0; j < ARRAY_LEN(filtered); j++) {
            struct reply *r = accept(judged(get(w, filtered[j], .as = as)), 200);
            expect(w, json_array_size(expect_member(r, "/items")) == 0, "%s shows %s something",
                   filtered[j], as->role);
        }
    }
}

static json_t *project_in(struct world *w, const char *domain)
{
    const char *slug = world_name(w, "project");
    return json_pack("{s:s, s:s, s:s}", "domain_id", domain, "name", slug, "slug", slug);
}

CASE("isolation/bodies", .clauses = { "REL-011", "PRJ-001" }, .needs = { "projects" },
     .title = "a Domain named in a body is guarded like one named in a path")
{
    struct reply *r = refuse_permission(judged(post(w, "/v1/projects", .as = w->domain_admin,
                                                    .json = project_in(w, w->foreign_domain_id))),
                                        "out_of_scope");
    expect_text(r, "/correlation_id");
    accept(post(w, "/v1/projects", .as = w->domain_admin, .json = project_in(w, w->domain_id)),
           201);
}

CASE("isolation/paths", .clauses = { "REL-011", "REL-012" }, .needs = { "projects", "resources" },
     .title = "an admin of one Domain neither reads nor changes what lies in another")
{
    const char *resource = json_text(world_new_resource(w, w->project_id, "vm"), "id");
    const char *project = path(w, "/v1/projects/%s", w->project_id);
    const char *one = path(w, "/v1/resources/%s", resource);
    const struct credential *stranger = w->foreign_admin;
    struct exchange *const tries[] = {
        get(w, project, .as = stranger),
        patch(w, project, .as = stranger, .json = json_pack("{s:s}", "name", "stolen")),
        delete_(w, project, .as = stranger),
        get(w, one, .as = stranger),
        delete_(w, one, .as = stranger),
        get(w, path(w, "%s/resources", project), .as = stranger),
    };
    for (size_t i = 0; i < ARRAY_LEN(tries); i++) {
        struct reply *r = refuse_permission(judged(tries[i]), "out_of_scope");
        expect(w, json_array_size(json_member(r->json, "relation_path")) == 0,
               "the denial shows a stranger a path to the object");
    }
    struct reply *still = accept(judged(get(w, one, .as = w->project_operator)), 200);
    expect_equal(still, "/id", resource);
    still = accept(judged(get(w, project, .as = w->project_operator)), 200);
    expect(w, !text_equal(expect_text(still, "/name"), "stolen"), "a stranger changed the name");
}
