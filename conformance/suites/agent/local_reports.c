/* suites/agent/local_reports.c — reports as local programs write them (seed 002; §13 13-15). */
#include <string.h>

#include "common/text.h"
#include "suites/agent/agent_suite.h"

static json_t *report(const char *value)
{
    return json_pack("{s:s, s:{s:s}}", "content_type", "application/json", "payload", "status",
                     value);
}

AGENT_CASE("API-151", .clauses = { "API-025", "API-026", "JAG-045" },
           .title = "a report's version counts its writes and begins anew after a delete")
{
    struct joined j = joined(w, d);
    static const char where[] = "/v1/state/report/health";
    struct reply *r = accept(put(w, where, .agent = j.a, .json = report("a")), 200);
    expect_equal(r, "/key", "health");
    expect_equal(r, "/content_type", "application/json");
    expect_equal(r, "/payload/status", "a");
    (void)expect_text(r, "/updated_at");
    expect(w, expect_int(r, "/version") == 1, "a new report has another version than 1");
    r = accept(put(w, where, .agent = j.a, .json = report("b")), 200);
    expect(w, expect_int(r, "/version") == 2, "the second write has another version than 2");
    refuse(put(w, where, .agent = j.a, .json = report("c"), .headers = { { "If-Match", "1" } }),
           409, "version conflict");
    r = accept(get(w, where, .agent = j.a), 200);
    expect_equal(r, "/payload/status", "b");
    r = accept(put(w, where, .agent = j.a, .json = report("c"), .headers = { { "If-Match", "2" } }),
               200);
    expect(w, expect_int(r, "/version") == 3, "the matching write has another version than 3");
    accept(delete_(w, where, .agent = j.a), 204);
    refuse(get(w, where, .agent = j.a), 404, "not found");
    refuse(delete_(w, where, .agent = j.a), 404, "not found");
    r = accept(put(w, where, .agent = j.a, .json = report("d")), 200);
    expect(w, expect_int(r, "/version") == 1, "after a delete it begins with another version");
}

AGENT_CASE("API-152", .clauses = { "API-025", "JAG-045" },
           .title = "If-Match of a report there is not must be 0")
{
    struct joined j = joined(w, d);
    refuse(put(w, "/v1/state/report/new", .agent = j.a, .json = report("a"),
               .headers = { { "If-Match", "1" } }),
           409, "version conflict");
    refuse(get(w, "/v1/state/report/new", .agent = j.a), 404, "not found");
    accept(put(w, "/v1/state/report/new", .agent = j.a, .json = report("a"),
               .headers = { { "If-Match", "0" } }),
           200);
    refuse(put(w, "/v1/state/report/new", .agent = j.a, .json = report("b"),
               .headers = { { "If-Match", "0" } }),
           409, "version conflict");
}

AGENT_CASE("API-153", .clauses = { "API-011", "JAG-045" },
           .title = "reports are listed by key and version")
{
    struct joined j = joined(w, d);
    accept(put(w, "/v1/state/report/one", .agent = j.a, .json = report("a")), 200);
    accept(put(w, "/v1/state/report/one", .agent = j.a, .json = report("b")), 200);
    struct reply *r = accept(get(w, "/v1/state/report", .agent = j.a), 200);
    expect_equal(r, "/0/key", "one");
    expect(w, expect_int(r, "/0/version") == 2, "the list has another version");
    expect_absent(r, "/0/payload");
    expect_absent(r, "/1");
}

static const char *big_body(struct world *w)
{
    enum { SIZE = 1100 * 1024 };
    char *text = arena_alloc(w->arena, SIZE + 1);
    memset(text, 'b', SIZE);
    return path(w, "{\"content_type\":\"text/plain\",\"payload\":\"%s\"}", text);
}

static void refuse_body(const struct joined *j, const char *body, const char *text)
{
    refuse(put(j->w, "/v1/state/report/k", .agent = j->a, .raw = BYTES_OF_TEXT(body)), 400, text);
}

