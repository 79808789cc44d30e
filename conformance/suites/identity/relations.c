/* suites/identity/relations.c — who may what (SPEC REL-*): roles by operations, literally, from
 * ruling 33. */
#include <string.h>

#include "common/json.h"
#include "common/text.h"
#include "suites/identity/identity.h"

#define SUITE "identity"
#define RELATIONS .needs = { "domains", "projects", "resources", "audit" }

/* A fresh Domain with a Project in it, of this case alone. */
struct place {
    const char *domain, *project;
};

static struct place new_place(struct world *w)
{
    const char *domain = json_text(world_new_domain(w), "id");
    return (struct place){ domain, json_text(world_new_project(w, domain), "id") };
}

/* ---- one request per permission that an operation asks for ---- */

static struct exchange *create_domain(struct world *w, struct place at UNUSED,
                                      const struct credential *as)
{
    const char *name = world_name(w, "made");
    return post(w, "/v1/domains", .as = as,
                .json = json_pack("{s:s, s:s, s:s}", "name", name, "slug", name, "mesh_cidr",
                                  world_cidr(w, 24)));
}

static struct exchange *list_platform_audit(struct world *w, struct place at UNUSED,
                                            const struct credential *as)
{
    return get(w, "/v1/platform/audit/entries?limit=1", .as = as);
}

static struct exchange *read_domain(struct world *w, struct place at, const struct credential *as)
{
    return get(w, path(w, "/v1/domains/%s", at.domain), .as = as);
}

static struct exchange *rename_domain(struct world *w, struct place at, const struct credential *as)
{
    return patch(w, path(w, "/v1/domains/%s", at.domain), .as = as,
                 .json = json_pack("{s:s}", "name", world_name(w, "renamed")));
}

static struct exchange *list_domain_audit(struct world *w, struct place at,
                                          const struct credential *as)
{
    return get(w, path(w, "/v1/domains/%s/audit/entries?limit=1", at.domain), .as = as);
}

static struct exchange *read_project(struct world *w, struct place at, const struct credential *as)
{
    return get(w, path(w, "/v1/projects/%s", at.project), .as = as);
}

static struct exchange *rename_project(struct world *w, struct place at,
                                       const struct credential *as)
{
    return patch(w, path(w, "/v1/projects/%s", at.project), .as = as,
                 .json = json_pack("{s:s}", "name", world_name(w, "renamed")));
}

static struct exchange *deploy(struct world *w, struct place at, const struct credential *as)
{
    return post(w, path(w, "/v1/projects/%s/resources", at.project), .as = as,
                .json = json_pack("{s:s, s:s}", "origin", "adopted", "kind", "vm"));
}

static struct exchange *observe(struct world *w, struct place at, const struct credential *as)
{
    return get(w, path(w, "/v1/projects/%s/resources", at.project), .as = as);
}

enum {
    PLATFORM_MANAGE = 1 << 0,
    PLATFORM_AUDITOR = 1 << 1,
    DOMAIN_READ = 1 << 2,
    DOMAIN_MANAGE = 1 << 3,
    DOMAIN_AUDITOR = 1 << 4,
    PROJECT_READ = 1 << 5,
    PROJECT_MANAGE = 1 << 6,
    PROJECT_DEPLOY = 1 << 7,
    PROJECT_OBSERVE = 1 << 8,
    EVERYTHING = (1 << 9) - 1,
};

static const struct probe {
    unsigned permission;
    int granted; /* the status of the operation's success */
    struct exchange *(*ask)(struct world *w, struct place at, const struct credential *as);
    const char *shown; /* a member of that success */
} probes[] = {
    { PLATFORM_MANAGE, 201, create_domain, "/id" },
    { PLATFORM_AUDITOR, 200, list_platform_audit, "/items/0/seq" },
    { DOMAIN_READ, 200, read_domain, "/id" },
    { DOMAIN_MANAGE, 200, rename_domain, "/id" },
    { DOMAIN_AUDITOR, 200, list_domain_audit, "/items" },
    { PROJECT_READ, 200, read_project, "/id" },
    { PROJECT_MANAGE, 200, rename_project, "/id" },
    { PROJECT_DEPLOY, 201, deploy, "/id" },
    { PROJECT_OBSERVE, 200, observe, "/items" },
};

