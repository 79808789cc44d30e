/* suites/secrets/inventory.c — SEC-*: the names of a Project's secrets. What holds of every list is
 * judged in suites/derived and suites/common. */
#include <string.h>

#include "common/json.h"
#include "common/text.h"
#include "harness/case.h"
#include "suites/common/pages.h"
#include "suites/secrets/secrets.h"

#define SUITE "secrets"
#define INVENTORY                                                                                  \
    .needs = { "project-secrets", "node-secrets", "registration", "bootstrap-tokens",              \
               "resources" },                                                                      \
    .budget_ms = BUDGET_MS

static const char *inventory_of(struct world *w, const char *project)
{
    return path(w, "/v1/projects/%s/secrets", project);
}

static void expect_item(struct world *w, struct reply *r, size_t i, const char *name, int version)
{
    expect_equal(r, path(w, "/items/%zu/name", i), name);
    expect(w, expect_int(r, path(w, "/items/%zu/current_version", i)) == version,
           "%s is not at version %d", name, version);
    expect(w, json_object_size(expect_member(r, path(w, "/items/%zu", i))) == 2,
           "an item has more than a name and a version");
}

/* X11 */
CASE("SEC-026", .clauses = { "SEC-026", "SEC-027", "SEC-009" }, INVENTORY,
     .title = "the inventory has each name once, ascending, with its highest version")
{
    const char *project = own_project(w);
    struct own_node n = own_node_in(w, project), other = own_node_in(w, project);
    give_secret(w, &n, "zeta", "v");
    give_secret(w, &n, "alpha", "v");
    give_secret(w, &other, "zeta", "v");
    give_secret(w, &other, "zeta", "v");
    give_secret(w, &other, "a_b", "v");
    struct reply *r =
        accept(judged(get(w, inventory_of(w, project), .as = w->platform_manager)), 200);
    expect(w, json_array_size(expect_member(r, "/items")) == 3, "three names are %zu items",
           json_array_size(expect_member(r, "/items")));
    expect_item(w, r, 0, "a_b", 1);
    expect_item(w, r, 1, "alpha", 1);
    expect_item(w, r, 2, "zeta", 2);
    expect_absent(r, "/next_cursor");
    json_t *walked = walk(w, w->platform_manager, inventory_of(w, project), 1);
    expect(w, json_equal(walked, expect_member(r, "/items")), "pages of one give other items");
    r = accept(judged(get(w, inventory_of(w, own_project(w)), .as = w->platform_manager)), 200);
    expect(w, json_array_size(expect_member(r, "/items")) == 0, "another Project shows them");
}

/* X10 */
CASE("SEC-033", .clauses = { "SEC-033", "SEC-029" }, INVENTORY,
     .title = "the inventory is for operators who may read secrets, by their bearer")
{
    const char *list = inventory_of(w, w->project_id), *none = inventory_of(w, NO_SUCH_ID);
    const struct credential *const without[] = { w->project_operator, w->domain_member,
                                                 w->platform_reader };
    const struct credential *const with[] = { w->project_maintainer, w->project_admin,
                                              w->domain_admin, w->platform_manager };
    const char *cookie = path(w, "plexsphere_session=%s", w->platform_manager->token);
    refuse(judged(get(w, list, .headers = { { "Cookie", cookie } })), 401, "unauthenticated");
    for (size_t i = 0; i < ARRAY_LEN(without); i++)
        refuse_permission(judged(get(w, list, .as = without[i])), "insufficient_relation");
    refuse_permission(judged(get(w, list, .as = w->nobody)), "out_of_scope");
    refuse_permission(judged(get(w, none, .as = w->domain_admin)), "out_of_scope");
    refuse(judged(get(w, none, .as = w->platform_manager)), 404, "project_not_found");
    for (size_t i = 0; i < ARRAY_LEN(with); i++)
        accept(judged(get(w, list, .as = with[i])), 200);
}

CASE("SEC-034", .clauses = { "SEC-034" }, INVENTORY,
     .title = "a cursor of the inventory is of one Project and one caller")
{
    const char *project = own_project(w), *other = own_project(w);
    struct own_node n = own_node_in(w, project);
    give_secret(w, &n, "a", "v");
    give_secret(w, &n, "b", "v");
    const char *cursor = first_cursor(w, w->platform_manager, inventory_of(w, project));
    refuse(judged(page(w, w->platform_manager, inventory_of(w, other), 1, cursor)), 400,
           "invalid_cursor");
    refuse(judged(page(w, w->domain_admin, inventory_of(w, project), 1, cursor)), 403,
           "cursor_binding_mismatch");
    accept(judged(page(w, w->platform_manager, inventory_of(w, project), 1, cursor)), 200);
}
