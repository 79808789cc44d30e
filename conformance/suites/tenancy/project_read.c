/* suites/tenancy/project_read.c — GetProject and ListProjects. */
#include <string.h>

#include "common/json.h"
#include "common/text.h"
#include "suites/common/pages.h"
#include "suites/posture/posture.h"
#include "suites/tenancy/tenancy.h"

#define SUITE "tenancy"
#define NEEDS .needs = { "projects", "domains" }

static const char *of_domain(struct world *w, const char *domain_id)
{
    return path(w, PROJECTS "?domain_id=%s", domain_id);
}

CASE("PRJ-021", .clauses = { "PRJ-021" }, NEEDS,
     .title = "an unknown Project is 404 past the gate and 403 before it")
{
    const char *unknown = path(w, PROJECTS "/%s", unknown_id(w));
    const char *known = path(w, PROJECTS "/%s", w->project_id);
    refuse_permission(judged(get(w, unknown, .as = w->foreign_admin)), "out_of_scope");
    refuse_permission(judged(get(w, known, .as = w->foreign_admin)), "out_of_scope");
    refuse(judged(get(w, unknown, .as = w->platform_reader)), 404, "project_not_found");
    refuse(judged(patch(w, unknown, .as = w->platform_manager,
                        .json = json_pack("{s:s}", "name", "any"))),
           404, "project_not_found");
    refuse(judged(delete_(w, unknown, .as = w->platform_manager)), 404, "project_not_found");
    accept(get(w, known, .as = w->project_operator), 200);
}

/* Made in an order that is not the list's. */
CASE("PRJ-022", .clauses = { "PRJ-022" }, NEEDS, .budget_ms = 15000,
     .title = "Projects are listed by slug in byte order")
{
    static const char *const slugs[] = { "b", "a-b", "a", "ab", "a1", "0" };
    static const char *const order[] = { "0", "a", "a-b", "a1", "ab", "b" };
    const char *domain = json_text(made_domain(w, a_domain(w)), "id");
    for (size_t i = 0; i < ARRAY_LEN(slugs); i++)
        made_project(w, text_but(w, a_project(w, domain), "slug", slugs[i]));
    for (int limit = 1; limit <= 4; limit += 3) {
        const char *cursor = NULL;
        for (size_t i = 0; i < ARRAY_LEN(order);) {
            struct reply *r =
                accept(judged(page(w, w->platform_reader, of_domain(w, domain), limit, cursor)),
                       200);
            size_t n = json_array_size(expect_member(r, "/items"));
            for (size_t k = 0; k < n; k++, i++)
                expect_equal(r, path(w, "/items/%zu/slug", k),
                             i < ARRAY_LEN(order) ? order[i] : "the end");
            cursor = next_cursor(w, r);
            expect(w, (cursor == NULL) == (i == ARRAY_LEN(order)) && n > 0,
                   "the list does not go on to its end");
        }
    }
}

/* Two Projects with one slug in two Domains stand beside each other; a page of one row ends between
 * them. */
CASE("PRJ-022-b", .clauses = { "PRJ-022" }, .needs = { "projects", "domains", "rulings" },
     .budget_ms = 20000, .title = "Projects of two Domains with one slug are both listed, by id")
{
    const char *slug = path(w, "0-%s", world_name(w, "twin"));
    json_t *first = made_project(w, text_but(w, a_project(w, w->domain_id), "slug", slug));
    json_t *second = made_project(w, text_but(w, a_project(w, w->foreign_domain_id), "slug", slug));
    const char *low = json_text(first, "id"), *high = json_text(second, "id"), *cursor = NULL;
    if (strcmp(low, high) > 0) {
        const char *swap = low;
        low = high;
        high = swap;
    }
    for (int step = 0; step < 200; step++) {
        struct reply *r = accept(judged(page(w, w->platform_reader, PROJECTS, 1, cursor)), 200);
        cursor = expect_text(r, "/next_cursor");
        if (!text_equal(expect_text(r, "/items/0/id"), low))
            continue;
        r = accept(judged(page(w, w->platform_reader, PROJECTS, 1, cursor)), 200);
        expect_equal(r, "/items/0/id", high);
        return;
    }
    fail_case(w, __FILE__, __LINE__, "the first of the two was not met in 200 pages");
}

/* tenancy-surfaces 13, case 8 */
CASE("PRJ-023", .clauses = { "PRJ-023", "CUR-006", "CUR-005" }, NEEDS, .budget_ms = 15000,
     .title = "pages before the only readable Project are empty and go on")
{
    const char *domain = json_text(made_domain(w, a_domain(w)), "id");
    json_t *made[3];
    for (int i = 0; i < 3; i++)
        made[i] = made_project(w, text_but(w, a_project(w, domain), "slug", path(w, "p-%d", i)));
    const struct credential *reader =
        world_credential(w, "project operator", NULL, json_text(made[2], "id"));
    const char *cursor = NULL;
    for (int i = 0; i < 2; i++) {
        struct reply *r = accept(judged(page(w, reader, of_domain(w, domain), 1, cursor)), 200);
        expect(w, json_array_size(expect_member(r, "/items")) == 0, "page %d is not empty", i);
        expect_equal(r, "/empty_reason", "no_rebac_membership");
        cursor = expect_text(r, "/next_cursor");
    }
    struct reply *r = accept(judged(page(w, reader, of_domain(w, domain), 1, cursor)), 200);
    expect_equal(r, "/items/0/id", json_text(made[2], "id"));
    expect_absent(r, "/next_cursor");
    expect_absent(r, "/empty_reason");
}

