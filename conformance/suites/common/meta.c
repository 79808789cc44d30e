/* suites/common/meta.c — META-*: what the target tells of itself, to everybody. */
#include <string.h>

#include "common/json.h"
#include "common/text.h"
#include "common/timestamp.h"
#include "suites/posture/posture.h"

#define SUITE "common"

/* Each check has words of its own; the whole is one of three. */
static void expect_health(struct world *w, struct reply *r, bool serving)
{
    const char *status = expect_text(r, "/status");
    expect(w,
           serving ? text_equal(status, "ok") || text_equal(status, "degraded")
                   : text_equal(status, "down"),
           "the status %s does not go with HTTP %d", status, r->status);
    json_t *checks = expect_member(r, "/checks");
    for (size_t i = 0; i < json_array_size(checks); i++)
        expect(w, !text_blank(expect_text(r, path(w, "/checks/%zu/name", i))),
               "a check has no name");
    expect(w, text_equal(r->media_type, "application/json"), "the media type is %s", r->media_type);
}

CASE("META-001", .clauses = { "META-001" }, .needs = { "meta" },
     .title = "health is told to everybody, with 200 while the target serves")
{
    expect_health(w, accept(judged(get(w, "/v1/health")), 200), true);
    expect_health(w, accept(judged(get(w, "/v1/health", .bearer = "no-credential-at-all")), 200),
                  true);
}

CASE("META-003", .clauses = { "META-003" }, .needs = { "meta" },
     .title = "the version names the release, its commit and when it was built")
{
    int64_t built;
    struct reply *r = accept(judged(get(w, "/v1/version")), 200);
    expect(w, !text_blank(expect_text(r, "/version")), "version is blank");
    expect(w, !text_blank(expect_text(r, "/commit")), "commit is blank");
    expect(w, timestamp_parse(expect_text(r, "/date"), &built), "date is no RFC 3339 time");
    expect(w, built < world_now(w) + 86400 * MICROS_PER_SECOND, "the build lies in the future");
}

static const char *lower_method(struct world *w, const struct contract_operation *op)
{
    return text_lower(w->arena, op->method);
}

CASE("META-004", .clauses = { "META-004" }, .needs = { "meta" },
     .title = "the document is OpenAPI 3.1 and describes every published operation")
{
    struct reply *r = accept(judged(get(w, "/v1/openapi.json")), 200);
    expect(w, text_starts(expect_text(r, "/openapi"), "3.1"), "openapi is %s",
           expect_text(r, "/openapi"));
    expect(w, !text_blank(expect_text(r, "/info/title")), "the document has no title");
    expect(w, !text_blank(expect_text(r, "/info/version")), "the document has no version");
    const json_t *paths = expect_member(r, "/paths");
    for (size_t i = 0; i < contract()->n_ops; i++) {
        const struct contract_operation *op = &contract()->ops[i];
        const json_t *found = json_member(json_member(paths, op->path), lower_method(w, op));
        expect(w, text_equal(json_text(found, "operationId"), op->id),
               "the document does not describe %s (%s %s)", op->id, op->method, op->path);
        expect(w, json_object_size(json_member(found, "responses")) > 0, "%s has no responses",
               op->id);
    }
}

static const char *page_text(struct world *w, const struct reply *r)
{
    return arena_strndup(w->arena, (const char *)r->body.data, r->body.len);
}

/* META-005: an address that a browser would fetch by itself. Links that a person follows are no
 * such. */
static void expect_nothing_from_elsewhere(struct world *w, const char *html)
{
    static const char *const fetching[] = { "src=\"",     "src='",
                                            "srcset=\"",  "url(",
                                            "@import \"", "<link rel=\"stylesheet\" href=\"",
                                            "fetch('",    "fetch(\"",
                                            "import(\"",  "import('" };
    for (size_t i = 0; i < ARRAY_LEN(fetching); i++)
        for (const char *at = strstr(html, fetching[i]); at; at = strstr(at, fetching[i])) {
            at += strlen(fetching[i]);
            at += strspn(at, " '\"");
            expect(w,
                   !text_starts(at, "http:") && !text_starts(at, "https:") &&
                       !text_starts(at, "//"),
                   "the page fetches %.60s", at);
        }
}

CASE("META-005", .clauses = { "META-005" }, .needs = { "meta" },
     .title = "the documentation is one HTML page that fetches nothing from elsewhere")
{
    struct reply *r = accept(judged(get(w, "/v1/docs")), 200);
    const char *html = page_text(w, r);
    expect(w, text_contains(text_lower(w->arena, html), "<html"), "the page is no HTML");
    expect(w, text_contains(html, "/v1/openapi.json"), "the page does not name /v1/openapi.json");
    expect_nothing_from_elsewhere(w, html);
}

static const char ASSETS[] = "/v1/docs/assets/";

/* The first asset that the page asks for. */
static const char *an_asset(struct world *w)
{
    const char *html = page_text(w, accept(get(w, "/v1/docs"), 200));
    const char *name = strstr(html, ASSETS);
    expect(w, name, "the page asks for no asset below %s", ASSETS);
    return arena_strndup(w->arena, name, strcspn(name, "\"' >"));
}

CASE("META-006", .clauses = { "META-006" }, .needs = { "meta" },
     .title = "assets are those on the list, and no other name leads anywhere")
{
    const char *asset = an_asset(w), *name = asset + strlen(ASSETS);
    const char *const wrong[] = { "no-such-asset.js",      "..%2f..%2f..%2fetc%2fpasswd",
                                  "%2e%2e%2fopenapi.json", path(w, "..%%2fassets%%2f%s", name),
                                  path(w, "%s.map", name), path(w, ".%%2f%s", name),
                                  path(w, "%s%%20", name) };
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
        struct reply *r = refuse(judged(get(w, path(w, "%s%s", ASSETS, wrong[i]))), 404, NULL);
        expect_equal(r, "/type", "https://plexsphere.com/errors/not-found");
    }
    struct reply *r = accept(judged(get(w, asset)), 200);
    expect(w, r->body.len > 2, "the asset %s is empty", asset);
}

/* A folder that is not there holds no socket: the datastore is named and cannot be reached. */
#define DEAD_DSN "postgresql:///plexsphere?host=/nonexistent/plexconf&connect_timeout=2"

CASE("META-002", .clauses = { "META-002", "META-007", "META-008", "PRB-006" },
     .needs = { "posture", "meta" }, .flags = CASE_OWN_TARGET | CASE_UNJUDGED, .budget_ms = 60000,
     .title = "with its database down the target lives, is not ready, and its health is 503")
{
    struct booted *b = posture_ready(w, (struct change[]){ { "PLEXSPHERE_DSN", DEAD_DSN }, { 0 } });
    expect_health(w, refuse(get(w, "/v1/health", .base_url = b->base_url), 503, NULL), false);
    struct reply *ready = send_and_judge(get(w, "/readyz", .base_url = b->base_url));
    expect(w, ready->status == 503, "/readyz answers %d without a database", ready->status);
    expect(w, ready->body.len > 0, "/readyz names no reason");
    struct reply *live = send_and_judge(get(w, "/livez", .base_url = b->base_url));
    expect(w, live->status == 200, "/livez answers %d without a database", live->status);
    accept(get(w, "/v1/version", .base_url = b->base_url), 200);

    struct booted *whole = posture_ready(w, NULL);
    expect_health(w, accept(get(w, "/v1/health", .base_url = whole->base_url), 200), true);
    ready = send_and_judge(get(w, "/readyz", .base_url = whole->base_url));
    expect(w, ready->status == 200, "/readyz answers %d with a database", ready->status);
}
