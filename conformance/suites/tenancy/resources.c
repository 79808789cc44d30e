/* suites/tenancy/resources.c — the Resource surface, adopted flow. */
#include <string.h>

#include "common/json.h"
#include "common/text.h"
#include "suites/common/pages.h"
#include "suites/derived/derived.h"
#include "suites/posture/posture.h"
#include "suites/tenancy/tenancy.h"

#define SUITE "tenancy"
#define NEEDS .needs = { "resources", "projects" }
#define RULED .needs = { "resources", "projects", "rulings" }

static const char *here(struct world *w)
{
    return resources_of(w, w->project_id);
}

static struct exchange *create(struct world *w, const json_t *body)
{
    return make(w, w->project_admin, here(w), body);
}

static json_t *made_resource(struct world *w, const char *project_id)
{
    return accept(make(w, w->platform_manager, resources_of(w, project_id), a_resource(w)), 201)
        ->json;
}

static void refuse_values(struct world *w, const json_t *body, const struct wrong *wrong,
                          const char *code)
{
    const struct attempt good = { make, w->project_admin, here(w), body, 201 };
    refuse_each(w, &good, wrong, 400, code);
}

/* Provisioned, and complete but for what nobody here has: the version and the credential are not
 * there. */
static json_t *a_provisioned(struct world *w)
{
    return json_own(w->arena, json_pack("{s:s, s:s, s:s, s:s}", "origin", "provisioned", "kind",
                                        "vm", "blueprint_version_id", unknown_id(w),
                                        "cloud_credential_id", unknown_id(w)));
}

/* RS-01. A fresh Project's list shows that no denied create left a row. */
CASE("RES-001", .clauses = { "RES-001" }, NEEDS, .budget_ms = 10000,
     .title = "creating a Resource needs deploy on the Project, and a denied create leaves nothing")
{
    const char *project = json_text(world_new_project(w, w->domain_id), "id");
    const char *where = resources_of(w, project);
    const struct credential *const others[] = {
        w->nobody,
        w->foreign_admin,
        w->domain_member,
        w->platform_reader,
        world_credential(w, "project operator", NULL, project),
    };
    for (size_t i = 0; i < ARRAY_LEN(others); i++)
        refuse_permission(judged(make(w, others[i], where, a_resource(w))), NULL);
    struct reply *r = accept(judged(get(w, where, .as = w->platform_reader)), 200);
    expect(w, json_array_size(expect_member(r, "/items")) == 0, "a denied create left a Resource");
    const struct credential *maintainer = world_credential(w, "project maintainer", NULL, project);
    accept(make(w, maintainer, where, a_resource(w)), 201);
    r = accept(judged(get(w, where, .as = w->platform_reader)), 200);
    expect(w, json_array_size(expect_member(r, "/items")) == 1,
           "the granted create left no Resource");
}

/* RS-12 */
CASE("RES-002", .clauses = { "RES-002", "RES-015", "RES-018" }, NEEDS,
     .title = "an adopted Resource is answered with 201, its Location and no provisioning")
{
    const json_t *body = a_resource(w);
    struct reply *r = accept(judged(create(w, body)), 201);
    expect_equal(r, "/kind", "vm");
    expect_equal(r, "/origin", "adopted");
    expect_equal(r, "/external_ref", json_text(body, "external_ref"));
    expect_equal(r, "/project_id", w->project_id);
    expect_equal(r, "/domain_id", w->domain_id);
    expect_header(r, "Location", resource_path(w, r->json));
    static const char *const hidden[] = { "/provisioning", "/blueprint_version_id",
                                          "/cloud_credential_id", "/parameters" };
    struct reply *read =
        accept(judged(get(w, resource_path(w, r->json), .as = w->project_operator)), 200);
    for (size_t i = 0; i < ARRAY_LEN(hidden); i++) {
        expect_absent(r, hidden[i]);
        expect_absent(read, hidden[i]);
    }
    r = accept(judged(create(w, but(w, body, "external_ref", NULL))), 201);
    expect_absent(r, "/external_ref");
}

/* RS-05 */
CASE("RES-003", .clauses = { "RES-003" }, NEEDS,
     .title = "a project_id that is no UUID, or the nil UUID, is refused")
{
    static const char *const wrong[] = { NIL_UUID, "zz", "0190c2a4" };
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
        const char *where = resources_of(w, wrong[i]);
        refuse(judged(make(w, w->platform_manager, where, a_resource(w))), 400,
               "invalid_project_id");
        refuse(judged(get(w, where, .as = w->platform_manager)), 400, "invalid_project_id");
    }
    accept(get(w, here(w), .as = w->platform_manager), 200);
}

