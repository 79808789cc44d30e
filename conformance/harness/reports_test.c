#include "harness/reports.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/arena.h"
#include "common/buffer.h"
#include "common/file.h"
#include "common/json.h"
#include "common/testing.h"
#include "common/text.h"
#include "harness/coverage.h"
#include "harness/report_diff.h"
#include "harness/report_model.h"
#include "harness/test_schema.h"

#define SAMPLE "conformance/harness/testdata/events.ndjson"
#define SCHEMA "docs/report.schema.json"
#define CAP (16u * 1024 * 1024)

static struct arena *arena;
static char *directory;

static struct bytes file_text(const char *path)
{
    struct bytes text;
    struct error e = { .text = "" };
    ck_assert_msg(file_read(arena, path, CAP, &text, &e), "%s", e.text);
    return text;
}

static void put_stream(const void *data, size_t len)
{
    struct error e = { .text = "" };
    ck_assert_msg(file_write_atomic(path_join(arena, directory, "events.ndjson"), data, len, 0600,
                                    &e),
                  "%s", e.text);
}

static void with_sample(void)
{
    struct error e = { .text = "" };
    arena = arena_create();
    ck_assert_msg(directory_make_temporary(arena, "/tmp/reports", &directory, &e), "%s", e.text);
    struct bytes sample = file_text(SAMPLE);
    put_stream(sample.data, sample.len);
}

static void without_sample(void)
{
    ck_assert(directory_remove(directory, NULL));
    arena_destroy(arena);
}

static void write_reports(void)
{
    struct error e = { .text = "" };
    ck_assert_msg(reports_write(directory, &e), "%s", e.text);
}

static const char *rendered(const char *name)
{
    return (const char *)file_text(path_join(arena, directory, name)).data;
}

static void has(const char *text, const char *needle)
{
    ck_assert_msg(strstr(text, needle) != NULL, "not there: %s", needle);
}

static void has_not(const char *text, const char *needle)
{
    ck_assert_msg(strstr(text, needle) == NULL, "there: %s", needle);
}

/* ---- reading ----------------------------------------------------------------------------- */

static void refused(const char *stream, const char *words)
{
    struct report r;
    struct error e = { .text = "" };
    put_stream(stream, strlen(stream));
    ck_assert_msg(!report_read(arena, directory, &r, &e), "accepted: %s", stream);
    ck_assert_msg(strstr(e.text, words) != NULL, "%s", e.text);
    ck_assert_ptr_nonnull(strstr(e.text, "events.ndjson"));
}

START_TEST(a_stream_that_is_none_is_refused_by_line)
{
    with_sample();
    refused("{\"type\":\"run\"}\nrubbish\n", "line 2");
    refused("[]\n", "line 1: not an event");
    refused("{}\n", "line 1: not an event");
    refused("{\"type\":\"case\",\"id\":\"A\",\"suite\":\"s\"}\n", "without id, suite or verdict");
    refused("{\"type\":\"case\",\"id\":\"A\",\"suite\":\"s\",\"verdict\":\"fine\"}\n",
            "without id, suite or verdict");
    struct report r;
    struct error e = { .text = "" };
    ck_assert(!report_read(arena, "/nonexistent", &r, &e));
    has(e.text, "/nonexistent/events.ndjson");
    without_sample();
}
END_TEST

START_TEST(an_unfinished_stream_is_counted_and_said)
{
    with_sample();
    struct report r;
    struct error e;
    struct bytes sample = file_text(SAMPLE);
    const char *end = strstr((const char *)sample.data, "{\"type\":\"end\"");
    put_stream(sample.data, (size_t)(end - (const char *)sample.data) + 20);
    ck_assert(report_read(arena, directory, &r, &e));
    ck_assert(!r.finished);
    ck_assert_int_eq(r.exit, -1);
    ck_assert_str_eq(report_verdict(&r), "unfinished");
    /* The same counts as the end event of the whole stream has. */
    ck_assert_str_eq(report_summary(&r),
                     "4 passed, 2 failed, 1 skipped, 1 unsupported, 3 unprovisioned");
    ck_assert_int_eq(r.counts.waived, 1);
    ck_assert_int_eq(r.counts.broken, 1);
    ck_assert_int_eq(r.counts.vacuous, 1);
    ck_assert_int_eq(r.counts.informational, 1);
    write_reports();
    has(rendered("report.tap"), "Bail out!");
    has(rendered("report.html"), "in the middle of a line");
    put_stream("", 0);
    write_reports();
    has(rendered("report.tap"), "1..0");
    has(rendered("report.html"), "Unfinished");
    without_sample();
}
END_TEST

