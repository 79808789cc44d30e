#include <string.h>

#include "common/json.h"
#include "common/text.h"
#include "harness/report_html.h"

#define OPEN_FAILURES 10 /* the rest is one click away */

/* ---- transcripts ------------------------------------------------------------------------- */

static void put_headers(struct buffer *out, const json_t *headers)
{
    const char *name;
    json_t *value;
    json_object_foreach ((json_t *)headers, name, value) {
        html_text(out, name);
        buffer_text(out, ": ");
        html_text(out, json_string_value(value));
        buffer_char(out, '\n');
    }
}

/* JSON bodies are indented for reading; events.ndjson has them as they came. */
static void put_body(const struct report *r, struct buffer *out, const char *body)
{
    json_t *value;
    if (text_blank(body))
        return;
    buffer_char(out, '\n');
    if (json_parse(r->arena, body, strlen(body), &value, NULL))
        html_text(out, json_dump_pretty(r->arena, value));
    else
        html_text(out, body);
}

static void put_request(const struct report *r, struct buffer *out, const json_t *x)
{
    buffer_text(out, "<div><h4>Request</h4><pre>");
    html_text(out, json_text(x, "method"));
    buffer_char(out, ' ');
    html_text(out, json_text(x, "url"));
    buffer_char(out, '\n');
    put_headers(out, json_member(x, "request_headers"));
    put_body(r, out, json_text(x, "request_body"));
    buffer_text(out, "</pre></div>");
}

static void put_response(const struct report *r, struct buffer *out, const json_t *x)
{
    buffer_text(out, "<div><h4>Response</h4><pre>");
    if (json_text(x, "error") != NULL) {
        html_text(out, json_text(x, "error"));
    } else {
        buffer_printf(out, "%d\n", (int)json_int(x, "status", 0));
        put_headers(out, json_member(x, "response_headers"));
        put_body(r, out, json_text(x, "response_body"));
    }
    buffer_text(out, "</pre></div>");
}

/* Who asked, and why: what an agent sent is answered by plexconf's own control plane. */
static const char *exchange_kind(const json_t *x)
{
    if (json_text(x, "by") != NULL)
        return "agent sent: ";
    return json_flag(x, "judged", false) ? "judged: " : "set-up: ";
}

static void put_exchange(const struct report *r, struct buffer *out, const json_t *x, bool open)
{
    buffer_printf(out, "<details class=\"exchange\"%s><summary>%s<code>", open ? " open" : "",
                  exchange_kind(x));
    html_text(out, json_text(x, "method"));
    buffer_char(out, ' ');
    html_text(out, json_text(x, "url"));
    buffer_text(out, "</code> → ");
    if (json_text(x, "error") != NULL)
        buffer_text(out, "no answer");
    else
        buffer_printf(out, "%d", (int)json_int(x, "status", 0));
    if (json_text(x, "by") == NULL)
        buffer_printf(out, " <span class=\"soft\">(%.1f ms)</span>",
                      json_number_value(json_member(x, "elapsed_ms")));
    buffer_text(out, "</summary><div class=\"pair\">");
    put_request(r, out, x);
    put_response(r, out, x);
    buffer_text(out, "</div></details>\n");
}

static void put_exchanges(const struct report *r, struct buffer *out, const json_t *exchanges)
{
    size_t i, n = json_array_size(exchanges);
    json_t *x;
    json_array_foreach (exchanges, i, x) {
        /* The last exchange is where it went wrong. */
        put_exchange(r, out, x, i + 1 == n);
    }
}

/* ---- what needs somebody ----------------------------------------------------------------- */

static void put_clauses(const struct report *r, struct buffer *out, const json_t *event)
{
    size_t i;
    json_t *clause;
    json_array_foreach (json_member(event, "clauses"), i, clause) {
        const char *id = json_string_value(clause);
        const char *text = id == NULL ? NULL : report_clause_text(r, id);
        buffer_text(out, "<p class=\"clause\"><b>");
        html_text(out, id);
        buffer_text(out, "</b> ");
        html_text(out, text == NULL ? "(this clause is not in the run's contract)" : text);
        buffer_text(out, "</p>\n");
    }
}

static void put_labelled(struct buffer *out, const char *label, const char *value)
{
    if (text_blank(value))
        return;
    buffer_printf(out, "<p class=\"small\"><span class=\"soft\">%s</span> <code>", label);
    html_text(out, value);
    buffer_text(out, "</code></p>\n");
}

static void put_waiver(struct buffer *out, const json_t *waiver)
{
    if (waiver == NULL)
        return;
    buffer_text(out, "<p>Waived by <b>");
    html_text(out, json_text(waiver, "owner"));
    buffer_text(out, "</b> until ");
    html_text(out, json_text(waiver, "expires"));
    buffer_text(out, ": ");
    html_text(out, json_text(waiver, "reason"));
    buffer_text(out, "</p>\n");
}

static void put_message(const struct report *r, struct buffer *out, const json_t *event)
{
    size_t i;
    json_t *name;
    buffer_text(out, "<p class=\"message\">");
    html_text(out, json_text(event, "message"));
    json_array_foreach (json_object_get(r->impostors, json_text(event, "id")), i, name) {
        buffer_text(out, i == 0 ? "These impostors satisfy the case: " : ", ");
        html_text(out, json_string_value(name));
    }
    buffer_text(out, "</p>\n");
}