/* The caller has exactly these permissions there: every other request is a PermissionDenied. */
static void expect_rights(struct world *w, struct place at, const struct credential *as,
                          unsigned rights)
{
    for (size_t i = 0; i < ARRAY_LEN(probes); i++) {
        struct exchange *x = judged(probes[i].ask(w, at, as));
        if (rights & probes[i].permission)
            (void)expect_member(accept(x, probes[i].granted), probes[i].shown);
        else
            refuse_permission(x, NULL);
    }
}

CASE("REL-001", .clauses = { "REL-001" }, RELATIONS,
     .title = "a refused caller gets reason and correlation, and changes nothing")
{
    struct place at = new_place(w);
    const struct credential *member = world_credential(w, "domain member", at.domain, NULL);
    const struct credential *admin = world_credential(w, "domain admin", at.domain, NULL);
    const char *was = expect_text(accept(read_domain(w, at, admin), 200), "/name");
    refuse_permission(judged(rename_domain(w, at, member)), NULL);
    refuse_permission(judged(rename_project(w, at, member)), NULL);
    refuse_permission(judged(deploy(w, at, member)), NULL);
    refuse_permission(judged(delete_(w, path(w, "/v1/projects/%s", at.project), .as = member)),
                      NULL);
    refuse_permission(judged(delete_(w, path(w, "/v1/domains/%s", at.domain), .as = member)), NULL);
    expect_equal(accept(judged(read_domain(w, at, admin)), 200), "/name", was);
    expect_equal(accept(judged(read_project(w, at, admin)), 200), "/id", at.project);
    struct reply *resources = accept(judged(observe(w, at, admin)), 200);
    expect(w, json_array_size(expect_member(resources, "/items")) == 0,
           "a refused create made one");
    /* The twins: the same requests by one who may. */
    accept(deploy(w, at, admin), 201);
    accept(rename_project(w, at, admin), 200);
    accept(rename_domain(w, at, admin), 200);
}

CASE("REL-001-b", .clauses = { "REL-001" }, RELATIONS,
     .title = "who has no role at all is refused everything")
{
    expect_rights(w, new_place(w), w->nobody, 0);
}

CASE("REL-002", .clauses = { "REL-002" }, RELATIONS, .title = "platform manage may everything")
{
    expect_rights(w, new_place(w), world_credential(w, "platform manage", NULL, NULL), EVERYTHING);
}

CASE("REL-003", .clauses = { "REL-003" }, RELATIONS,
     .title = "platform read reads and observes everywhere and does no more")
{
    expect_rights(w, new_place(w), world_credential(w, "platform read", NULL, NULL),
                  DOMAIN_READ | PROJECT_READ | PROJECT_OBSERVE);
}

CASE("REL-004", .clauses = { "REL-004" }, RELATIONS,
     .title = "platform auditor reads every audit chain and nothing else")
{
    expect_rights(w, new_place(w), world_credential(w, "platform auditor", NULL, NULL),
                  PLATFORM_AUDITOR | DOMAIN_AUDITOR);
}

CASE("REL-005", .clauses = { "REL-005" }, RELATIONS,
     .title = "domain admin may everything in the Domain but read its audit chain")
{
    struct place at = new_place(w);
    expect_rights(w, at, world_credential(w, "domain admin", at.domain, NULL),
                  DOMAIN_READ | DOMAIN_MANAGE | PROJECT_READ | PROJECT_MANAGE | PROJECT_DEPLOY |
                      PROJECT_OBSERVE);
}

CASE("REL-006", .clauses = { "REL-006" }, RELATIONS,
     .title = "domain auditor reads the Domain and its audit chain, and nothing of its Projects")
{
    struct place at = new_place(w);
    expect_rights(w, at, world_credential(w, "domain auditor", at.domain, NULL),
                  DOMAIN_READ | DOMAIN_AUDITOR);
}

CASE("REL-007", .clauses = { "REL-007" }, RELATIONS,
     .title = "domain member reads the Domain, and reads and observes its Projects")
{
    struct place at = new_place(w);
    expect_rights(w, at, world_credential(w, "domain member", at.domain, NULL),
                  DOMAIN_READ | PROJECT_READ | PROJECT_OBSERVE);
}

CASE("REL-008", .clauses = { "REL-008" }, RELATIONS,
     .title = "project admin may everything in the Project and nothing on its Domain")
{
    struct place at = new_place(w);
    expect_rights(w, at, world_credential(w, "project admin", NULL, at.project),
                  PROJECT_READ | PROJECT_MANAGE | PROJECT_DEPLOY | PROJECT_OBSERVE);
}

