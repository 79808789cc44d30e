#include "harness/report_html.h"

#include <string.h>

#include "common/json.h"
#include "common/text.h"
#include "harness/report_writers.h"

void html_text(struct buffer *out, const char *text)
{
    if (text != NULL)
        buffer_xml_escaped(out, text, strlen(text));
}

const char *html_class(enum standing s)
{
    return report_standing_text(s);
}

const char *html_mark(enum standing s)
{
    static const char *const marks[STANDING_COUNT] = {
        "✓", "✕", "–", "○", "◐", "⚑", "ℹ", "⚠", "∅"
    };
    return marks[s];
}

void html_chip(struct buffer *out, enum standing s)
{
    buffer_printf(out, "<span class=\"chip %s\"><span aria-hidden=\"true\">%s</span> %s</span>",
                  html_class(s), html_mark(s), report_standing_text(s));
}

/* ---- banner and tiles -------------------------------------------------------------------- */

static void put_head(const struct report *r, struct buffer *out)
{
    buffer_text(out, "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                     "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n"
                     "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
                     "style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:\">\n"
                     "<link rel=\"icon\" href=\"data:,\">\n<title>");
    html_text(out, report_verdict(r));
    buffer_text(out, " · plexconf report");
    buffer_printf(out, "</title>\n<style>\n%s</style>\n</head>\n<body>\n", report_html_style);
    buffer_text(out,
                "<a class=\"skip\" href=\"#main\">Skip to the report</a>\n<main id=\"main\">\n");
}

static void put_banner(const struct report *r, struct buffer *out)
{
    const json_t *target = json_member(r->run, "target");
    buffer_printf(out,
                  "<header class=\"card banner exit-%d\">\n<p class=\"kicker\">Plexsphere "
                  "conformance · ",
                  r->exit);
    html_text(out, json_text(target, "name"));
    const char *verdict = report_verdict(r);
    buffer_printf(out, "</p>\n<h1>%c%s</h1>\n<p>", verdict[0] - 'a' + 'A', verdict + 1);
    html_text(out, report_verdict_sentence(r));
    buffer_text(out, "</p>\n<p class=\"soft small\">");
    html_text(out, report_summary(r));
    if (r->finished)
        buffer_printf(out, " · exit code %d · %.1f s", r->exit, r->seconds);
    buffer_text(out, "</p>\n</header>\n");
}

static void put_tile(struct buffer *out, enum standing s, int64_t n, const char *what)
{
    buffer_printf(out,
                  "<li class=\"tile %s%s\"><b>%lld</b> <span class=\"word\"><span "
                  "aria-hidden=\"true\">%s</span> %s</span><span class=\"what\">%s</span></li>\n",
                  html_class(s), n == 0 ? " zero" : "", (long long)n, html_mark(s),
                  report_standing_text(s), what);
}

static void put_tiles(const struct report *r, struct buffer *out)
{
    const struct report_counts *c = &r->counts;
    buffer_text(out, "<ul class=\"tiles\" aria-label=\"Verdicts\">\n");
    put_tile(out, STANDING_PASSED, c->passed, "did what the clause says");
    put_tile(out, STANDING_FAILED, c->failed, "broke a clause; decides");
    put_tile(out, STANDING_SKIPPED, c->skipped, "was not run: the run ended early");
    put_tile(out, STANDING_UNSUPPORTED, c->unsupported, "needs what the profile does not claim");
    put_tile(out, STANDING_UNPROVISIONED, c->unprovisioned,
             "answered its 501: not built or not wired");
    buffer_text(out, "</ul>\n<ul class=\"tiles minor\" aria-label=\"Other outcomes\">\n");
    put_tile(out, STANDING_WAIVED, c->waived, "failed; somebody answers for it");
    put_tile(out, STANDING_BROKEN, c->broken, "our fault, not the target's");
    put_tile(out, STANDING_VACUOUS, c->vacuous, "passed, and an impostor does too");
    put_tile(out, STANDING_INFORMATIONAL, c->informational, "failed; does not decide");
    buffer_text(out, "</ul>\n");
}

