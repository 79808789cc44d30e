/* suites/tenancy/domain_delete.c — DeleteDomain.
 *
 * What fills a Domain here is made by the platform manager: an operator of the Domain's own would
 * be a child of it. */
#include "common/json.h"
#include "suites/tenancy/tenancy.h"

#define SUITE "tenancy"

CASE("DOM-035", .clauses = { "DOM-035" }, .needs = { "domains", "rulings" },
     .title = "deleting a Domain needs manage on it")
{
    json_t *made = made_domain(w, a_domain(w));
    const char *where = domain_path(w, made);
    const struct credential *const others[] = { w->nobody, w->foreign_admin, w->platform_reader,
                                                w->platform_auditor };
    for (size_t i = 0; i < ARRAY_LEN(others); i++)
        refuse_permission(judged(delete_(w, where, .as = others[i])), NULL);
    expect_unchanged(w, where, made);
    accept(delete_(w, where, .as = w->platform_manager), 204);
}

CASE("DOM-036", .clauses = { "DOM-036", "DOM-038" }, .needs = { "domains", "projects" },
     .title = "a Domain with Projects is not deleted, and the refusal counts all kinds of children")
{
    json_t *made = made_domain(w, a_domain(w));
    const char *where = domain_path(w, made), *id = json_text(made, "id");
    static const char *const others[] = { "groups", "identities", "idp_bindings", "nodes" };
    const char *projects[2];
    for (int i = 0; i < 2; i++)
        projects[i] = project_path(w, made_project(w, a_project(w, id)));
    for (int left = 2; left > 0; left--) {
        struct reply *r =
            refuse(judged(delete_(w, where, .as = w->platform_manager)), 409, "domain_not_empty");
        expect(w, expect_int(r, "/child_counts/projects") == left,
               "%lld Projects are counted, expected %d",
               (long long)expect_int(r, "/child_counts/projects"), left);
        for (size_t i = 0; i < ARRAY_LEN(others); i++)
            expect(w, expect_int(r, path(w, "/child_counts/%s", others[i])) == 0,
                   "%s are counted in a Domain without any", others[i]);
        expect_unchanged(w, where, made);
        accept(get(w, projects[left - 1], .as = w->platform_manager), 200);
        accept(delete_(w, projects[left - 1], .as = w->platform_manager), 204);
    }
    accept(delete_(w, where, .as = w->platform_manager), 204);
}

CASE("DOM-036-b", .clauses = { "DOM-036" },
     .needs = { "domains", "projects", "registration", "bootstrap-tokens" }, .budget_ms = 15000,
     .title = "Nodes and identities of a Domain are counted too")
{
    json_t *made = made_domain(w, a_domain(w));
    const char *project = json_text(world_new_project(w, json_text(made, "id")), "id");
    world_new_node(w, project);
    struct reply *r = refuse(judged(delete_(w, domain_path(w, made), .as = w->platform_manager)),
                             409, "domain_not_empty");
    expect(w, expect_int(r, "/child_counts/nodes") == 1, "%lld Nodes are counted, expected one",
           (long long)expect_int(r, "/child_counts/nodes"));
    expect(w, expect_int(r, "/child_counts/projects") == 1, "the Project is not counted");
    expect_unchanged(w, domain_path(w, made), made);
    json_t *empty = made_domain(w, a_domain(w));
    accept(delete_(w, domain_path(w, empty), .as = w->platform_manager), 204);
}

CASE("DOM-037", .clauses = { "DOM-037" }, .needs = { "domains" },
     .title = "an empty Domain is deleted once, and its slug and pool are free again")
{
    const json_t *body = a_domain(w);
    const char *where = domain_path(w, made_domain(w, body));
    accept(judged(delete_(w, where, .as = w->platform_manager)), 204);
    refuse(judged(delete_(w, where, .as = w->platform_manager)), 404, "domain_not_found");
    refuse(judged(get(w, where, .as = w->platform_manager)), 404, "domain_not_found");
    struct reply *again = accept(judged(make(w, w->platform_manager, DOMAINS, body)), 201);
    expect_header(again, "Location", domain_path(w, again->json));
}