CASE("RES-004", .clauses = { "RES-004", "RES-005" }, RULED,
     .title = "a create asks for permission, then for the Project, then reads the body")
{
    const char *nowhere = resources_of(w, unknown_id(w));
    const struct bytes garbage = BYTES_OF_TEXT("{");
    refuse_permission(judged(post(w, here(w), .as = w->project_operator, .raw = garbage)),
                      "insufficient_relation");
    refuse_permission(judged(post(w, nowhere, .as = w->project_admin, .raw = garbage)),
                      "out_of_scope");
    refuse(judged(post(w, nowhere, .as = w->platform_manager, .raw = garbage)), 404,
           "project_not_found");
    refuse(judged(post(w, here(w), .as = w->platform_manager, .raw = garbage)), 400,
           "invalid_body");
    accept(create(w, a_resource(w)), 201);
}

CASE("RES-005", .clauses = { "RES-005" }, NEEDS,
     .title = "a create below an unknown Project is 404 to a caller of the platform")
{
    const char *nowhere = resources_of(w, unknown_id(w));
    refuse_permission(judged(make(w, w->domain_admin, nowhere, a_resource(w))), NULL);
    refuse(judged(make(w, w->platform_manager, nowhere, a_resource(w))), 404, "project_not_found");
    accept(make(w, w->platform_manager, here(w), a_resource(w)), 201);
}

/* RS-02 */
CASE("RES-006", .clauses = { "RES-006" }, NEEDS,
     .title = "an origin that is missing or unknown is refused before anything else of the body")
{
    const json_t *body = a_resource(w);
    static const struct wrong wrong[] = {
        { "origin", NULL },
        { "origin", "\"Adopted\"" },
        { "origin", "\"imported\"" },
        { "origin", "\"\"" },
        { "origin", "null" },
        { "origin", "1" },
        { "origin", "\"PROVISIONED\"" },
        { NULL, NULL },
    };
    refuse_values(w, body, wrong, "invalid_resource_origin");
    json_t *worse = text_but(w, text_but(w, body, "colour", "green"), "kind", "   ");
    refuse(judged(create(w, text_but(w, worse, "origin", "imported"))), 400,
           "invalid_resource_origin");
    refuse(judged(create(w, worse)), 400, "invalid_body");
}

/* RS-04 */
CASE("RES-007", .clauses = { "RES-007" }, NEEDS,
     .title = "a create with a member it does not know is no body")
{
    static const struct wrong wrong[] = {
        { "colour", "\"green\"" }, { "id", "\"x\"" }, { "project_id", "\"x\"" }, { NULL, NULL }
    };
    refuse_values(w, a_resource(w), wrong, "invalid_body");
}

/* RS-03 */
CASE("RES-008", .clauses = { "RES-008" }, NEEDS,
     .title = "an adopted create with a member of the provisioned flow is no body")
{
    const char *id = path(w, "\"%s\"", unknown_id(w));
    const struct wrong wrong[] = { { "blueprint_version_id", id },
                                   { "cloud_credential_id", id },
                                   { "parameters", "{}" },
                                   { NULL, NULL } };
    refuse_values(w, a_resource(w), wrong, "invalid_body");
}

CASE("RES-009", .clauses = { "RES-009" }, NEEDS,
     .title = "a kind is any text of 1 to 64 characters, without surrounding white space")
{
    const struct wrong wrong[] = { { "kind", NULL },     { "kind", "\"\"" },
                                   { "kind", "\"  \"" }, { "kind", letters(w, 65) },
                                   { "kind", "7" },      { NULL, NULL } };
    refuse_values(w, a_resource(w), wrong, "invalid_body");
    static const char *const kinds[][2] = { { "  vm\t", "vm" },
                                            { "Any Text: \xc3\xa9 /", "Any Text: \xc3\xa9 /" },
                                            { "bridge", "bridge" } };
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
        expect_equal(accept(judged(create(w, text_but(w, a_resource(w), "kind", kinds[i][0]))),
                            201),
                     "/kind", kinds[i][1]);
}

