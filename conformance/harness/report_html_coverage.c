#include "common/json.h"
#include "common/text.h"
#include "harness/coverage.h"
#include "harness/report_html.h"

static void put_meter(struct buffer *out, const char *name, size_t n, size_t of, const char *word)
{
    double percent = of == 0 ? 0 : 100.0 * (double)n / (double)of;
    buffer_printf(out,
                  "<div class=\"meter\"><span>%s</span><div class=\"bar passed\" role=\"img\" "
                  "aria-label=\"%zu of %zu %s\">",
                  name, n, of, word);
    if (n > 0)
        buffer_printf(out, "<span style=\"width:%.1f%%\"></span>", percent);
    buffer_printf(out, "</div><span class=\"n\">%zu / %zu %s</span></div>\n", n, of, word);
}

static bool was_seen(const struct coverage_operation *op, json_int_t status)
{
    size_t i;
    json_t *event;
    json_array_foreach (op->seen, i, event) {
        if (json_int(event, "status", 0) == status)
            return true;
    }
    return false;
}

static void put_seen(struct buffer *out, const struct coverage_operation *op)
{
    size_t i;
    json_t *event;
    json_array_foreach (op->seen, i, event) {
        buffer_printf(out, "%s<b>%d</b>", i == 0 ? "" : ", ", (int)json_int(event, "status", 0));
        if (json_text(event, "code") != NULL) {
            buffer_text(out, " <code>");
            html_text(out, json_text(event, "code"));
            buffer_text(out, "</code>");
        }
        buffer_printf(out, " <span class=\"soft\">×%lld</span>",
                      (long long)json_int(event, "count", 0));
    }
    if (json_array_size(op->seen) == 0)
        buffer_text(out, "<span class=\"soft\">nothing</span>");
}

static void put_unseen(struct buffer *out, const struct coverage_operation *op)
{
    size_t i, n = 0;
    json_t *status;
    json_array_foreach (op->statuses, i, status) {
        if (!was_seen(op, json_integer_value(status)))
            buffer_printf(out, "%s%d", n++ == 0 ? "" : ", ", (int)json_integer_value(status));
    }
    if (n == 0)
        buffer_text(out, "<span class=\"soft\">none</span>");
}

static void put_operations(const struct coverage *c, struct buffer *out)
{
    buffer_printf(out,
                  "<details class=\"card group\"><summary>Operations <span class=\"soft\">(%zu)"
                  "</span></summary><div class=\"scroll\"><table><thead><tr>"
                  "<th scope=\"col\">Operation</th><th scope=\"col\">Seen</th>"
                  "<th scope=\"col\">Listed, not seen</th></tr></thead><tbody>\n",
                  c->n_operations);
    for (size_t i = 0; i < c->n_operations; i++) {
        const struct coverage_operation *op = &c->operations[i];
        buffer_text(out, "<tr><td>");
        html_text(out, op->id);
        buffer_text(out, "<br><code class=\"soft\">");
        html_text(out, op->method);
        buffer_char(out, ' ');
        html_text(out, op->path);
        buffer_text(out, "</code></td><td>");
        put_seen(out, op);
        buffer_text(out, "</td><td>");
        put_unseen(out, op);
        buffer_text(out, "</td></tr>\n");
    }
    buffer_text(out, "</tbody></table></div></details>\n");
}

static void put_clause(struct buffer *out, const struct coverage_clause *c)
{
    static const char *const words[] = { "no case in this run names it", "not judged here", NULL };
    buffer_text(out, "<tr><td><b>");
    html_text(out, c->id);
    buffer_text(out, "</b><br><span class=\"soft small\">");
    html_text(out, c->level);
    buffer_text(out, ", ");
    html_text(out, c->source);
    buffer_text(out, "</span></td><td>");
    html_text(out, c->text);
    buffer_text(out, "</td><td>");
    if (words[c->cover] != NULL)
        buffer_printf(out, "<span class=\"soft\">%s</span>", words[c->cover]);
    else
        buffer_printf(out, "%zu %s%s", c->judged, c->judged == 1 ? "case" : "cases",
                      c->failed == 0 ? "" : ", ");
    if (c->failed > 0)
        buffer_printf(out, "<b>%zu failed</b>", c->failed);
    buffer_text(out, "</td></tr>\n");
}

static void put_clauses(const struct coverage *c, struct buffer *out, const char *title,
                        bool judged)
{
    size_t n = judged ? c->clauses_judged : c->n_clauses - c->clauses_judged;
    if (n == 0)
        return;
    buffer_printf(out,
                  "<details class=\"card group\"><summary>%s <span class=\"soft\">(%zu)</span>"
                  "</summary><div class=\"scroll\"><table><thead><tr><th scope=\"col\">Clause"
                  "</th><th scope=\"col\">Text</th><th scope=\"col\">Judged by</th></tr></thead>"
                  "<tbody>\n",
                  title, n);
    for (size_t i = 0; i < c->n_clauses; i++) {
        if ((c->clauses[i].cover == CLAUSE_JUDGED) == judged)
            put_clause(out, &c->clauses[i]);
    }
    buffer_text(out, "</tbody></table></div></details>\n");
}

void html_coverage(const struct report *r, struct buffer *out)
{
    struct coverage c;
    coverage_of(r, &c);
    if (c.n_operations == 0 && c.n_clauses == 0)
        return;
    buffer_text(out,
                "<section aria-labelledby=\"h-coverage\">\n<h2 id=\"h-coverage\">Coverage</h2>\n"
                "<p class=\"soft\">Counted from what this run saw the target answer, not from "
                "what the suites contain.</p>\n<div class=\"card\">\n");
    put_meter(out, "Operations", c.operations_seen, c.n_operations, "answered");
    put_meter(out, "Statuses", c.rows_seen, c.rows, "seen");
    put_meter(out, "Clauses", c.clauses_judged, c.n_clauses, "judged");
    buffer_printf(out,
                  "<p class=\"soft small\">%zu response members were seen in named schemas.</p>\n"
                  "</div>\n<p></p>\n",
                  c.members_seen);
    if (c.n_operations > 0)
        put_operations(&c, out);
    put_clauses(&c, out, "Clauses judged", true);
    put_clauses(&c, out, "Clauses not judged", false);
    buffer_text(out, "</section>\n");
}
