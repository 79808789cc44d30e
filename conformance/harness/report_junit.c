#include <string.h>

#include "common/json.h"
#include "common/text.h"
#include "harness/report_writers.h"

/* The dialect that CI systems share: testsuites, testsuite, testcase, failure, error, skipped. A
 * suite of ours is a testsuite. */

struct tally {
    size_t tests, failures, errors, skipped;
    double ms;
};

enum junit_word { JUNIT_OK, JUNIT_FAILURE, JUNIT_ERROR, JUNIT_SKIPPED };

static enum junit_word word_of(enum standing s)
{
    switch (s) {
    case STANDING_PASSED: return JUNIT_OK;
    case STANDING_FAILED: return JUNIT_FAILURE;
    case STANDING_BROKEN:
    case STANDING_VACUOUS: return JUNIT_ERROR;
    case STANDING_SKIPPED:
    case STANDING_UNSUPPORTED:
    case STANDING_UNPROVISIONED:
    case STANDING_WAIVED:
    case STANDING_INFORMATIONAL: return JUNIT_SKIPPED;
    }
    return JUNIT_ERROR;
}

static void add(struct tally *t, const struct report *r, const json_t *event)
{
    enum junit_word w = word_of(report_standing(r, event));
    t->tests++;
    t->failures += w == JUNIT_FAILURE;
    t->errors += w == JUNIT_ERROR;
    t->skipped += w == JUNIT_SKIPPED;
    t->ms += json_number_value(json_member(event, "ms"));
}

static void attribute(struct buffer *out, const char *name, const char *value)
{
    buffer_printf(out, " %s=\"", name);
    buffer_xml_escaped(out, value, strlen(value));
    buffer_char(out, '"');
}

static void put_tally(struct buffer *out, const struct tally *t)
{
    buffer_printf(out,
                  " tests=\"%zu\" failures=\"%zu\" errors=\"%zu\" skipped=\"%zu\" time=\"%.3f\"",
                  t->tests, t->failures, t->errors, t->skipped, t->ms / 1000);
}

static const char *text_or(const json_t *event, const char *key, const char *otherwise)
{
    const char *text = json_text(event, key);
    return text == NULL ? otherwise : text;
}

static void put_line(struct buffer *out, const char *label, const char *value)
{
    if (value == NULL)
        return;
    buffer_printf(out, "%s: ", label);
    buffer_xml_escaped(out, value, strlen(value));
    buffer_char(out, '\n');
}

/* What a person reading a CI log needs; the transcripts are in report.html. */
static void put_details(struct buffer *out, const struct report *r, const json_t *event)
{
    size_t i;
    json_t *clause;
    buffer_char(out, '\n');
    put_line(out, "title", json_text(event, "title"));
    json_array_foreach (json_member(event, "clauses"), i, clause) {
        const char *id = json_string_value(clause);
        const char *text = id == NULL ? NULL : report_clause_text(r, id);
        put_line(out, id == NULL ? "clause" : id, text);
    }
    put_line(out, "where", json_text(event, "where"));
    put_line(out, "again", json_text(event, "again"));
}

static void put_skipped(struct buffer *out, const struct report *r, const json_t *event,
                        enum standing s)
{
    const char *reason = json_text(event, "message");
    if (s == STANDING_WAIVED)
        reason = text_or(json_member(event, "waived"), "reason", reason);
    buffer_text(out, "<skipped");
    attribute(out, "message",
              arena_printf(r->arena, "%s%s%s", report_standing_text(s), reason == NULL ? "" : ": ",
                           reason == NULL ? "" : reason));
    buffer_text(out, "/>");
}

static void put_case(struct buffer *out, const struct report *r, const json_t *event)
{
    enum standing s = report_standing(r, event);
    enum junit_word w = word_of(s);
    buffer_text(out, "    <testcase");
    attribute(out, "classname", text_or(event, "suite", ""));
    attribute(out, "name", text_or(event, "id", ""));
    buffer_printf(out, " time=\"%.3f\"", json_number_value(json_member(event, "ms")) / 1000);
    if (w == JUNIT_OK) {
        buffer_text(out, "/>\n");
        return;
    }
    buffer_text(out, ">");
    if (w == JUNIT_SKIPPED) {
        put_skipped(out, r, event, s);
    } else {
        const char *element = w == JUNIT_FAILURE ? "failure" : "error";
        buffer_printf(out, "<%s", element);
        attribute(out, "message",
                  s == STANDING_VACUOUS ? "an impostor satisfies this case"
                                        : text_or(event, "message", "no message"));
        attribute(out, "type", report_standing_text(s));
        buffer_text(out, ">");
        put_details(out, r, event);
        buffer_printf(out, "</%s>", element);
    }
    buffer_text(out, "</testcase>\n");
}

static void put_suite(struct buffer *out, const struct report *r, const char *suite)
{
    struct tally t = { 0 };
    size_t i;
    json_t *event;
    json_array_foreach (r->cases, i, event) {
        if (text_equal(json_text(event, "suite"), suite))
            add(&t, r, event);
    }
    buffer_text(out, "  <testsuite");
    attribute(out, "name", suite);
    put_tally(out, &t);
    attribute(out, "timestamp", text_or(r->run, "at", ""));
    buffer_text(out, ">\n");
    json_array_foreach (r->cases, i, event) {
        if (text_equal(json_text(event, "suite"), suite))
            put_case(out, r, event);
    }
    buffer_text(out, "  </testsuite>\n");
}

void report_junit(const struct report *r, struct buffer *out)
{
    struct tally all = { 0 };
    json_t *suites = json_own(r->arena, json_object()), *event;
    size_t i;
    const char *suite;
    json_array_foreach (r->cases, i, event) {
        add(&all, r, event);
        json_object_set_new(suites, json_text(event, "suite"), json_true());
    }
    buffer_text(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"plexconf\"");
    put_tally(out, &all);
    buffer_text(out, ">\n");
    json_object_foreach (suites, suite, event)
        put_suite(out, r, suite);
    buffer_text(out, "</testsuites>\n");
}