/* RS-06 */
CASE("RES-010", .clauses = { "RES-010" }, NEEDS,
     .title = "an external_ref is optional and holds 1 to 256 characters")
{
    const struct wrong wrong[] = { { "external_ref", "\"\"" },
                                   { "external_ref", "\"   \"" },
                                   { "external_ref", letters(w, 257) },
                                   { "external_ref", "7" },
                                   { NULL, NULL } };
    refuse_values(w, a_resource(w), wrong, "invalid_body");
    const char *ref = world_name(w, "ref");
    const json_t *spaced = text_but(w, a_resource(w), "external_ref", path(w, " %s ", ref));
    expect_equal(accept(judged(create(w, spaced)), 201), "/external_ref", ref);
}

/* RS-11; the twin is refused for what it names, not for how it is written. */
CASE("RES-011", .clauses = { "RES-011", "RES-012", "RES-013" }, RULED,
     .title = "a provisioned create needs a version and a credential and takes no external_ref")
{
    const json_t *body = a_provisioned(w);
    static const struct wrong wrong[] = { { "blueprint_version_id", NULL },
                                          { "cloud_credential_id", NULL },
                                          { "blueprint_version_id", "\"zz\"" },
                                          { "external_ref", "\"any\"" },
                                          { NULL, NULL } };
    for (const struct wrong *bad = wrong; bad->member; bad++) {
        json_t *value = bad->value ? json_loads(bad->value, JSON_DECODE_ANY, NULL) : NULL;
        refuse(judged(create(w, but(w, body, bad->member, value))), 400, "invalid_body");
    }
    refuse(judged(create(w, body)), 422, "blueprint_not_found");
}

/* RS-09 */
CASE("RES-013", .clauses = { "RES-013" }, NEEDS,
     .title = "a provisioned create with an unknown blueprint version leaves no Resource")
{
    const char *where = resources_of(w, json_text(world_new_project(w, w->domain_id), "id"));
    refuse(judged(make(w, w->platform_manager, where, a_provisioned(w))), 422,
           "blueprint_not_found");
    struct reply *r = accept(judged(get(w, where, .as = w->platform_reader)), 200);
    expect(w, json_array_size(expect_member(r, "/items")) == 0,
           "the refused create left a Resource");
    accept(make(w, w->platform_manager, where, a_resource(w)), 201);
}

/* RS-14 */
CASE("RES-014", .clauses = { "RES-014" }, NEEDS,
     .title = "the same create sent twice makes two Resources")
{
    const json_t *body = a_resource(w);
    struct reply *first = accept(judged(create(w, body)), 201);
    struct reply *second = accept(judged(create(w, body)), 201);
    expect_equal(second, "/external_ref", expect_text(first, "/external_ref"));
    expect(w, !text_equal(expect_text(first, "/id"), expect_text(second, "/id")),
           "both creates answer one id");
    expect_unchanged(w, resource_path(w, first->json), first->json);
    expect_unchanged(w, resource_path(w, second->json), second->json);
}

CASE("RES-015", .clauses = { "RES-015" }, NEEDS,
     .title = "a Resource's Domain is that of its Project")
{
    const char *const places[][2] = { { w->project_id, w->domain_id },
                                      { w->foreign_project_id, w->foreign_domain_id } };
    for (size_t i = 0; i < ARRAY_LEN(places); i++) {
        struct reply *r = accept(judged(make(w, w->platform_manager, resources_of(w, places[i][0]),
                                             a_resource(w))),
                                 201);
        expect_equal(r, "/project_id", places[i][0]);
        expect_equal(r, "/domain_id", places[i][1]);
    }
}

CASE("RES-016", .clauses = { "RES-016" }, RULED,
     .title = "permissions on a Project hold for a new Resource at once")
{
    struct reply *made = accept(judged(create(w, a_resource(w))), 201);
    const char *where = resource_path(w, made->json);
    const struct credential *const readers[] = { w->project_operator, w->domain_member,
                                                 w->domain_admin, w->platform_reader };
    for (size_t i = 0; i < ARRAY_LEN(readers); i++)
        expect_equal(accept(judged(get(w, where, .as = readers[i])), 200), "/id",
                     json_text(made->json, "id"));
    refuse_permission(judged(delete_(w, where, .as = w->project_operator)), NULL);
    accept(delete_(w, where, .as = w->project_maintainer), 204);
}