START_TEST(standings_tell_the_words_apart)
{
    with_sample();
    struct report r;
    struct error e;
    size_t i;
    json_t *event;
    const char *const expected[] = {
        "derived/ListHooks0/unprovisioned",
        "unprovisioned",
        "REG-014",
        "failed",
        "REG-015",
        "passed",
        "REG-017",
        "waived",
        "REG-018",
        "unsupported",
        "TEN-001",
        "vacuous",
        "TEN-003",
        "harness-broken",
        "TEN-004",
        "informational",
        "TEN-005",
        "skipped",
    };
    ck_assert(report_read(arena, directory, &r, &e));
    size_t met = 0;
    json_array_foreach (r.cases, i, event) {
        for (size_t k = 0; k < ARRAY_LEN(expected); k += 2) {
            if (!text_equal(expected[k], json_text(event, "id")))
                continue;
            met++;
            ck_assert_str_eq(report_standing_text(report_standing(&r, event)), expected[k + 1]);
        }
    }
    ck_assert_uint_eq(met, ARRAY_LEN(expected) / 2);
    without_sample();
}
END_TEST

/* ---- report.json ------------------------------------------------------------------------- */

static json_t *report_document(void)
{
    json_t *document;
    struct error e = { .text = "" };
    ck_assert_msg(json_parse_file(arena, path_join(arena, directory, "report.json"), CAP, &document,
                                  &e),
                  "%s", e.text);
    return document;
}

START_TEST(report_json_keeps_its_schema)
{
    with_sample();
    struct error e = { .text = "" };
    write_reports();
    json_t *schema = schema_of_file(arena, SCHEMA), *document = report_document();
    ck_assert_msg(schema_validate(arena, schema, document, &e), "%s", e.text);
    ck_assert_str_eq(json_text(document, "verdict"), "harness broken");
    ck_assert_int_eq(json_int(document, "exit", -1), 3);
    ck_assert_uint_eq(json_array_size(json_member(document, "cases")), 14);
    ck_assert_int_eq(json_int(json_at(document, "/coverage/operations"), "seen", 0), 2);
    ck_assert_int_eq(json_int(json_at(document, "/coverage/statuses"), "seen", 0), 3);
    /* The schema is no rubber stamp. */
    json_object_set_new(json_array_get(json_member(document, "cases"), 0), "verdict",
                        json_string("fine"));
    ck_assert(!schema_validate(arena, schema, document, &e));
    json_object_del(json_array_get(json_member(document, "cases"), 0), "verdict");
    ck_assert(!schema_validate(arena, schema, document, &e));
    put_stream("{\"type\":\"run\"}\n", 15); /* an almost empty stream keeps it too */
    write_reports();
    ck_assert_msg(schema_validate(arena, schema, report_document(), &e), "%s", e.text);
    without_sample();
}
END_TEST

/* ---- junit.xml --------------------------------------------------------------------------- */

/* Tags open and close in order, and no bare & or < is in the text. */
static void is_well_formed(const char *xml)
{
    const char *open[32];
    size_t depth = 0, lens[32] = { 0 };
    for (const char *c = strchr(xml + 5, '<'); c != NULL; c = strchr(c, '<')) {
        const char *name = c + 1 + (c[1] == '/'), *end = strchr(c, '>');
        ck_assert_ptr_nonnull(end);
        size_t len = strcspn(name, " />");
        ck_assert_uint_gt(len, 0);
        if (c[1] == '/') {
            ck_assert_uint_gt(depth, 0);
            depth--;
            ck_assert(len == lens[depth] && strncmp(open[depth], name, len) == 0);
        } else if (end[-1] != '/') {
            ck_assert_uint_lt(depth, ARRAY_LEN(open));
            open[depth] = name;
            lens[depth++] = len;
        }
        c = end;
    }
    ck_assert_uint_eq(depth, 0);
    for (const char *c = strchr(xml, '&'); c != NULL; c = strchr(c + 1, '&'))
        ck_assert_msg(strncmp(c, "&amp;", 5) == 0 || strncmp(c, "&lt;", 4) == 0 ||
                          strncmp(c, "&gt;", 4) == 0 || strncmp(c, "&quot;", 6) == 0 ||
                          strncmp(c, "&#39;", 5) == 0 || strncmp(c, "&apos;", 6) == 0,
                      "%.20s", c);
}