CASE("REL-009", .clauses = { "REL-009" }, RELATIONS,
     .title = "project maintainer deploys, observes and reads, and does not manage")
{
    struct place at = new_place(w);
    expect_rights(w, at, world_credential(w, "project maintainer", NULL, at.project),
                  PROJECT_READ | PROJECT_DEPLOY | PROJECT_OBSERVE);
}

CASE("REL-010", .clauses = { "REL-010" }, RELATIONS,
     .title = "project operator observes and reads, and neither deploys nor manages")
{
    struct place at = new_place(w);
    expect_rights(w, at, world_credential(w, "project operator", NULL, at.project),
                  PROJECT_READ | PROJECT_OBSERVE);
}

CASE("REL-011", .clauses = { "REL-011" }, RELATIONS,
     .title = "a role yields nothing on siblings of its object, nor on what lies above it")
{
    static const struct {
        const char *role;
        bool of_project;
    } roles[] = { { "domain admin", false },      { "domain auditor", false },
                  { "domain member", false },     { "project admin", true },
                  { "project maintainer", true }, { "project operator", true } };
    struct place home = new_place(w), sibling = { home.domain, NULL }, abroad = new_place(w);
    sibling.project = json_text(world_new_project(w, home.domain), "id");
    for (size_t i = 0; i < ARRAY_LEN(roles); i++) {
        const struct credential *as = roles[i].of_project
                                          ? world_credential(w, roles[i].role, NULL, home.project)
                                          : world_credential(w, roles[i].role, home.domain, NULL);
        expect_rights(w, roles[i].of_project ? sibling : abroad, as, 0);
        (void)expect_text(accept(roles[i].of_project ? read_project(w, home, as)
                                                     : read_domain(w, home, as),
                                 200),
                          "/id");
    }
}

/* ---- why not ---- */

/* The path may be left out when it is empty. */
static void expect_no_path(struct world *w, const struct reply *r)
{
    const json_t *route = json_member(r->json, "relation_path");
    expect(w, route == NULL || json_array_size(route) == 0, "the relation_path is not empty");
}

CASE("REL-012", .clauses = { "REL-012" }, RELATIONS,
     .title = "without a binding that bears on the object the reason is out_of_scope")
{
    struct place at = new_place(w);
    expect_no_path(w, refuse_permission(judged(read_domain(w, at, w->nobody)), "out_of_scope"));
    expect_no_path(w,
                   refuse_permission(judged(read_domain(w, at, w->domain_admin)), "out_of_scope"));
    expect_no_path(w, refuse_permission(judged(deploy(w, at, w->foreign_admin)), "out_of_scope"));
    expect_no_path(w, refuse_permission(judged(rename_project(w, at, w->project_admin)),
                                        "out_of_scope"));
    expect_no_path(w, refuse_permission(judged(create_domain(w, at, w->nobody)), "out_of_scope"));
    accept(read_domain(w, at, w->platform_reader), 200);
}

/* The refusals of what exists and of what does not, by the same caller, differ in path and
 * correlation alone. */
static void expect_no_oracle(struct world *w, const struct credential *as, const char *reason,
                             const char *collection, const char *existing)
{
    struct reply *real =
        refuse_permission(judged(get(w, path(w, "%s/%s", collection, existing), .as = as)), reason);
    struct reply *none =
        refuse_permission(judged(get(w, path(w, "%s/%s", collection, unknown_uuid(w)), .as = as)),
                          reason);
    static const char *const members[] = { "/type", "/title", "/detail", "/reason" };
    for (size_t i = 0; i < ARRAY_LEN(members); i++)
        expect_equal(none, members[i], expect_text(real, members[i]));
    expect(w, json_object_size(real->json) == json_object_size(none->json),
           "one of the two refusals says more");
}

CASE("REL-013", .clauses = { "REL-013" }, RELATIONS,
     .title = "who may see nothing of an object does not learn whether it is there")
{
    struct place at = new_place(w);
    const struct credential *admin = world_credential(w, "project admin", NULL, at.project);
    const struct credential *auditor = world_credential(w, "domain auditor", at.domain, NULL);
    expect_no_oracle(w, w->nobody, "out_of_scope", "/v1/domains", at.domain);
    expect_no_oracle(w, w->nobody, "out_of_scope", "/v1/projects", at.project);
    expect_no_oracle(w, w->domain_admin, "out_of_scope", "/v1/domains", at.domain);
    /* Roles nearby that yield nothing there: a Project's on its Domain, an auditor's on Projects.
     */
    expect_no_oracle(w, admin, "out_of_scope", "/v1/domains", at.domain);
    expect_no_oracle(w, auditor, "out_of_scope", "/v1/projects", at.project);
    expect_no_oracle(w, w->platform_auditor, "out_of_scope", "/v1/projects", at.project);
    expect_no_oracle(w, w->platform_auditor, "insufficient_relation", "/v1/domains", at.domain);
    accept(read_project(w, at, admin), 200);
}