/* RS-07 */
CASE("RES-017", .clauses = { "RES-017" }, NEEDS,
     .title = "a body of 8193 bytes is too large, one of 8192 is read")
{
    const json_t *body = a_resource(w);
    struct bytes over = padded(w, body, 8193), exactly = padded(w, body, 8192);
    refuse(judged(post(w, here(w), .as = w->project_admin, .raw = over)), 413,
           "request_body_too_large");
    accept(post(w, here(w), .as = w->project_admin, .raw = exactly), 201);
}

CASE(
    "RES-019", .clauses = { "RES-019" }, NEEDS,
    .title =
        "listing needs observe on the Project; an unknown one is empty to a caller of the platform")
{
    const char *nowhere = resources_of(w, unknown_id(w));
    refuse_permission(judged(get(w, here(w), .as = w->nobody)), "out_of_scope");
    refuse_permission(judged(get(w, here(w), .as = w->domain_auditor)), NULL);
    refuse_permission(judged(get(w, nowhere, .as = w->domain_admin)), "out_of_scope");
    struct reply *r = accept(judged(get(w, nowhere, .as = w->platform_reader)), 200);
    expect(w, json_array_size(expect_member(r, "/items")) == 0, "an unknown Project has Resources");
    expect_absent(r, "/next_cursor");
    accept(get(w, here(w), .as = w->project_operator), 200);
}

/* Every cursor key of the environment contract is taken away; this list still has its cursors. */
CASE("RES-020", .clauses = { "RES-020" },
     .needs = { "posture", "resources", "projects", "rulings" },
     .flags = CASE_OWN_TARGET | CASE_UNJUDGED, .budget_ms = 60000,
     .title = "the Resource operations need no variable of their own")
{
    static const char suffix[] = "_CURSOR_HMAC_KEY";
    struct change changes[64] = { { NULL, NULL } };
    size_t n = 0;
    const char *name;
    json_t *value;
    json_object_foreach ((json_t *)(uintptr_t)w->profile->boot_env, name, value)
        if (text_ends(name, suffix) && n + 1 < ARRAY_LEN(changes))
            changes[n++] = (struct change){ name, NULL };
    expect(w, n > 0, "the profile's boot_env has no variable *%s", suffix);
    const char *where = resources_of(w, json_text(world_new_project(w, w->domain_id), "id"));
    struct booted *b = posture_ready(w, changes);
    const struct credential *op = w->platform_manager;
    for (int i = 0; i < 2; i++) {
        struct reply *r = accept(post(w, where, .as = op, .json = json_incref(a_resource(w)),
                                      .base_url = b->base_url),
                                 201);
        accept(get(w, resource_path(w, r->json), .as = op, .base_url = b->base_url), 200);
    }
    struct reply *r =
        accept(get(w, path(w, "%s?limit=1", where), .as = op, .base_url = b->base_url), 200);
    const char *cursor = expect_text(r, "/next_cursor");
    accept(get(w, asking(w, where, "cursor", cursor), .as = op, .base_url = b->base_url), 200);
    refuse(get(w, PROJECTS, .as = op, .base_url = b->base_url), 501, NULL);
}

/* RS-20 */
CASE("RES-021", .clauses = { "RES-021", "RES-022" }, NEEDS, .budget_ms = 10000,
     .title = "Resources are listed from the oldest to the newest")
{
    enum { N = 5 };
    const char *project = json_text(world_new_project(w, w->domain_id), "id"), *id[N];
    for (int i = 0; i < N; i++)
        id[i] = json_text(made_resource(w, project), "id");
    const char *cursor = NULL;
    for (size_t seen = 0; seen < N;) {
        struct reply *r =
            accept(judged(page(w, w->platform_reader, resources_of(w, project), 2, cursor)), 200);
        size_t n = json_array_size(expect_member(r, "/items"));
        for (size_t k = 0; k < n; k++, seen++)
            expect_equal(r, path(w, "/items/%zu/id", k), seen < N ? id[seen] : "the end");
        cursor = next_cursor(w, r);
        expect(w, n > 0 && (cursor == NULL) == (seen == N), "after %zu rows next_cursor is %s",
               seen, cursor ? "there" : "absent");
    }
}

