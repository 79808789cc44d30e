/* suites/capabilities/inventory.c — CAP-020 to CAP-030: what operators are shown of manifests and
 * hooks. What holds of every cursor (CAP-031 to CAP-033) is judged in suites/common. */
#include <string.h>

#include "common/json.h"
#include "common/text.h"
#include "common/timestamp.h"
#include "harness/case.h"
#include "suites/capabilities/capabilities.h"
#include "suites/common/pages.h"
#include "suites/registration/registration.h"

#define SUITE "capabilities"
#define ROWS                                                                                       \
    .needs = { "capabilities", "registration", "bootstrap-tokens",                                 \
               "resources",    "domains",      "projects" },                                       \
    .budget_ms = 30000
#define HOOKS                                                                                      \
    .needs = { "hooks-inventory",  "capabilities", "registration",                                 \
               "bootstrap-tokens", "resources",    "domains" },                                    \
    .budget_ms = 30000

/* Two Projects in a Domain of the case's own, a Node in each. */
struct site {
    const char *domain;
    struct own_node here, there;
};

static struct site site(struct world *w)
{
    struct site s = { .domain = json_text(world_new_domain(w), "id") };
    s.here = own_node_in(w, own_project_in(w, s.domain));
    s.there = own_node_in(w, own_project_in(w, s.domain));
    return s;
}

static const char *rows_path(struct world *w, const char *project, const char *query)
{
    return path(w, "/v1/projects/%s/capabilities%s", project, query);
}

static struct reply *shown(struct world *w, const char *list)
{
    return accept(judged(get(w, list, .as = w->platform_reader)), 200);
}

static size_t rows(struct reply *r)
{
    return json_array_size(expect_member(r, "/items"));
}

/* A list with exactly one row, of that Node. */
static struct reply *shows_one(struct world *w, const char *list, const char *node)
{
    struct reply *r = shown(w, list);
    expect(w, rows(r) == 1, "%s shows %zu rows, expected one", list, rows(r));
    expect_equal(r, "/items/0/node_id", node);
    return r;
}

static void shows_none(struct world *w, const char *list)
{
    size_t n = rows(shown(w, list));
    expect(w, n == 0, "%s shows %zu rows, expected none", list, n);
}

CASE("CAP-020", .clauses = { "CAP-020" }, ROWS,
     .title = "each Node of the Project has a row, reported or not")
{
    struct site s = site(w);
    const char *list = rows_path(w, s.here.project, "");
    struct reply *r = shows_one(w, list, s.here.id);
    expect_equal(r, "/items/0/domain_id", s.domain);
    expect_equal(r, "/items/0/status", "unknown");
    expect_absent(r, "/items/0/binary_checksum");
    expect_equal(r, "/items/0/binary_version", "");
    struct reply *put = accept(reporting(w, &s.here, manifest()), 200);
    r = shows_one(w, list, s.here.id);
    expect_equal(r, "/items/0/binary_checksum", CHECKSUM_A);
    expect_equal(r, "/items/0/binary_version", "v0.1.0");
    expect_equal(r, "/items/0/reported_at", expect_text(put, "/accepted_at"));
}

static json_t *of_version(const char *version, const char *checksum)
{
    return with(with(manifest(), "binary_version", json_string(version)), "binary_checksum",
                json_string(checksum));
}

CASE("CAP-021", .clauses = { "CAP-021", "CTL-020" }, ROWS,
     .title = "a checksum is compared with those known to be good for its version")
{
    struct own_node n = own_node_in(w, own_project(w));
    const char *version = world_name(w, "version"), *list = rows_path(w, n.project, "");
    accept(reporting(w, &n, of_version(version, CHECKSUM_A)), 200);
    expect_equal(shows_one(w, list, n.id), "/items/0/status", "unknown");
    world_given(w, "known_good_checksum",
                json_pack("{s:s, s:s}", "version", version, "checksum", CHECKSUM_B));
    expect_equal(shows_one(w, list, n.id), "/items/0/status", "drift");
    world_given(w, "known_good_checksum",
                json_pack("{s:s, s:s}", "version", version, "checksum", CHECKSUM_A));
    expect_equal(shows_one(w, list, n.id), "/items/0/status", "match");
    accept(reporting(w, &n, of_version(world_name(w, "version"), CHECKSUM_A)), 200);
    expect_equal(shows_one(w, list, n.id), "/items/0/status", "unknown");
}