CASE("REL-014", .clauses = { "REL-014" }, RELATIONS,
     .title = "a binding that bears on the object but yields too little is named as such")
{
    struct place at = new_place(w);
    const struct credential *member = world_credential(w, "domain member", at.domain, NULL);
    const struct credential *admin = world_credential(w, "domain admin", at.domain, NULL);
    const struct credential *observer = world_credential(w, "project operator", NULL, at.project);
    const struct credential *maintainer =
        world_credential(w, "project maintainer", NULL, at.project);
    static const char why[] = "insufficient_relation";
    refuse_permission(judged(rename_domain(w, at, member)), why);
    refuse_permission(judged(deploy(w, at, member)), why);
    refuse_permission(judged(list_domain_audit(w, at, admin)), why);
    refuse_permission(judged(deploy(w, at, observer)), why);
    refuse_permission(judged(rename_project(w, at, maintainer)), why);
    refuse_permission(judged(create_domain(w, at, w->platform_reader)), why);
    refuse_permission(judged(rename_project(w, at, w->platform_reader)), why);
    accept(deploy(w, at, maintainer), 201);
}

static void expect_path(struct world *w, struct reply *r, const char *first, const char *second)
{
    expect_equal(r, "/relation_path/0", first);
    if (second != NULL)
        expect_equal(r, "/relation_path/1", second);
    size_t n = json_array_size(expect_member(r, "/relation_path")), want = second != NULL ? 2 : 1;
    expect(w, n == want, "the relation_path has %zu steps, expected %zu", n, want);
}

CASE("REL-016", .clauses = { "REL-016" }, RELATIONS,
     .title = "the path of a refusal names the role and each step from it down to the object")
{
    struct place at = new_place(w);
    const struct credential *member = world_credential(w, "domain member", at.domain, NULL);
    const struct credential *observer = world_credential(w, "project operator", NULL, at.project);
    static const char why[] = "insufficient_relation";
    const char *as_member = path(w, "domain:%s#member", at.domain);
    expect_path(w, refuse_permission(judged(rename_domain(w, at, member)), why), as_member, NULL);
    expect_path(w, refuse_permission(judged(rename_project(w, at, member)), why), as_member,
                path(w, "project:%s#parent", at.project));
    expect_path(w, refuse_permission(judged(deploy(w, at, observer)), why),
                path(w, "project:%s#operator", at.project), NULL);
    accept(read_project(w, at, observer), 200);
}

CASE("REL-017", .clauses = { "REL-017" }, RELATIONS,
     .title = "the platform is written platform:platform, in paths and in the audit chain")
{
    struct reply *r =
        refuse_permission(judged(create_domain(w, (struct place){ 0 }, w->platform_reader)),
                          "insufficient_relation");
    expect_path(w, r, "platform:platform#read", NULL);
    const char *correlation = expect_text(r, "/correlation_id");
    struct reply *rows =
        accept(judged(get(w, path(w, "/v1/platform/audit/entries?correlation_id=%s", correlation),
                          .as = w->platform_auditor)),
               200);
    expect_equal(rows, "/items/0/object/type", "platform");
    expect_equal(rows, "/items/0/object/id", "platform");
}

/* A Project takes the roles on it along: the next request of one who had such a role is judged
 * without it. */
CASE("REL-018", .clauses = { "REL-018" }, RELATIONS,
     .title = "a role that is gone counts no more with the next request")
{
    struct place at = new_place(w);
    const struct credential *admin = world_credential(w, "project admin", NULL, at.project);
    expect_equal(accept(judged(read_project(w, at, admin)), 200), "/id", at.project);
    accept(rename_project(w, at, admin), 200);
    accept(delete_(w, path(w, "/v1/projects/%s", at.project), .as = w->platform_manager), 204);
    expect_no_path(w, refuse_permission(judged(read_project(w, at, admin)), "out_of_scope"));
    refuse_permission(judged(rename_project(w, at, admin)), "out_of_scope");
}