START_TEST(junit_is_well_formed_and_tells_outcomes_apart)
{
    with_sample();
    write_reports();
    const char *xml = rendered("junit.xml");
    is_well_formed(xml);
    has(xml,
        "<testsuites name=\"plexconf\" tests=\"14\" failures=\"2\" errors=\"2\" skipped=\"7\"");
    has(xml, "<testsuite name=\"derived\" tests=\"4\" failures=\"0\" errors=\"0\" skipped=\"3\"");
    has(xml, "<testcase classname=\"registration\" name=\"REG-014\" time=\"0.092\"><failure "
             "message=\"the second registration answered 201, expected 403 token_consumed\" "
             "type=\"failed\">");
    has(xml, "again: build/bin/plexconf run --profile mine.yaml --select id:REG-014 -v");
    has(xml, "<skipped message=\"unsupported: takes real minutes");
    has(xml, "<skipped message=\"waived: fixed in 2.1, see T-88\"/>");
    has(xml, "type=\"vacuous\"");
    has(xml, "type=\"harness-broken\"");
    has_not(xml, "<script>");
    has_not(xml, "\x07");
    without_sample();
}
END_TEST

/* ---- report.tap -------------------------------------------------------------------------- */

START_TEST(tap_numbers_every_case_and_escapes)
{
    with_sample();
    write_reports();
    const char *tap = rendered("report.tap");
    ck_assert(text_starts(tap, "TAP version 14\n1..14\n"));
    for (int i = 1; i <= 14; i++)
        has(tap, arena_printf(arena, "ok %d - ", i));
    has(tap, "ok 5 - REG-018 # SKIP unsupported: ");
    has(tap, "not ok 4 - REG-017 # TODO waived: ");
    has(tap, "  message: \"]]> body was <html> & not JSON # \\\\ \\u0007\"\n");
    has_not(tap, "Bail out!");
    without_sample();
}
END_TEST

START_TEST(tap_directives_cannot_be_forged)
{
    with_sample();
    const char *stream = "{\"type\":\"case\",\"id\":\"A # SKIP\",\"suite\":\"s\",\"title\":\"t\","
                         "\"clauses\":[\"X\"],\"verdict\":\"failed\",\"ms\":1,"
                         "\"message\":\"a\\nok 2 - forged\"}\n";
    put_stream(stream, strlen(stream));
    write_reports();
    has(rendered("report.tap"), "not ok 1 - A \\# SKIP\n");
    has_not(rendered("report.tap"), "\nok 2");
    without_sample();
}
END_TEST

/* ---- report.html ------------------------------------------------------------------------- */

START_TEST(html_is_self_contained_and_hostile_text_stays_text)
{
    with_sample();
    write_reports();
    const char *html = rendered("report.html");
    has(html, "<h1>Harness broken</h1>");
    has(html, "&lt;/script&gt;&lt;script&gt;alert(1)&lt;/script&gt;");
    has_not(html, "<script>alert");
    has_not(html, "<b>&\"'");
    has_not(html, "src=\"http");
    has_not(html, "href=\"http");
    has_not(html, "@import");
    has_not(html, "url(");
    has(html, "default-src 'none'");
    has(html, "prefers-color-scheme:dark");
    has(html,
        "A bootstrap token registers one node, once; a second registration with it is refused.");
    has(html, "conformance/suites/registration/bootstrap_token.c:42");
    has(html, "build/bin/plexconf run --profile mine.yaml --select id:REG-014 -v");
    has(html, "These impostors satisfy the case: echo, right-status");
    has(html, "Waived by <b>ana@example.org</b>");
    has(html, "2 of 3 answered");
    for (size_t s = 0; s < STANDING_COUNT; s++)
        has(html, arena_printf(arena, "</span> %s</span>", report_standing_text((enum standing)s)));
    without_sample();
}
END_TEST