AGENT_CASE("API-154", .clauses = { "API-023", "API-009", "JAG-046" },
           .title = "a report without its parts is refused, each with its own words")
{
    struct joined j = joined(w, d);
    refuse_body(&j, "{\"payload\":{}}", "content_type is required");
    refuse_body(&j, "{\"content_type\":\"\",\"payload\":{}}", "content_type is required");
    refuse_body(&j, "{\"content_type\":\"text/plain\"}", "payload must be valid JSON");
    refuse_body(&j, "{\"content_type\":", "invalid JSON body");
    refuse_body(&j, "[]", "invalid JSON body");
    refuse_body(&j, big_body(w), "invalid JSON body");
    static const char *const bad[] = { "\"1\"", "one", "1.5", "" };
    for (size_t i = 0; i + 1 < ARRAY_LEN(bad); i++)
        refuse(put(w, "/v1/state/report/k", .agent = j.a, .json = report("a"),
                   .headers = { { "If-Match", bad[i] } }),
               400, "If-Match must be an integer");
    refuse(get(w, "/v1/state/report/k", .agent = j.a), 404, "not found");
    accept(put(w, "/v1/state/report/k", .agent = j.a,
               .raw = BYTES_OF_TEXT("{\"content_type\":\"text/plain\",\"payload\":null}")),
           200);
    sentinel(&j);
    (void)cp_wait_reports(j.cp, 200, 1);
    struct sent_report *sent;
    expect(w, cp_reports(j.cp, 0, &sent) == 1, "a refused write was reported");
}

AGENT_CASE("API-155", .clauses = { "API-023", "API-027", "JAG-047" },
           .title = "a report's key never leads out of its folder")
{
    static const char *const bad[] = { "a%2Fb", "a%5Cb", "%2e%2e%2fescape", "..%2Fescape" };
    static const int refused[] = { 400, 301, 307, 308, 404, 405, 0 };
    struct joined j = joined(w, d);
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        refuse(put(w, path(w, "/v1/state/report/%s", bad[i]), .agent = j.a, .json = report("a")),
               400, "invalid report key");
    refuse_any(put(w, "/v1/state/report/..", .agent = j.a, .json = report("a")), refused);
    refuse_any(put(w, "/v1/state/report/.", .agent = j.a, .json = report("a")), refused);
    refuse_any(put(w, "/v1/state/report/%2e%2e", .agent = j.a, .json = report("a")), refused);
    accept(put(w, "/v1/state/report/a-b", .agent = j.a, .json = report("a")), 200);
    static const char *const places[] = { "escape",        "escape.json", "state/escape.json",
                                          "state/...json", "state/.json", "state/b.json" };
    for (size_t i = 0; i < ARRAY_LEN(places); i++)
        expect(w, !agent_has_file(j.a, places[i]), "%s was written", places[i]);
    struct reply *r = accept(get(w, "/v1/state/report", .agent = j.a), 200);
    expect_equal(r, "/0/key", "a-b");
    expect_absent(r, "/1");
}

AGENT_CASE_NEEDS("API-156", "rulings", .clauses = { "API-027", "API-024" },
                 .title = "a key has 1 to 255 bytes without control characters, a body one object")
{
    struct joined j = joined(w, d);
    char longest[257];
    memset(longest, 'k', 256);
    longest[256] = '\0';
    static const char *const bad[] = { "a%01b", "a%7Fb", "a%0Ab" };
    refuse(put(w, path(w, "/v1/state/report/%s", longest), .agent = j.a, .json = report("a")), 400,
           "invalid report key");
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        const char *where = path(w, "/v1/state/report/%s", bad[i]);
        refuse(put(w, where, .agent = j.a, .json = report("a")), 400, "invalid report key");
        refuse(get(w, where, .agent = j.a), 400, "invalid report key");
        refuse(delete_(w, where, .agent = j.a), 400, "invalid report key");
    }
    refuse_body(&j, "{\"content_type\":\"text/plain\",\"payload\":1} {}", "invalid JSON body");
    refuse_body(&j, "{\"content_type\":\"text/plain\",\"payload\":1}x", "invalid JSON body");
    accept(put(w, path(w, "/v1/state/report/%s", longest + 1), .agent = j.a, .json = report("a")),
           200);
}

AGENT_CASE_NEEDS("API-157", "rulings", .clauses = { "API-013" },
                 .title = "reports are listed by key, ascending")
{
    static const char *const keys[] = { "m", "z", "a", "M" }, *const sorted[] = { "M", "a", "m",
                                                                                  "z" };
    struct joined j = joined(w, d);
    for (size_t i = 0; i < ARRAY_LEN(keys); i++)
        accept(put(w, path(w, "/v1/state/report/%s", keys[i]), .agent = j.a, .json = report("a")),
               200);
    struct reply *r = accept(get(w, "/v1/state/report", .agent = j.a), 200);
    for (size_t i = 0; i < ARRAY_LEN(sorted); i++)
        expect_equal(r, path(w, "/%zu/key", i), sorted[i]);
}