CASE("RES-025", .clauses = { "RES-025", "CUR-001" }, NEEDS,
     .title = "a limit outside 1 to 200 is refused and never clamped")
{
    static const char *const wrong[] = { "0", "201", "-1", "100000" };
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
        refuse(judged(get(w, path(w, "%s?limit=%s", here(w), wrong[i]), .as = w->project_admin)),
               400, "invalid_limit");
    accept(get(w, path(w, "%s?limit=1", here(w)), .as = w->project_admin), 200);
    accept(get(w, path(w, "%s?limit=200", here(w)), .as = w->project_admin), 200);
}

/* RS-18 */
CASE("RES-026", .clauses = { "RES-026", "RES-027" }, NEEDS,
     .title = "a caller without observe hears the same of a known and of an unknown Resource")
{
    const char *known = resource_path(w, made_resource(w, w->project_id));
    const char *unknown = path(w, "/v1/resources/%s", unknown_id(w));
    const struct credential *const callers[] = { w->nobody, w->foreign_admin };
    for (size_t i = 0; i < ARRAY_LEN(callers); i++) {
        struct reply *a = refuse_permission(judged(get(w, known, .as = callers[i])), NULL);
        struct reply *b = refuse_permission(judged(get(w, unknown, .as = callers[i])), NULL);
        expect_equal(b, "/reason", expect_text(a, "/reason"));
        expect_equal(b, "/detail", expect_text(a, "/detail"));
        expect_equal(b, "/title", expect_text(a, "/title"));
    }
    refuse(judged(get(w, unknown, .as = w->platform_reader)), 404, "resource_not_found");
    accept(get(w, known, .as = w->platform_reader), 200);
}

CASE("RES-027", .clauses = { "RES-027" }, RULED,
     .title = "an unknown Resource is 404 to a caller with authority over the platform")
{
    const char *unknown = path(w, "/v1/resources/%s", unknown_id(w));
    refuse(judged(get(w, unknown, .as = w->platform_manager)), 404, "resource_not_found");
    refuse(judged(delete_(w, unknown, .as = w->platform_manager)), 404, "resource_not_found");
    refuse_permission(judged(get(w, unknown, .as = w->project_admin)), NULL);
    accept(get(w, resource_path(w, made_resource(w, w->project_id)), .as = w->platform_manager),
           200);
}

/* RS-17 */
CASE("RES-028", .clauses = { "RES-028" }, RULED,
     .title = "an id that is no UUID, or the nil UUID, is refused")
{
    static const char *const wrong[] = { NIL_UUID, "x", "0190c2a4" };
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
        const char *where = path(w, "/v1/resources/%s", wrong[i]);
        refuse(judged(get(w, where, .as = w->platform_manager)), 400, "invalid_resource_id");
        refuse(judged(delete_(w, where, .as = w->platform_manager)), 400, "invalid_resource_id");
    }
    accept(get(w, resource_path(w, made_resource(w, w->project_id)), .as = w->platform_manager),
           200);
}

/* RS-21 */
CASE("RES-029", .clauses = { "RES-029" }, NEEDS,
     .title = "create, get and list show one representation")
{
    const char *project = json_text(world_new_project(w, w->domain_id), "id");
    struct reply *made =
        accept(judged(make(w, w->platform_manager, resources_of(w, project), a_resource(w))), 201);
    expect_unchanged(w, resource_path(w, made->json), made->json);
    struct reply *list =
        accept(judged(get(w, resources_of(w, project), .as = w->platform_reader)), 200);
    expect(w, json_equal(expect_member(list, "/items/0"), made->json),
           "the list shows the Resource differently");
}

CASE("RES-030", .clauses = { "RES-030" }, NEEDS, .title = "deleting needs deploy on the Project")
{
    json_t *made = made_resource(w, w->project_id);
    const struct credential *const others[] = { w->nobody, w->project_operator, w->domain_member,
                                                w->foreign_admin };
    for (size_t i = 0; i < ARRAY_LEN(others); i++)
        refuse_permission(judged(delete_(w, resource_path(w, made), .as = others[i])), NULL);
    expect_unchanged(w, resource_path(w, made), made);
    accept(delete_(w, resource_path(w, made), .as = w->project_maintainer), 204);
}