static void put_attention(const struct report *r, struct buffer *out, const json_t *event,
                          enum standing s, bool open)
{
    buffer_printf(out, "<details class=\"card fail %s\"%s>\n<summary>", html_class(s),
                  open ? " open" : "");
    html_chip(out, s);
    buffer_text(out, "<code>");
    html_text(out, json_text(event, "id"));
    buffer_text(out, "</code><span>");
    html_text(out, json_text(event, "title"));
    buffer_text(out, "</span></summary>\n<div class=\"body\">\n");
    put_message(r, out, event);
    put_waiver(out, json_member(event, "waived"));
    put_clauses(r, out, event);
    put_labelled(out, "where", json_text(event, "where"));
    if (json_text(event, "again") != NULL) {
        buffer_text(out, "<p class=\"small soft\">Run it again:</p><pre>");
        html_text(out, json_text(event, "again"));
        buffer_text(out, "</pre>\n");
    }
    put_exchanges(r, out, json_member(event, "exchanges"));
    buffer_text(out, "</div>\n</details>\n");
}

static void put_all_of(const struct report *r, struct buffer *out, enum standing s,
                       const char *title, bool opened)
{
    size_t i, n = 0;
    json_t *event;
    json_array_foreach (r->cases, i, event) {
        if (report_standing(r, event) != s)
            continue;
        if (n++ == 0)
            buffer_printf(out, "<section>\n<h2>%s</h2>\n", title);
        put_attention(r, out, event, s, opened && n <= OPEN_FAILURES);
    }
    if (n > 0)
        buffer_text(out, "</section>\n");
}

void html_attention(const struct report *r, struct buffer *out)
{
    put_all_of(r, out, STANDING_BROKEN, "Broken by the harness", true);
    put_all_of(r, out, STANDING_VACUOUS, "Vacuous cases", true);
    put_all_of(r, out, STANDING_FAILED, "Failures", true);
    put_all_of(r, out, STANDING_WAIVED, "Waived failures", false);
    put_all_of(r, out, STANDING_INFORMATIONAL, "Failures that do not decide", false);
}

/* ---- all cases --------------------------------------------------------------------------- */

static void put_row(const struct report *r, struct buffer *out, const json_t *event)
{
    enum standing s = report_standing(r, event);
    buffer_printf(out, "<tr data-s=\"%s\"><td>", html_class(s));
    html_chip(out, s);
    buffer_text(out, "</td><td><code>");
    html_text(out, json_text(event, "id"));
    buffer_text(out, "</code><br>");
    html_text(out, json_text(event, "title"));
    if (s != STANDING_PASSED && json_text(event, "message") != NULL) {
        buffer_text(out, "<br><span class=\"soft small\">");
        html_text(out, json_text(event, "message"));
        buffer_text(out, "</span>");
    }
    buffer_printf(out, "</td><td class=\"n\">%.1f ms</td></tr>\n",
                  json_number_value(json_member(event, "ms")));
}

static void put_group(const struct report *r, struct buffer *out, const char *suite, size_t n)
{
    size_t i;
    json_t *event;
    buffer_text(out, "<details class=\"card group\"><summary>");
    html_text(out, suite);
    buffer_printf(out,
                  " <span class=\"soft\">(%zu)</span></summary>\n<div class=\"scroll\"><table>"
                  "<thead><tr><th scope=\"col\">Verdict</th><th scope=\"col\">Case</th>"
                  "<th scope=\"col\" class=\"n\">Time</th></tr></thead>\n<tbody>\n",
                  n);
    json_array_foreach (r->cases, i, event) {
        if (text_equal(json_text(event, "suite"), suite))
            put_row(r, out, event);
    }
    buffer_text(out, "</tbody></table></div></details>\n");
}

static void put_filter(const size_t counts[STANDING_COUNT], struct buffer *out)
{
    buffer_text(out, "<div class=\"filter\" role=\"search\"><input type=\"search\" id=\"q\" "
                     "placeholder=\"Filter by id, title or message\" aria-label=\"Filter cases\">");
    for (size_t s = 0; s < STANDING_COUNT; s++) {
        if (counts[s] > 0)
            buffer_printf(out, "<label><input type=\"checkbox\" value=\"%s\" checked> %s</label>",
                          html_class((enum standing)s), report_standing_text((enum standing)s));
    }
    buffer_text(out,
                "<span id=\"shown\" class=\"soft small\" aria-live=\"polite\"></span></div>\n");
}

void html_cases(const struct report *r, struct buffer *out)
{
    size_t counts[STANDING_COUNT] = { 0 }, i;
    json_t *suites = json_own(r->arena, json_object()), *event;
    const char *suite;
    json_array_foreach (r->cases, i, event) {
        suite = json_text(event, "suite");
        counts[report_standing(r, event)]++;
        json_object_set_new(suites, suite,
                            json_integer(1 + json_integer_value(json_object_get(suites, suite))));
    }
    buffer_text(out, "<section aria-labelledby=\"h-cases\">\n<h2 id=\"h-cases\">All cases</h2>\n");
    put_filter(counts, out);
    json_object_foreach (suites, suite, event) {
        put_group(r, out, suite, (size_t)json_integer_value(event));
    }
    if (json_object_size(suites) == 0)
        buffer_text(out, "<p>No case was selected.</p>\n");
    buffer_text(out, "</section>\n");
}
