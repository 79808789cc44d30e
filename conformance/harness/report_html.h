/* harness/report_html.h — the parts of report.html, shared by its files.
 *
 * One file without anything from elsewhere; a content security policy says so to the browser, for
 * the text in it came from a target. It reads without script; the script only filters. Every text
 * goes through html_text(). */
#ifndef HARNESS_REPORT_HTML_H
#define HARNESS_REPORT_HTML_H

#include "common/buffer.h"
#include "harness/report_model.h"

extern const char report_html_style[];
extern const char report_html_script[];

void html_text(struct buffer *out, const char *text); /* escaped; NULL is nothing */
/* A chip with the standing's mark and word: never colour alone. */
void html_chip(struct buffer *out, enum standing s);
/* The class and mark of a standing: "passed", "✓". */
const char *html_class(enum standing s);
const char *html_mark(enum standing s);

void html_attention(const struct report *r,
                    struct buffer *out); /* failed, broken, vacuous, waived, informational */
void html_cases(const struct report *r, struct buffer *out); /* all, by suite */
void html_coverage(const struct report *r, struct buffer *out);

#endif
