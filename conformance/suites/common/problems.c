/* suites/common/problems.c — PRB-*: what the derived arms cannot say of Problems. */
#include "common/json.h"
#include "common/text.h"
#include "common/uuid.h"
#include "suites/common/pages.h"
#include "suites/derived/derived.h"

#define SUITE "common"

static const char *entries_of(struct world *w, const char *domain)
{
    return path(w, "/v1/domains/%s/audit/entries", domain);
}

CASE("PRB-008", .clauses = { "PRB-008", "AUD-010" }, .needs = { "domains", "audit" },
     .title = "a denial and its audit entry carry one correlation_id")
{
    const char *domain = json_text(world_new_domain(w), "id");
    const char *where = path(w, "/v1/domains/%s", domain);
    struct reply *denial = refuse_permission(judged(get(w, where, .as = w->nobody)), NULL);
    const char *id = expect_text(denial, "/correlation_id");
    struct reply *other = refuse_permission(judged(get(w, where, .as = w->nobody)), NULL);
    expect(w, !text_equal(id, expect_text(other, "/correlation_id")),
           "two denials carry one correlation_id");
    struct reply *r = accept(judged(get(w, asking(w, entries_of(w, domain), "correlation_id", id),
                                        .as = w->platform_auditor)),
                             200);
    expect(w, json_array_size(expect_member(r, "/items")) == 1,
           "%zu entries carry the denial's correlation_id, expected one",
           json_array_size(expect_member(r, "/items")));
    expect_equal(r, "/items/0/correlation_id", id);
    expect_equal(r, "/items/0/reason", expect_text(denial, "/reason"));
    expect_equal(r, "/items/0/relation", "read");
    expect_equal(r, "/items/0/object/id", domain);
}

CASE("PRB-009", .clauses = { "PRB-009", "PRB-011" }, .needs = { "domains" },
     .title = "a path that no operation has answers 404 with the slug not-found and no code")
{
    const char *const nowhere[] = { "/v1/nothing-of-this-name", "/v1", "/v2/domains",
                                    path(w, "/v1/domains/%s/nothing-here", w->domain_id),
                                    path(w, "/v1/domain/%s", w->domain_id) };
    const struct credential *const callers[] = { w->platform_manager, NULL };
    for (size_t i = 0; i < ARRAY_LEN(nowhere); i++)
        for (size_t j = 0; j < ARRAY_LEN(callers); j++) {
            struct reply *r = refuse(judged(get(w, nowhere[i], .as = callers[j])), 404, NULL);
            expect_equal(r, "/type", "https://plexsphere.com/errors/not-found");
            expect_absent(r, "/code");
        }
    accept(get(w, path(w, "/v1/domains/%s", w->domain_id), .as = w->platform_manager), 200);
}

CASE("PRB-011", .clauses = { "PRB-011" }, .needs = { "meta", "audit", "rulings" },
     .title = "where the contract names no code there is no code member")
{
    const char *entries = entries_of(w, w->domain_id);
    struct reply *asset = refuse(judged(get(w, "/v1/docs/assets/no-such-asset.js")), 404, NULL);
    expect_absent(asset, "/code");
    struct reply *instant =
        refuse(judged(get(w, asking(w, entries, "from", "yesterday"), .as = w->domain_auditor)),
               400, NULL);
    expect_absent(instant, "/code");
    struct reply *named = refuse(get(w, asking(w, entries, "limit", "0"), .as = w->domain_auditor),
                                 400, "invalid_limit");
    expect_equal(named, "/code", "invalid_limit");
}

static void expect_no_counts(struct reply *r)
{
    expect_absent(r, "/child_counts");
    expect_absent(r, "/project_child_counts");
    expect_absent(r, "/cloud_child_counts");
}