static void put_notes(const struct report *r, struct buffer *out)
{
    size_t i;
    json_t *event;
    json_array_foreach (r->notes, i, event) {
        bool error = text_equal(json_text(event, "level"), "error");
        buffer_printf(out, "<div class=\"card note %s\" role=\"note\"><b>%s:</b> ",
                      error ? "harness-broken" : "waived", error ? "Error" : "Warning");
        html_text(out, json_text(event, "message"));
        buffer_text(out, "</div>\n");
    }
}

/* ---- facts ------------------------------------------------------------------------------- */

static void put_fact(struct buffer *out, const char *name, const char *value)
{
    if (text_blank(value))
        return;
    buffer_printf(out, "<dt>%s</dt><dd>", name);
    html_text(out, value);
    buffer_text(out, "</dd>\n");
}

static void put_features(struct buffer *out, const json_t *target)
{
    size_t i;
    json_t *feature;
    buffer_text(out, "<dt>Claims</dt><dd>");
    if (json_array_size(json_member(target, "features")) == 0)
        buffer_text(out, "no feature");
    json_array_foreach (json_member(target, "features"), i, feature) {
        buffer_text(out, "<span class=\"tag\">");
        html_text(out, json_string_value(feature));
        buffer_text(out, "</span>");
    }
    buffer_text(out, "</dd>\n<dt>Rulings</dt><dd>");
    buffer_text(out, json_flag(target, "rulings", false)
                         ? "claimed: clauses from rulings decide"
                         : "not claimed: clauses from rulings are information");
    buffer_text(out, "</dd>\n");
}

static const char *command_line(const struct report *r)
{
    struct buffer b;
    size_t i;
    json_t *word;
    buffer_init_arena(&b, 16384, r->arena);
    json_array_foreach (json_member(r->run, "argv"), i, word) {
        const char *text = json_string_value(word);
        bool quoted = text != NULL && strpbrk(text, " ()*?'\"") != NULL;
        buffer_printf(&b, "%s%s%s%s", i == 0 ? "" : " ", quoted ? "'" : "",
                      text == NULL ? "" : text, quoted ? "'" : "");
    }
    return b.data;
}

static const char *proof_text(const struct report *r)
{
    const struct report_counts *c = &r->counts;
    if (!json_flag(r->run, "prove", false))
        return "not proven: this run did not show its cases to impostors";
    return arena_printf(r->arena, "%lld cases notice every impostor, %lld vacuous, %lld not proven",
                        (long long)c->proven, (long long)c->vacuous, (long long)c->unproven);
}

static void put_facts(const struct report *r, struct buffer *out)
{
    const json_t *target = json_member(r->run, "target");
    buffer_text(out, "<section aria-labelledby=\"h-target\">\n<h2 id=\"h-target\">Target and "
                     "run</h2>\n<div class=\"card\"><dl class=\"facts\">\n");
    put_fact(out, "Target", json_text(target, "name"));
    put_fact(out, "Base URL", json_text(target, "base_url"));
    put_fact(out, "Rig", json_text(target, "rig"));
    put_features(out, target);
    put_fact(out, "Run", json_text(r->run, "id"));
    put_fact(out, "Started", json_text(r->run, "at"));
    put_fact(out, "Ended", json_text(r->end, "at"));
    put_fact(out, "Command", command_line(r));
    put_fact(out, "plexconf", json_text(r->run, "plexconf"));
    put_fact(out, "Contract", json_text(r->run, "contract"));
    put_fact(out, "Proof", proof_text(r));
    buffer_text(out, "</dl></div>\n</section>\n");
}

/* ---- suites ------------------------------------------------------------------------------ */