CASE("CAP-022", .clauses = { "CAP-022" }, ROWS,
     .title = "node_id and status choose among the rows of a Project")
{
    const char *project = own_project(w), *version = world_name(w, "version");
    struct own_node good = own_node_in(w, project), bad = own_node_in(w, project);
    world_given(w, "known_good_checksum",
                json_pack("{s:s, s:s}", "version", version, "checksum", CHECKSUM_A));
    accept(reporting(w, &good, of_version(version, CHECKSUM_A)), 200);
    accept(reporting(w, &bad, of_version(version, CHECKSUM_B)), 200);
    expect(w, rows(shown(w, rows_path(w, project, ""))) == 2, "two Nodes have not two rows");
    shows_one(w, rows_path(w, project, path(w, "?node_id=%s", bad.id)), bad.id);
    shows_one(w, rows_path(w, project, "?status=match"), good.id);
    shows_one(w, rows_path(w, project, "?status=drift"), bad.id);
    shows_none(w, rows_path(w, project, "?status=unknown"));
    shows_one(w, rows_path(w, project, path(w, "?status=drift&node_id=%s", bad.id)), bad.id);
    shows_none(w, rows_path(w, project, path(w, "?status=drift&node_id=%s", good.id)));
}

CASE("CAP-023", .clauses = { "CAP-023" }, HOOKS,
     .title = "a filter that can name nothing is refused")
{
    static const char *const bad[] = { "capabilities?node_id=zz",
                                       "capabilities?node_id=00000000-0000-0000-0000-000000000000",
                                       "capabilities?status=drifting", "capabilities?status=" };
    static const char *const bad_hooks[] = { "domain_id=zz", "project_id=7",
                                             "image_digest_match=yes", "image_digest_match=" };
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        refuse(judged(get(w, path(w, "/v1/projects/%s/%s", w->project_id, bad[i]),
                          .as = w->platform_reader)),
               400, NULL);
    refuse(judged(get(w, "/v1/projects/zz/capabilities", .as = w->platform_reader)), 400, NULL);
    for (size_t i = 0; i < ARRAY_LEN(bad_hooks); i++)
        refuse(judged(get(w, path(w, "/v1/hooks?%s", bad_hooks[i]), .as = w->platform_reader)), 400,
               NULL);
    accept(get(w, rows_path(w, w->project_id, "?status=drift"), .as = w->platform_reader), 200);
    accept(get(w, "/v1/hooks?image_digest_match=true", .as = w->platform_reader), 200);
}

CASE("CAP-024", .clauses = { "CAP-024" }, ROWS,
     .title = "the inventory of a Project that is not there is empty")
{
    struct own_node n = own_node_in(w, own_project(w));
    shows_none(w, rows_path(w, NO_SUCH_ID, ""));
    shows_one(w, rows_path(w, n.project, ""), n.id);
}

static const char *hooks_path(struct world *w, const struct site *s, const char *query)
{
    return path(w, "/v1/hooks?domain_id=%s%s", s->domain, query);
}

static json_t *with_two_hooks(void)
{
    return with_hooks(manifest(), "plexd_hooks", discovered_hook("pre-start"),
                      with(discovered_hook("drain"), "image_digest", json_string(DIGEST_B)), NULL);
}

CASE("CAP-026", .clauses = { "CAP-026", "CAP-025", "CAP-015" }, HOOKS,
     .title = "the catalogue shows each discovered hook, a Node's by name")
{
    struct site s = site(w);
    shows_none(w, hooks_path(w, &s, ""));
    accept(reporting(w, &s.here, with_two_hooks()), 200);
    struct reply *r = shown(w, hooks_path(w, &s, ""));
    expect(w, rows(r) == 2, "two hooks are %zu rows", rows(r));
    expect_equal(r, "/items/0/name", "drain");
    expect_equal(r, "/items/0/image_digest", DIGEST_B);
    expect_equal(r, "/items/1/name", "pre-start");
    expect_equal(r, "/items/1/image_digest", DIGEST_A);
    for (int i = 0; i < 2; i++) {
        expect_equal(r, path(w, "/items/%d/node_id", i), s.here.id);
        expect_equal(r, path(w, "/items/%d/domain_id", i), s.domain);
    }
    accept(reporting(w, &s.here, manifest()), 200);
    shows_none(w, hooks_path(w, &s, ""));
}