CASE("PRB-012", .clauses = { "PRB-012" }, .needs = { "domains", "projects", "resources" },
     .title = "child counts stand only in the refusal that they explain")
{
    struct uuid nothing = uuid_v7(world_now(w));
    const char *unknown = uuid_text(w->arena, &nothing);
    const struct credential *op = w->platform_manager;
    const char *domain_id = json_text(world_new_domain(w), "id");
    const char *project_id = json_text(world_new_project(w, domain_id), "id");
    const char *domain = path(w, "/v1/domains/%s", domain_id);
    const char *project = path(w, "/v1/projects/%s", project_id);
    world_new_resource(w, project_id, "vm");
    expect_no_counts(refuse(judged(delete_(w, path(w, "/v1/domains/%s", unknown), .as = op)), 404,
                            "domain_not_found"));
    expect_no_counts(refuse(judged(delete_(w, path(w, "/v1/projects/%s", unknown), .as = op)), 404,
                            "project_not_found"));
    expect_no_counts(refuse_permission(judged(delete_(w, domain, .as = w->nobody)), NULL));
    expect_no_counts(
        refuse(judged(patch(w, domain, .as = op, .json = json_object())), 400, "empty_patch"));
    struct reply *full = refuse(judged(delete_(w, domain, .as = op)), 409, "domain_not_empty");
    expect_int(full, "/child_counts/projects");
    expect_absent(full, "/project_child_counts");
    full = refuse(judged(delete_(w, project, .as = op)), 409, "project_not_empty");
    expect_int(full, "/project_child_counts/resources");
    expect_absent(full, "/child_counts");
}

/* One refusal of each kind, on a path with a query: what every Problem says of itself. */
CASE("PRB-002", .clauses = { "PRB-001", "PRB-002", "PRB-003", "PRB-004", "PRB-015" },
     .needs = { "domains", "projects" },
     .title = "a Problem says its type, title, status and the path without the query")
{
    const struct credential *op = w->platform_manager;
    const char *made = json_text(world_new_domain(w), "id");
    const char *domain = path(w, "/v1/domains/%s", made);
    world_new_project(w, made);
    struct uuid id = uuid_v7(world_now(w));
    const char *unknown = path(w, "/v1/domains/%s", uuid_text(w->arena, &id));
    const struct {
        struct exchange *x;
        int status;
        const char *code, *type, *instance;
    } refusals[] = {
        { get(w, "/v1/domains?limit=0", .as = op), 400, "invalid_limit", "invalid-limit",
          "/v1/domains" },
        { get(w, path(w, "%s?any=thing", domain)), 401, "unauthenticated", "unauthenticated",
          domain },
        { get(w, path(w, "%s?any=thing", domain), .as = w->nobody), 403, "permission_denied",
          "permission-denied", domain },
        { get(w, path(w, "%s?any=thing", unknown), .as = op), 404, "domain_not_found",
          "domain-not-found", unknown },
        { delete_(w, domain, .as = op), 409, "domain_not_empty", "domain-not-empty", domain },
    };
    for (size_t i = 0; i < ARRAY_LEN(refusals); i++) {
        struct reply *r = refuse(judged(refusals[i].x), refusals[i].status, refusals[i].code);
        expect_equal(r, "/type", path(w, "https://plexsphere.com/errors/%s", refusals[i].type));
        expect_equal(r, "/instance", refusals[i].instance);
        expect(w, expect_int(r, "/status") == refusals[i].status, "the body says another status");
        expect(w, !text_blank(expect_text(r, "/title")) && !text_blank(expect_text(r, "/detail")),
               "title or detail is blank");
    }
    accept(get(w, path(w, "%s?any=thing", domain), .as = op), 200);
}

CASE("PRB-014", .clauses = { "PRB-014" }, .needs = { "bootstrap-tokens", "api-tokens", "rulings" },
     .budget_ms = 15000, .title = "where no source states a cap, a body may hold 64 KiB")
{
    enum { CAP = 64 * 1024 };
    static const char *const operations[] = { "IssueBootstrapToken", "PostAuthTokens" };
    for (size_t i = 0; i < ARRAY_LEN(operations); i++) {
        const struct contract_operation *op = contract_operation(operations[i]);
        struct filled f = fill(w, op, false);
        struct ask over = { .raw = padded(w, f.body, CAP + 1) };
        struct ask exactly = { .raw = padded(w, f.body, CAP) };
        refuse(judged(filled_exchange(w, op, &f, over)), 413, "request_body_too_large");
        accept(filled_exchange(w, op, &f, exactly), 201);
    }
}
