/* suites/tenancy/domain_read.c — GetDomain and ListDomains.
 *
 * All cases of a run make Domains in one list. Slugs that begin with a zero stand at its front, so
 * that a walk in small steps that begins there meets this case's rows soon. */
#include <string.h>

#include "common/json.h"
#include "common/text.h"
#include "suites/common/pages.h"
#include "suites/posture/posture.h"
#include "suites/tenancy/tenancy.h"

#define SUITE "tenancy"
#define NEEDS .needs = { "domains" }

enum { FRONT = 3, STEPS_MAX = 200 };

/* Three Domains with neighbouring slugs near the beginning of the list, in order. */
static void make_at_front(struct world *w, json_t *out[FRONT])
{
    const char *name = world_name(w, "front");
    for (int i = 0; i < FRONT; i++)
        out[i] = made_domain(w, text_but(w, a_domain(w), "slug", path(w, "0-%s-%d", name, i)));
}

static bool holds(const json_t *page, const json_t *domain)
{
    size_t i;
    json_t *item;
    json_array_foreach (json_member(page, "items"), i, item)
        if (text_equal(json_text(item, "id"), json_text(domain, "id")))
            return true;
    return false;
}

CASE("DOM-024", .clauses = { "DOM-024", "CUR-007" }, NEEDS, .budget_ms = 20000,
     .title = "Domains are listed by slug, each readable one once")
{
    json_t *mine[FRONT];
    size_t i;
    json_t *item;
    make_at_front(w, mine);
    json_t *all = walk(w, w->platform_manager, DOMAINS, 50);
    for (int k = 0; k < FRONT; k++) {
        json_t *seen = listed(w, w->platform_manager, DOMAINS, "id", json_text(mine[k], "id"));
        expect(w, seen && json_equal(seen, mine[k]), "the list does not show the Domain as made");
    }
    const char *before = "";
    json_array_foreach (all, i, item) {
        const char *slug = json_text(item, "slug");
        expect(w, strcmp(before, slug) < 0, "%s is listed behind %s", slug, before);
        before = slug;
    }
    struct reply *r = accept(judged(page(w, w->platform_manager, DOMAINS, 2, NULL)), 200);
    expect(w, json_array_size(expect_member(r, "/items")) == 2, "a page of 2 does not hold 2");
    expect(w, strcmp(expect_text(r, "/items/0/slug"), expect_text(r, "/items/1/slug")) < 0,
           "the first two Domains are not in order");
}

/* Rows before the one that the caller may read fill pages of one row, and those pages are empty. */
CASE("DOM-025", .clauses = { "DOM-025", "DOM-026", "CUR-006" }, NEEDS, .budget_ms = 20000,
     .title = "a page is cut before unreadable Domains are left out of it")
{
    json_t *mine[FRONT];
    make_at_front(w, mine);
    const struct credential *reader =
        world_credential(w, "domain member", json_text(mine[FRONT - 1], "id"), NULL);
    const char *cursor = NULL;
    for (int step = 0, empty = 0; step < STEPS_MAX; step++) {
        struct reply *r = accept(judged(page(w, reader, DOMAINS, 1, cursor)), 200);
        if (holds(r->json, mine[FRONT - 1])) {
            expect(w, empty >= FRONT - 1, "only %d pages before the row are empty", empty);
            expect_absent(r, "/empty_reason");
            return;
        }
        expect(w, json_array_size(expect_member(r, "/items")) == 0,
               "the caller is shown a Domain that is not its own");
        expect_equal(r, "/empty_reason", "no_rebac_membership");
        cursor = expect_text(r, "/next_cursor");
        empty++;
    }
    fail_case(w, __FILE__, __LINE__, "the readable Domain was not met in %d pages", STEPS_MAX);
}

CASE("DOM-026", .clauses = { "DOM-026" }, NEEDS,
     .title = "empty_reason tells a caller who may read none of the rows, and nobody else")
{
    struct reply *r = accept(judged(page(w, w->nobody, DOMAINS, 200, NULL)), 200);
    expect(w, json_array_size(expect_member(r, "/items")) == 0, "nobody is shown a Domain");
    expect_equal(r, "/empty_reason", "no_rebac_membership");
    r = accept(judged(page(w, w->platform_reader, DOMAINS, 200, NULL)), 200);
    expect(w, json_array_size(expect_member(r, "/items")) > 0, "the reader is shown no Domain");
    expect_absent(r, "/empty_reason");
}

