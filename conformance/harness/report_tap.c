#include <string.h>

#include "common/json.h"
#include "common/text.h"
#include "harness/report_writers.h"

/* TAP version 14. A waived or informational failure is TODO, what was not judged is SKIP. */

/* '#' begins a directive and '\' escapes: both are escaped in descriptions. */
static void put_description(struct buffer *out, const char *text)
{
    for (const char *c = text; *c != '\0'; c++) {
        if (*c == '#' || *c == '\\')
            buffer_char(out, '\\');
        buffer_char(out, (unsigned char)*c < 0x20 ? ' ' : *c);
    }
}

/* A JSON string is a YAML double-quoted scalar. */
static void put_yaml(struct buffer *out, const char *key, const char *value)
{
    if (value == NULL)
        return;
    buffer_printf(out, "  %s: \"", key);
    buffer_json_escaped(out, value, strlen(value));
    buffer_text(out, "\"\n");
}

static void put_diagnostics(struct buffer *out, const json_t *event, enum standing s)
{
    buffer_text(out, "  ---\n");
    put_yaml(out, "standing", report_standing_text(s));
    put_yaml(out, "title", json_text(event, "title"));
    put_yaml(out, "message", json_text(event, "message"));
    put_yaml(out, "where", json_text(event, "where"));
    put_yaml(out, "again", json_text(event, "again"));
    buffer_text(out, "  ...\n");
}

static const char *reason_of(const json_t *event)
{
    const char *reason = json_text(json_member(event, "waived"), "reason");
    if (reason == NULL)
        reason = json_text(event, "message");
    return reason == NULL ? "" : reason;
}

static const char *directive_of(enum standing s)
{
    switch (s) {
    case STANDING_SKIPPED:
    case STANDING_UNSUPPORTED:
    case STANDING_UNPROVISIONED: return "SKIP";
    case STANDING_WAIVED:
    case STANDING_INFORMATIONAL: return "TODO";
    case STANDING_PASSED:
    case STANDING_FAILED:
    case STANDING_BROKEN:
    case STANDING_VACUOUS: return NULL;
    }
    return NULL;
}

static void put_case(struct buffer *out, const struct report *r, const json_t *event, size_t number)
{
    enum standing s = report_standing(r, event);
    const char *directive = directive_of(s);
    bool ok = s == STANDING_PASSED || (directive != NULL && text_equal(directive, "SKIP"));
    buffer_printf(out, "%s %zu - ", ok ? "ok" : "not ok", number);
    put_description(out, json_text(event, "id"));
    if (directive != NULL) {
        buffer_printf(out, " # %s %s: ", directive, report_standing_text(s));
        put_description(out, reason_of(event));
    }
    buffer_char(out, '\n');
    if (!ok)
        put_diagnostics(out, event, s);
}

void report_tap(const struct report *r, struct buffer *out)
{
    size_t i, n = json_array_size(r->cases);
    json_t *event;
    buffer_text(out, "TAP version 14\n");
    if (n == 0)
        buffer_text(out, "1..0 # SKIP no case was run\n");
    else
        buffer_printf(out, "1..%zu\n", n);
    json_array_foreach (r->cases, i, event) {
        put_case(out, r, event, i + 1);
    }
    json_array_foreach (r->notes, i, event) {
        const char *message = json_text(event, "message");
        buffer_text(out, "# ");
        put_description(out, message == NULL ? "" : message);
        buffer_char(out, '\n');
    }
    buffer_printf(out, "# %s\n", report_summary(r));
    if (!r->finished || r->interrupted)
        buffer_printf(out, "Bail out! %s\n", report_verdict_sentence(r));
}