CASE("CAP-027", .clauses = { "CAP-027" }, HOOKS,
     .title = "a hook whose image nobody declared does not match")
{
    struct site s = site(w);
    json_t *both = with_hooks(manifest(), "plexd_hooks", discovered_hook("pre-start"), NULL);
    accept(reporting(w, &s.here,
                     with_hooks(both, "declared_hooks", declared_hook("pre-start"), NULL)),
           200);
    struct reply *r = shows_one(w, hooks_path(w, &s, ""), s.here.id);
    expect(w, json_is_false(expect_member(r, "/items/0/image_digest_match")),
           "image_digest_match is not false");
    shows_one(w, hooks_path(w, &s, "&image_digest_match=false"), s.here.id);
    shows_none(w, hooks_path(w, &s, "&image_digest_match=true"));
}

CASE("CAP-028", .clauses = { "CAP-028" }, HOOKS,
     .title = "domain_id and project_id choose among the hooks")
{
    struct site s = site(w), elsewhere = site(w);
    json_t *body =
        json_own(w->arena, with_hooks(manifest(), "plexd_hooks", discovered_hook("a"), NULL));
    accept(reporting(w, &s.here, json_copy(body)), 200);
    accept(reporting(w, &s.there, json_copy(body)), 200);
    accept(reporting(w, &elsewhere.here, json_copy(body)), 200);
    expect(w, rows(shown(w, hooks_path(w, &s, ""))) == 2, "a Domain's two hooks are not shown");
    shows_one(w, hooks_path(w, &elsewhere, ""), elsewhere.here.id);
    shows_one(w, path(w, "/v1/hooks?project_id=%s", s.there.project), s.there.id);
    shows_one(w, hooks_path(w, &s, path(w, "&project_id=%s", s.here.project)), s.here.id);
    shows_none(w, hooks_path(w, &s, path(w, "&project_id=%s", elsewhere.here.project)));
    shows_none(w, path(w, "/v1/hooks?domain_id=%s", NO_SUCH_ID));
}

CASE("CAP-029", .clauses = { "CAP-029", "REL-001" }, HOOKS,
     .title = "capabilities and hooks are for readers of the platform")
{
    const char *const lists[] = { rows_path(w, w->project_id, ""), "/v1/hooks" };
    const struct credential *const denied[] = { w->nobody, w->foreign_admin, w->domain_admin,
                                                w->project_admin, w->platform_auditor };
    for (size_t i = 0; i < ARRAY_LEN(lists); i++) {
        for (size_t j = 0; j < ARRAY_LEN(denied); j++)
            refuse_permission(judged(get(w, lists[i], .as = denied[j])), NULL);
        accept(get(w, lists[i], .as = w->platform_reader), 200);
        accept(get(w, lists[i], .as = w->platform_manager), 200);
    }
}

CASE("CAP-030", .clauses = { "CAP-030", "CAP-025" }, HOOKS,
     .title = "a reader of every Domain is shown the rows of every Domain, by Node")
{
    struct site s = site(w), elsewhere = site(w);
    json_t *body =
        json_own(w->arena, with_hooks(manifest(), "plexd_hooks", discovered_hook("a"), NULL));
    accept(reporting(w, &s.here, json_copy(body)), 200);
    accept(reporting(w, &elsewhere.here, json_copy(body)), 200);
    json_t *all = walk(w, w->platform_reader, "/v1/hooks", 200);
    const char *before = "";
    size_t i, seen = 0;
    json_t *row;
    json_array_foreach (all, i, row) {
        const char *node = json_text(row, "node_id");
        expect(w, !w->claims_rulings || strcmp(before, node) <= 0, "Node ids do not ascend");
        seen += text_equal(node, s.here.id) || text_equal(node, elsewhere.here.id);
        before = node;
    }
    expect(w, seen == 2, "%zu of two Domains' hooks are shown", seen);
    shown(w, "/v1/hooks?limit=1");
}
