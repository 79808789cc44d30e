/* suites/tenancy/project_delete.c — DeleteProject. */
#include "common/json.h"
#include "suites/tenancy/tenancy.h"

#define SUITE "tenancy"

static struct exchange *delete_as_manager(struct world *w, const json_t *project)
{
    return delete_(w, project_path(w, project), .as = w->platform_manager);
}

static void expect_counts(struct world *w, struct reply *r, int resources, int nodes, int tuples)
{
    const struct {
        const char *pointer;
        int n;
    } counts[] = { { "/project_child_counts/resources", resources },
                   { "/project_child_counts/nodes", nodes },
                   { "/project_child_counts/relation_tuples", tuples } };
    for (size_t i = 0; i < ARRAY_LEN(counts); i++)
        expect(w, expect_int(r, counts[i].pointer) == counts[i].n, "%s is %lld, expected %d",
               counts[i].pointer, (long long)expect_int(r, counts[i].pointer), counts[i].n);
}

CASE("PRJ-035", .clauses = { "PRJ-035" }, .needs = { "projects", "rulings" },
     .title = "deleting a Project needs manage on it")
{
    json_t *made = made_project(w, a_project(w, w->domain_id));
    const struct credential *const others[] = { w->nobody, w->domain_member, w->foreign_admin,
                                                w->project_admin, w->platform_reader };
    for (size_t i = 0; i < ARRAY_LEN(others); i++)
        refuse_permission(judged(delete_(w, project_path(w, made), .as = others[i])), NULL);
    expect_unchanged(w, project_path(w, made), made);
    accept(delete_(w, project_path(w, made), .as = w->domain_admin), 204);
}

CASE("PRJ-036", .clauses = { "PRJ-036" }, .needs = { "projects", "resources" },
     .title =
         "a Project with Resources is not deleted, and the refusal counts all kinds of children")
{
    json_t *made = made_project(w, a_project(w, w->domain_id));
    const char *where = resources_of(w, json_text(made, "id")), *resources[2];
    for (int i = 0; i < 2; i++)
        resources[i] =
            resource_path(w, accept(make(w, w->platform_manager, where, a_resource(w)), 201)->json);
    for (int left = 2; left > 0; left--) {
        struct reply *r = refuse(judged(delete_as_manager(w, made)), 409, "project_not_empty");
        expect_counts(w, r, left, 0, 0);
        expect_unchanged(w, project_path(w, made), made);
        accept(get(w, resources[left - 1], .as = w->platform_manager), 200);
        accept(delete_(w, resources[left - 1], .as = w->platform_manager), 204);
    }
    accept(delete_as_manager(w, made), 204);
}

CASE("PRJ-036-b", .clauses = { "PRJ-036" },
     .needs = { "projects", "resources", "registration", "bootstrap-tokens" }, .budget_ms = 15000,
     .title = "a Project's Nodes are counted too")
{
    json_t *made = made_project(w, a_project(w, w->domain_id));
    const json_t *node = world_new_node(w, json_text(made, "id"));
    const char *resource = path(w, "/v1/resources/%s", json_text(node, "resource_id"));
    struct reply *r = refuse(judged(delete_as_manager(w, made)), 409, "project_not_empty");
    expect(w, expect_int(r, "/project_child_counts/nodes") == 1, "the Node is not counted");
    accept(delete_(w, resource, .as = w->platform_manager), 204);
    r = refuse(judged(delete_as_manager(w, made)), 409, "project_not_empty");
    expect(w, expect_int(r, "/project_child_counts/resources") == 0,
           "a deleted Resource is counted");
    expect(w, expect_int(r, "/project_child_counts/nodes") == 1,
           "the Node is not counted any more");
}

CASE("PRJ-037", .clauses = { "PRJ-037" }, .needs = { "projects", "rulings" },
     .title = "a role on a Project other than its admin's keeps it from being deleted")
{
    json_t *held = made_project(w, a_project(w, w->domain_id));
    json_t *free = made_project(w, a_project(w, w->domain_id));
    world_credential(w, "project operator", NULL, json_text(held, "id"));
    const struct credential *admin =
        world_credential(w, "project admin", NULL, json_text(free, "id"));
    expect_counts(w, refuse(judged(delete_as_manager(w, held)), 409, "project_not_empty"), 0, 0, 1);
    expect_unchanged(w, project_path(w, held), held);
    accept(judged(delete_(w, project_path(w, free), .as = admin)), 204);
    refuse_permission(judged(get(w, project_path(w, free), .as = admin)), "out_of_scope");
}

CASE("PRJ-038", .clauses = { "PRJ-038" }, .needs = { "projects", "domains" },
     .title = "an empty Project is deleted once, and its slug and range are free again")
{
    json_t *domain = made_domain(w, a_domain(w));
    const json_t *body = text_but(w, a_project(w, json_text(domain, "id")), "sub_range_cidr",
                                  subnet(w, json_text(domain, "mesh_cidr"), 24, 0));
    json_t *made = made_project(w, body);
    accept(judged(delete_as_manager(w, made)), 204);
    refuse(judged(delete_as_manager(w, made)), 404, "project_not_found");
    refuse(judged(get(w, project_path(w, made), .as = w->platform_reader)), 404,
           "project_not_found");
    struct reply *again = accept(judged(make(w, w->platform_manager, PROJECTS, body)), 201);
    expect_equal(again, "/slug", json_text(body, "slug"));
}

CASE("PRJ-039", .clauses = { "PRJ-039" }, .needs = { "projects", "domains", "audit", "rulings" },
     .title = "a granted patch or delete stands on the Domain's chain")
{
    json_t *domain = made_domain(w, a_domain(w));
    json_t *made = made_project(w, a_project(w, json_text(domain, "id")));
    const char *chain = domain_path(w, domain), *where = project_path(w, made);
    json_t *body = json_own(w->arena, json_pack("{s:s}", "name", "renamed"));
    refuse_permission(judged(change(w, w->nobody, where, body)), NULL);
    expect(w, chain_entries(w, chain, "project.patch", NULL, NULL) == 0,
           "a denied patch counts as granted");
    struct reply *r = accept(judged(change(w, w->platform_manager, where, body)), 200);
    expect_equal(r, "/name", "renamed");
    expect(w, chain_entries(w, chain, "project.patch", w->platform_manager, NULL) == 1,
           "a granted patch did not leave one entry project.patch");
    accept(delete_as_manager(w, made), 204);
    expect(w, chain_entries(w, chain, "project.delete", w->platform_manager, NULL) == 1,
           "a granted delete did not leave one entry project.delete");
}