static void count_suite(const struct report *r, const char *suite, size_t counts[STANDING_COUNT],
                        double *ms)
{
    size_t i;
    json_t *event;
    json_array_foreach (r->cases, i, event) {
        if (!text_equal(json_text(event, "suite"), suite))
            continue;
        counts[report_standing(r, event)]++;
        *ms += json_number_value(json_member(event, "ms"));
    }
}

static void put_bar(struct buffer *out, const size_t counts[STANDING_COUNT])
{
    const char *comma = "";
    buffer_text(out, "<div class=\"bar\" role=\"img\" aria-label=\"");
    for (size_t s = 0; s < STANDING_COUNT; s++) {
        if (counts[s] == 0)
            continue;
        buffer_printf(out, "%s%zu %s", comma, counts[s], report_standing_text((enum standing)s));
        comma = ", ";
    }
    buffer_text(out, "\">");
    for (size_t s = 0; s < STANDING_COUNT; s++) {
        if (counts[s] > 0)
            buffer_printf(out, "<span class=\"%s\" style=\"flex:%zu\" title=\"%zu %s\"></span>",
                          html_class((enum standing)s), counts[s], counts[s],
                          report_standing_text((enum standing)s));
    }
    buffer_text(out, "</div>");
}

static void put_suite(const struct report *r, struct buffer *out, const char *suite)
{
    size_t counts[STANDING_COUNT] = { 0 }, all = 0;
    double ms = 0;
    count_suite(r, suite, counts, &ms);
    for (size_t s = 0; s < STANDING_COUNT; s++)
        all += counts[s];
    size_t bad = counts[STANDING_FAILED] + counts[STANDING_BROKEN] + counts[STANDING_VACUOUS];
    buffer_text(out, "<tr><td>");
    html_text(out, suite);
    buffer_printf(out,
                  "</td><td class=\"n\">%zu</td><td class=\"n\">%zu</td><td class=\"n\">%zu</td>"
                  "<td class=\"n\">%zu</td><td>",
                  all, counts[STANDING_PASSED], bad, all - counts[STANDING_PASSED] - bad);
    put_bar(out, counts);
    buffer_printf(out, "</td><td class=\"n\">%.2f s</td></tr>\n", ms / 1000);
}

static void put_suites(const struct report *r, struct buffer *out)
{
    json_t *suites = json_own(r->arena, json_object()), *event;
    size_t i;
    const char *suite;
    json_array_foreach (r->cases, i, event) {
        json_object_set_new(suites, json_text(event, "suite"), json_true());
    }
    if (json_object_size(suites) == 0)
        return;
    buffer_text(out,
                "<section aria-labelledby=\"h-suites\">\n<h2 id=\"h-suites\">Suites</h2>\n<div "
                "class=\"card scroll\"><table>\n<thead><tr><th scope=\"col\">Suite</th><th "
                "scope=\"col\" class=\"n\">Cases</th><th scope=\"col\" class=\"n\">Passed</th><th "
                "scope=\"col\" class=\"n\">Bad</th><th scope=\"col\" class=\"n\">Other</th><th "
                "scope=\"col\">Outcome</th><th scope=\"col\" class=\"n\">Time</th></tr></thead>\n"
                "<tbody>\n");
    json_object_foreach (suites, suite, event)
        put_suite(r, out, suite);
    buffer_text(out, "</tbody></table></div>\n</section>\n");
}

void report_html(const struct report *r, struct buffer *out)
{
    put_head(r, out);
    put_banner(r, out);
    put_tiles(r, out);
    put_notes(r, out);
    html_attention(r, out);
    put_suites(r, out);
    put_facts(r, out);
    html_coverage(r, out);
    html_cases(r, out);
    buffer_text(out, "<footer>Made from events.ndjson beside this file by plexconf ");
    html_text(out, json_text(r->run, "plexconf"));
    buffer_printf(out,
                  ". Credentials were taken out before anything was written.</footer>\n"
                  "</main>\n<script>%s</script>\n</body>\n</html>\n",
                  report_html_script);
}