CASE("DOM-027", .clauses = { "DOM-027", "CUR-005" }, NEEDS, .budget_ms = 20000,
     .title = "the list of Domains ends with a page without next_cursor, and only then")
{
    const char *cursor = NULL, *last = "";
    bool ended = false;
    for (int step = 0; step < STEPS_MAX && !ended; step++) {
        struct reply *r = accept(judged(page(w, w->platform_reader, DOMAINS, 40, cursor)), 200);
        size_t n = json_array_size(expect_member(r, "/items"));
        cursor = next_cursor(w, r);
        ended = cursor == NULL;
        expect(w, ended || n > 0, "a reader of everything is shown an empty page");
        if (n > 0)
            last = expect_text(r, path(w, "/items/%zu/slug", n - 1));
    }
    expect(w, ended, "no end after %d pages", STEPS_MAX);
    struct reply *mine =
        accept(get(w, path(w, "/v1/domains/%s", w->domain_id), .as = w->platform_reader), 200);
    expect(w, strcmp(expect_text(mine, "/slug"), last) <= 0,
           "the list ended at %s, before a Domain that is there", last);
}

CASE("DOM-040", .clauses = { "DOM-040" }, NEEDS, .budget_ms = 20000,
     .title = "create, get, list and patch show one representation")
{
    struct reply *made = accept(judged(make(w, w->platform_manager, DOMAINS, a_domain(w))), 201);
    const char *where = domain_path(w, made->json);
    expect_unchanged(w, where, made->json);
    struct reply *patched = accept(judged(patch(w, where, .as = w->platform_manager,
                                                .json = json_pack("{s:s}", "region", "eu-1"))),
                                   200);
    expect_unchanged(w, where, patched->json);
    json_t *item = listed(w, w->platform_reader, DOMAINS, "id", json_text(made->json, "id"));
    expect(w, item && json_equal(item, patched->json), "the list shows the Domain differently");
}

CASE("DOM-042", .clauses = { "DOM-042" }, NEEDS,
     .title = "an unknown Domain is 404 to a caller whose authority does not hang on it")
{
    const char *unknown = path(w, DOMAINS "/%s", unknown_id(w));
    const struct credential *op = w->platform_manager;
    refuse(judged(get(w, unknown, .as = op)), 404, "domain_not_found");
    refuse(judged(get(w, unknown, .as = w->platform_reader)), 404, "domain_not_found");
    refuse(judged(patch(w, unknown, .as = op, .json = json_pack("{s:s}", "name", "any"))), 404,
           "domain_not_found");
    refuse(judged(delete_(w, unknown, .as = op)), 404, "domain_not_found");
    accept(get(w, path(w, DOMAINS "/%s", w->domain_id), .as = op), 200);
}

CASE("DOM-043", .clauses = { "DOM-043" }, NEEDS,
     .title = "an id that is no UUID, or the nil UUID, is refused")
{
    static const char *const wrong[] = { NIL_UUID, "zz", "0190c2a4", "%7Bzz%7D",
                                         "0190c2a4-0000-7000-8000-00000000000g" };
    const struct credential *op = w->platform_manager;
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
        const char *where = path(w, DOMAINS "/%s", wrong[i]);
        refuse(judged(get(w, where, .as = op)), 400, "invalid_domain_id");
        refuse(judged(patch(w, where, .as = op, .json = json_pack("{s:s}", "name", "any"))), 400,
               "invalid_domain_id");
        refuse(judged(delete_(w, where, .as = op)), 400, "invalid_domain_id");
    }
    accept(get(w, path(w, DOMAINS "/%s", w->domain_id), .as = op), 200);
}

CASE("DOM-044", .clauses = { "DOM-044" }, .needs = { "posture", "domains", "rulings" },
     .flags = CASE_OWN_TARGET | CASE_UNJUDGED, .budget_ms = 60000,
     .title = "without its cursor key only ListDomains is off")
{
    struct booted *b =
        posture_ready(w,
                      (struct change[]){ { "PLEXSPHERE_DOMAINS_CURSOR_HMAC_KEY", NULL }, { 0 } });
    const struct credential *op = w->platform_manager;
    const char *where = path(w, DOMAINS "/%s", w->domain_id);
    refuse(get(w, DOMAINS, .as = op, .base_url = b->base_url), 501, NULL);
    accept(get(w, where, .as = op, .base_url = b->base_url), 200);
    struct reply *made = accept(post(w, DOMAINS, .as = op, .json = json_incref(a_domain(w)),
                                     .base_url = b->base_url),
                                201);
    where = domain_path(w, made->json);
    accept(patch(w, where, .as = op, .json = json_pack("{s:s}", "name", "renamed"),
                 .base_url = b->base_url),
           200);
    accept(delete_(w, where, .as = op, .base_url = b->base_url), 204);
    accept(get(w, DOMAINS, .as = op), 200);
}