START_TEST(what_cannot_be_written_is_one_line)
{
    with_sample();
    struct error e = { .text = "" };
    if (geteuid() ==
        0) { /* root writes into read-only folders: a folder in the file's place refuses it too */
        ck_assert(directory_make(path_join(arena, directory, "report.tap/x"), 0700, &e));
    } else {
        ck_assert_int_eq(chmod(directory, 0500), 0);
    }
    ck_assert(!reports_write(directory, &e));
    has(e.text, directory);
    ck_assert_ptr_null(strchr(e.text, '\n'));
    ck_assert_int_eq(chmod(directory, 0700), 0);
    without_sample();
}
END_TEST

/* ---- coverage and diff ------------------------------------------------------------------- */

START_TEST(coverage_counts_what_was_seen)
{
    with_sample();
    struct report r;
    struct coverage c;
    struct error e;
    ck_assert(report_read(arena, directory, &r, &e));
    coverage_of(&r, &c);
    ck_assert_uint_eq(c.n_operations, 3);
    ck_assert_uint_eq(c.operations_seen, 2);
    ck_assert_uint_eq(c.rows, 10);
    ck_assert_uint_eq(c.rows_seen, 3);
    ck_assert_uint_eq(c.n_clauses, 5);
    ck_assert_uint_eq(c.clauses_judged, 5);
    ck_assert_uint_eq(c.members_seen, 3);
    ck_assert_uint_eq(c.clauses[0].failed, 2); /* REG-014: one failed, one waived */
    without_sample();
}
END_TEST

static const char *stream_of(const char *const *pairs)
{
    struct buffer b;
    buffer_init_arena(&b, 65536, arena);
    for (; *pairs != NULL; pairs += 2)
        buffer_printf(&b,
                      "{\"type\":\"case\",\"id\":\"%s\",\"suite\":\"s\",\"title\":\"t\","
                      "\"clauses\":[\"X\"],\"verdict\":\"%s\",\"ms\":1,\"message\":\"m\"}\n",
                      pairs[0], pairs[1]);
    return b.data;
}

static struct report report_of(const char *const *pairs)
{
    struct report r;
    struct error e;
    const char *stream = stream_of(pairs);
    put_stream(stream, strlen(stream));
    ck_assert(report_read(arena, directory, &r, &e));
    return r;
}

START_TEST(diff_knows_better_from_worse)
{
    with_sample();
    struct report_diff d;
    const char *const before[] = { "A",      "passed", "B",      "failed", "C",       "passed", "D",
                                   "passed", "E",      "failed", "G",      "skipped", NULL };
    const char *const after[] = { "A",           "failed",      "B",      "passed", "C",
                                  "unsupported", "E",           "failed", "F",      "passed",
                                  "G",           "unsupported", "H",      "failed", NULL };
    struct report a = report_of(before), b = report_of(after);
    report_diff(&a, &b, &d);
    ck_assert(d.worse);
    ck_assert_uint_eq(d.counts[CHANGE_NEWLY_FAILING], 2); /* A and the new H */
    ck_assert_uint_eq(d.counts[CHANGE_NO_LONGER_JUDGED], 1);
    ck_assert_uint_eq(d.counts[CHANGE_NEWLY_PASSING], 1);
    ck_assert_uint_eq(d.counts[CHANGE_ADDED], 1);
    ck_assert_uint_eq(d.counts[CHANGE_REMOVED], 1);
    ck_assert_uint_eq(d.counts[CHANGE_OTHER], 1);
    ck_assert_uint_eq(d.unchanged, 1);
    ck_assert_str_eq(d.changes[0].id, "A");
    ck_assert_str_eq(d.changes[0].before, "passed");
    ck_assert_str_eq(d.changes[0].after, "failed");
    const char *const better[] = { "A", "passed", "B", "passed", "C", "passed", NULL };
    struct report c = report_of(better);
    report_diff(&a, &c, &d);
    ck_assert(!d.worse);
    without_sample();
}
END_TEST

TESTS("harness/reports", a_stream_that_is_none_is_refused_by_line,
      an_unfinished_stream_is_counted_and_said, standings_tell_the_words_apart,
      report_json_keeps_its_schema, junit_is_well_formed_and_tells_outcomes_apart,
      tap_numbers_every_case_and_escapes, tap_directives_cannot_be_forged,
      html_is_self_contained_and_hostile_text_stays_text, what_cannot_be_written_is_one_line,
      coverage_counts_what_was_seen, diff_knows_better_from_worse)