/* RS-15 */
CASE("RES-031", .clauses = { "RES-031" }, NEEDS,
     .title = "an adopted Resource is deleted once and then gone")
{
    const char *project = json_text(world_new_project(w, w->domain_id), "id");
    const char *where = resource_path(w, made_resource(w, project));
    const char *stays = json_text(made_resource(w, project), "id");
    accept(judged(delete_(w, where, .as = w->platform_manager)), 204);
    refuse(judged(delete_(w, where, .as = w->platform_manager)), 404, "resource_not_found");
    refuse(judged(get(w, where, .as = w->platform_reader)), 404, "resource_not_found");
    struct reply *r =
        accept(judged(get(w, resources_of(w, project), .as = w->platform_reader)), 200);
    expect_equal(r, "/items/0/id", stays);
    expect_absent(r, "/items/1");
}

CASE("RES-032", .clauses = { "RES-032" },
     .needs = { "resources", "projects", "domains", "audit", "rulings" },
     .title = "a granted create or delete stands on the Domain's chain")
{
    json_t *domain = made_domain(w, a_domain(w));
    json_t *project = made_project(w, a_project(w, json_text(domain, "id")));
    const char *chain = domain_path(w, domain), *where = resources_of(w, json_text(project, "id"));
    refuse_permission(judged(make(w, w->nobody, where, a_resource(w))), NULL);
    expect(w, chain_entries(w, chain, "resource.create", NULL, NULL) == 0,
           "a denied create counts as granted");
    struct reply *made = accept(judged(make(w, w->platform_manager, where, a_resource(w))), 201);
    expect_equal(made, "/origin", "adopted");
    expect(w, chain_entries(w, chain, "resource.create", w->platform_manager, NULL) == 1,
           "a granted create did not leave one entry resource.create");
    accept(delete_(w, resource_path(w, made->json), .as = w->platform_manager), 204);
    expect(w, chain_entries(w, chain, "resource.delete", w->platform_manager, NULL) == 1,
           "a granted delete did not leave one entry resource.delete");
}

CASE("RES-033", .clauses = { "RES-033" },
     .needs = { "resources", "registration", "bootstrap-tokens", "node-inventory", "heartbeat",
                "rulings" },
     .budget_ms = 15000, .title = "a Node bound to a deleted Resource stays registered")
{
    const char *domain = json_text(made_domain(w, a_domain(w)), "id");
    const json_t *node = world_new_node(w, json_text(world_new_project(w, domain), "id"));
    const char *resource = path(w, "/v1/resources/%s", json_text(node, "resource_id"));
    const char *nodes = path(w, "/v1/nodes?domain_id=%s", domain);
    struct reply *before = accept(judged(get(w, nodes, .as = w->platform_reader)), 200);
    expect_equal(before, "/items/0/kind", "node");
    accept(judged(delete_(w, resource, .as = w->platform_manager)), 204);
    refuse(judged(get(w, resource, .as = w->platform_manager)), 404, "resource_not_found");
    struct reply *r = accept(judged(get(w, nodes, .as = w->platform_reader)), 200);
    expect_equal(r, "/items/0/id", json_text(node, "node_id"));
    expect_absent(r, "/items/0/kind");
    const struct contract_operation *op = contract_operation("PostNodeHeartbeat");
    accept(post(w, path(w, "/v1/nodes/%s/heartbeat", json_text(node, "node_id")),
                .bearer = json_text(node, "nsk"), .json = sample_body(w, op)),
           200);
}

static struct exchange *register_on(struct world *w, const char *handle)
{
    const struct contract_operation *op = contract_operation("PostRegister");
    json_t *body = sample_body(w, op);
    json_object_set_new(body, "resource_handle", json_string(handle));
    return post(w, "/v1/register", .json = body);
}

CASE("RES-034", .clauses = { "RES-034" },
     .needs = { "resources", "registration", "bootstrap-tokens", "rulings" }, .budget_ms = 15000,
     .title =
         "a resource_handle is an id or an external_ref of the Project, and only one Resource's")
{
    json_t *made = made_resource(w, w->project_id);
    json_t *foreign = made_resource(w, w->foreign_project_id);
    const json_t *twice = a_resource(w);
    accept(create(w, twice), 201);
    accept(create(w, twice), 201);
    const char *const wrong[] = { json_text(foreign, "id"), json_text(foreign, "external_ref"),
                                  json_text(twice, "external_ref"), "no-such-resource",
                                  unknown_id(w) };
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
        refuse(judged(register_on(w, wrong[i])), 404, "resource_not_found");
    expect_text(accept(judged(register_on(w, json_text(made, "external_ref"))), 201), "/node_id");
    accept(register_on(w, json_text(made_resource(w, w->project_id), "id")), 201);
}
