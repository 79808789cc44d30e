/* suites/nodes/inventory.c — NOD-*: which Nodes a caller is shown. What holds of every cursor
 * (NOD-011 to NOD-014) is judged in suites/common. */
#include <string.h>

#include "common/json.h"
#include "common/text.h"
#include "common/timestamp.h"
#include "harness/case.h"
#include "suites/common/pages.h"
#include "suites/nodes/nodes.h"
#include "suites/registration/registration.h"

#define SUITE "nodes"
#define LISTS                                                                                      \
    .needs = { "node-inventory", "registration", "bootstrap-tokens",                               \
               "resources",      "domains",      "projects" },                                     \
    .budget_ms = BUDGET_MS

/* A Domain with one Project and Nodes of its own. */
struct fleet {
    const char *domain, *project, *list;
    struct own_node node[3];
};

static struct fleet fleet(struct world *w, size_t nodes)
{
    struct fleet f = { .domain = json_text(world_new_domain(w), "id") };
    f.project = own_project_in(w, f.domain);
    f.list = path(w, "/v1/nodes?domain_id=%s", f.domain);
    for (size_t i = 0; i < nodes; i++)
        f.node[i] = own_node_in(w, f.project);
    return f;
}

/* One page of whatever the caller sees of the list. */
static struct reply *shown(struct world *w, const struct credential *as, const char *list)
{
    return accept(judged(page(w, as, list, 200, NULL)), 200);
}

static size_t rows(struct reply *r)
{
    return json_array_size(expect_member(r, "/items"));
}

static bool shows(struct reply *r, const char *node)
{
    size_t i;
    json_t *item;
    json_array_foreach (expect_member(r, "/items"), i, item)
        if (text_equal(json_text(item, "id"), node))
            return true;
    return false;
}

CASE("NOD-001", .clauses = { "NOD-001" }, LISTS,
     .title = "the inventory shows a Node, its Domain and its beginning")
{
    struct fleet f = fleet(w, 1);
    struct reply *r = shown(w, w->platform_reader, f.list);
    expect(w, rows(r) == 1, "a Domain with one Node shows %zu", rows(r));
    expect_equal(r, "/items/0/id", f.node[0].id);
    expect_equal(r, "/items/0/domain_id", f.domain);
    int64_t age = world_now(w) - instant_in(w, r, "/items/0/created_at");
    expect(w, age > -60 * MICROS_PER_SECOND && age < 60 * MICROS_PER_SECOND,
           "created_at is not when the Node registered");
}

CASE("NOD-002", .clauses = { "NOD-002" }, LISTS,
     .title = "a Node has the kind and the name of its Resource")
{
    struct fleet f = fleet(w, 1);
    struct reply *resource =
        accept(get(w, path(w, "/v1/resources/%s", f.node[0].resource), .as = w->platform_manager),
               200);
    struct reply *r = shown(w, w->platform_reader, f.list);
    expect_equal(r, "/items/0/kind", expect_text(resource, "/kind"));
    expect_equal(r, "/items/0/name", expect_text(resource, "/external_ref"));
}

CASE("NOD-003", .clauses = { "NOD-003" }, LISTS,
     .title = "a Node without a name is shown without the member")
{
    static const char *const members[] = { "name", "kind" };
    struct fleet f = fleet(w, 1);
    struct reply *nameless =
        accept(post(w, path(w, "/v1/projects/%s/resources", f.project), .as = w->platform_manager,
                    .json = json_pack("{s:s, s:s}", "origin", "adopted", "kind", "worker")),
               201);
    accept(registering(w, registration(w, f.project, expect_text(nameless, "/id"),
                                       token_in(w, f.project, "node"))),
           201);
    struct reply *r = shown(w, w->platform_reader, f.list);
    expect(w, rows(r) == 2, "a Domain with two Nodes shows %zu", rows(r));
    for (size_t i = 0; i < ARRAY_LEN(members) * 2; i++) {
        const json_t *item = json_array_get(expect_member(r, "/items"), i / 2);
        const json_t *value = json_member(item, members[i % 2]);
        expect(w, !value || (json_is_string(value) && json_string_length(value) > 0),
               "%s is empty, and must be absent", members[i % 2]);
    }
    if (w->claims_rulings)
        expect_absent(r, "/items/1/name");
}

CASE("NOD-004", .clauses = { "NOD-004" }, LISTS,
     .title = "domain_id shows the Nodes of that Domain alone")
{
    struct fleet one = fleet(w, 2), two = fleet(w, 1);
    struct reply *r = shown(w, w->platform_reader, one.list);
    expect(w, rows(r) == 2 && shows(r, one.node[0].id) && shows(r, one.node[1].id),
           "the Domain's two Nodes are not shown alone");
    r = shown(w, w->platform_reader, two.list);
    expect(w, rows(r) == 1 && shows(r, two.node[0].id), "the Domain's one Node is not shown alone");
    r = shown(w, w->platform_reader, path(w, "/v1/nodes?domain_id=%s", NO_SUCH_ID));
    expect(w, rows(r) == 0, "an unknown Domain has Nodes");
}

CASE("NOD-005", .clauses = { "NOD-005" }, LISTS,
     .title = "without domain_id the inventory spans every Domain that the caller may read")
{
    struct fleet one = fleet(w, 1), two = fleet(w, 1);
    expect_member(accept(judged(get(w, "/v1/nodes", .as = w->platform_reader)), 200), "/items");
    const json_t *a = listed(w, w->platform_reader, "/v1/nodes", "id", one.node[0].id);
    const json_t *b = listed(w, w->platform_reader, "/v1/nodes", "id", two.node[0].id);
    expect(w, a && b, "a Node is missing from the inventory of all Domains");
    expect(w,
           text_equal(json_text(a, "domain_id"), one.domain) &&
               text_equal(json_text(b, "domain_id"), two.domain),
           "a Node is shown in another Domain");
}