CASE("PRJ-025", .clauses = { "PRJ-025", "PRJ-041" }, NEEDS,
     .title =
         "empty_reason tells that rows were there and none readable; an empty window says nothing")
{
    const char *bare = json_text(made_domain(w, a_domain(w)), "id");
    struct reply *r =
        accept(judged(get(w, of_domain(w, w->domain_id), .as = w->foreign_admin)), 200);
    expect(w, json_array_size(expect_member(r, "/items")) == 0, "a stranger is shown Projects");
    expect_equal(r, "/empty_reason", "no_rebac_membership");
    const struct credential *const all[] = { w->foreign_admin, w->platform_reader };
    for (size_t i = 0; i < ARRAY_LEN(all); i++) {
        const char *const empty[] = { of_domain(w, bare), of_domain(w, unknown_id(w)) };
        for (size_t j = 0; j < ARRAY_LEN(empty); j++) {
            r = accept(judged(get(w, empty[j], .as = all[i])), 200);
            expect(w, json_array_size(expect_member(r, "/items")) == 0, "%s shows rows", empty[j]);
            expect_absent(r, "/empty_reason");
            expect_absent(r, "/next_cursor");
        }
    }
    r = accept(get(w, of_domain(w, w->domain_id), .as = w->domain_member), 200);
    expect_absent(r, "/empty_reason");
}

CASE("PRJ-040", .clauses = { "PRJ-040" }, NEEDS,
     .title = "a domain_id filter that is no UUID, or the nil UUID, is refused")
{
    static const char *const wrong[] = { "zz", "", NIL_UUID, "0190c2a4" };
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
        refuse(judged(get(w, of_domain(w, wrong[i]), .as = w->platform_reader)), 400,
               "invalid_domain_filter");
    accept(get(w, of_domain(w, w->domain_id), .as = w->platform_reader), 200);
}

CASE("PRJ-042", .clauses = { "PRJ-042" }, NEEDS,
     .title = "an id that is no UUID, or the nil UUID, is refused")
{
    static const char *const wrong[] = { NIL_UUID, "zz", "0190c2a4" };
    const struct credential *op = w->platform_manager;
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
        const char *where = path(w, PROJECTS "/%s", wrong[i]);
        refuse(judged(get(w, where, .as = op)), 400, "invalid_project_id");
        refuse(judged(patch(w, where, .as = op, .json = json_pack("{s:s}", "name", "any"))), 400,
               "invalid_project_id");
        refuse(judged(delete_(w, where, .as = op)), 400, "invalid_project_id");
    }
    accept(get(w, path(w, PROJECTS "/%s", w->project_id), .as = op), 200);
}

CASE("PRJ-043", .clauses = { "PRJ-043" }, NEEDS,
     .title = "create, get, list and patch show one representation")
{
    struct reply *made =
        accept(judged(make(w, w->platform_manager, PROJECTS, a_project(w, w->domain_id))), 201);
    const char *where = project_path(w, made->json);
    expect_unchanged(w, where, made->json);
    struct reply *patched = accept(judged(patch(w, where, .as = w->platform_manager,
                                                .json = json_pack("{s:s}", "name", "renamed"))),
                                   200);
    expect_unchanged(w, where, patched->json);
    json_t *item = listed(w, w->platform_reader, of_domain(w, w->domain_id), "id",
                          json_text(made->json, "id"));
    expect(w, item && json_equal(item, patched->json), "the list shows the Project differently");
}

CASE("PRJ-046", .clauses = { "PRJ-046" }, .needs = { "posture", "projects", "domains", "rulings" },
     .flags = CASE_OWN_TARGET | CASE_UNJUDGED, .budget_ms = 60000,
     .title = "without its cursor key only ListProjects is off")
{
    struct booted *b =
        posture_ready(w,
                      (struct change[]){ { "PLEXSPHERE_PROJECTS_CURSOR_HMAC_KEY", NULL }, { 0 } });
    const struct credential *op = w->platform_manager;
    refuse(get(w, PROJECTS, .as = op, .base_url = b->base_url), 501, NULL);
    struct reply *made =
        accept(post(w, PROJECTS, .as = op, .json = json_incref(a_project(w, w->domain_id)),
                    .base_url = b->base_url),
               201);
    const char *where = project_path(w, made->json);
    accept(get(w, where, .as = op, .base_url = b->base_url), 200);
    accept(patch(w, where, .as = op, .json = json_pack("{s:s}", "name", "renamed"),
                 .base_url = b->base_url),
           200);
    accept(delete_(w, where, .as = op, .base_url = b->base_url), 204);
    accept(get(w, PROJECTS, .as = op), 200);
}