CASE("NOD-006", .clauses = { "NOD-006" }, LISTS,
     .title = "a domain_id that can be no Domain's is refused")
{
    static const char *const bad[] = { "zz", "00000000-0000-0000-0000-000000000000",
                                       "0188d0e0-0000-7000-8000-0000000000f" };
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        refuse(judged(get(w, path(w, "/v1/nodes?domain_id=%s", bad[i]), .as = w->platform_reader)),
               400, "invalid_domain_filter");
    accept(get(w, path(w, "/v1/nodes?domain_id=%s", w->domain_id), .as = w->platform_reader), 200);
}

CASE("NOD-007", .clauses = { "NOD-007" }, LISTS,
     .title = "a Node is shown to whoever may read its Project")
{
    struct fleet f = fleet(w, 1);
    struct own_node neighbour = own_node_in(w, own_project_in(w, f.domain));
    const struct credential *theirs = world_credential(w, "project operator", NULL, f.project);
    struct reply *r = shown(w, theirs, f.list);
    expect(w, rows(r) == 1 && shows(r, f.node[0].id),
           "a Project's operator is not shown its Node alone");
    r = shown(w, world_credential(w, "domain member", f.domain, NULL), f.list);
    expect(w, rows(r) == 2 && shows(r, neighbour.id), "a Domain's member is not shown its Nodes");
    r = shown(w, w->foreign_admin, f.list);
    expect(w, rows(r) == 0, "another Domain's admin is shown %zu Nodes", rows(r));
    r = shown(w, world_credential(w, "domain auditor", f.domain, NULL), f.list);
    expect(w, rows(r) == 0, "an auditor, who may not read Projects, is shown %zu Nodes", rows(r));
}

CASE("NOD-008", .clauses = { "NOD-008" }, LISTS,
     .title = "a caller who may read no Node is shown an empty inventory")
{
    struct fleet f = fleet(w, 1);
    expect(w, rows(shown(w, w->nobody, f.list)) == 0, "nobody is shown the Nodes of a Domain");
    expect(w, rows(shown(w, w->nobody, "/v1/nodes")) == 0, "nobody is shown Nodes");
    expect(w, json_array_size(walk(w, w->nobody, "/v1/nodes", 200)) == 0, "nobody is shown Nodes");
    expect(w, rows(shown(w, w->platform_reader, f.list)) == 1, "a reader is not shown the Node");
}

CASE("NOD-009", .clauses = { "NOD-009" }, LISTS,
     .title = "Nodes are shown by ascending id across pages, each once")
{
    struct fleet f = fleet(w, 3);
    struct reply *first = accept(judged(page(w, w->platform_reader, f.list, 2, NULL)), 200);
    expect(w, rows(first) == 2, "a page of 2 holds %zu", rows(first));
    struct reply *last =
        accept(judged(page(w, w->platform_reader, f.list, 2, expect_text(first, "/next_cursor"))),
               200);
    expect(w, rows(last) == 1, "the last page holds %zu", rows(last));
    expect_absent(last, "/next_cursor");
    const char *a = expect_text(first, "/items/0/id"), *b = expect_text(first, "/items/1/id");
    const char *c = expect_text(last, "/items/0/id");
    expect(w, strcmp(a, b) < 0 && strcmp(b, c) < 0, "ids do not ascend");
}

CASE("NOD-010", .clauses = { "NOD-010" }, LISTS, .title = "a page holds 1 to 200 Nodes")
{
    static const char *const bad[] = { "0", "201", "-1", "ten" };
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        refuse(judged(get(w, path(w, "/v1/nodes?limit=%s", bad[i]), .as = w->platform_reader)), 400,
               "invalid_limit");
    accept(get(w, "/v1/nodes?limit=1", .as = w->platform_reader), 200);
    accept(get(w, "/v1/nodes?limit=200", .as = w->platform_reader), 200);
}

CASE("NOD-015", .clauses = { "NOD-015" }, LISTS,
     .title = "a page that the filter emptied leads on to what is behind it")
{
    struct fleet f = fleet(w, 1);
    struct own_node behind = own_node_in(w, own_project_in(w, f.domain));
    const struct credential *theirs = world_credential(w, "project operator", NULL, behind.project);
    struct reply *empty = accept(judged(page(w, theirs, f.list, 1, NULL)), 200);
    expect(w, rows(empty) == 0, "a Node of another Project is shown");
    struct reply *r =
        accept(judged(page(w, theirs, f.list, 1, expect_text(empty, "/next_cursor"))), 200);
    expect(w, rows(r) == 1 && shows(r, behind.id), "the Node behind an empty page is not shown");
    expect_absent(r, "/next_cursor");
}

CASE("NOD-016", .clauses = { "NOD-016" }, LISTS,
     .title = "the inventory is for authenticated callers")
{
    struct own_node n = own_node(w);
    refuse(judged(get(w, "/v1/nodes")), 401, "unauthenticated");
    refuse(judged(get(w, "/v1/nodes", .bearer = n.nsk)), 401, "unauthenticated");
    accept(get(w, "/v1/nodes", .as = w->nobody), 200);
}
