/* drift-gates/output.h — a verdict as text, JSON, SARIF or JUnit.
 *
 * What a tree names itself (paths, messages) is shown with control characters and bytes that are
 * not UTF-8 escaped, so that a file's name can neither break a line nor drive a terminal. */
#ifndef DRIFT_GATES_OUTPUT_H
#define DRIFT_GATES_OUTPUT_H

#include "common/buffer.h"
#include "drift-gates/verdict.h"

struct output_style {
    bool colour;
    bool excused; /* text: shows excused findings, too */
    size_t width; /* text: columns of the terminal it goes to; 0: a gate is one line */
};

/* `file:line rule message` for each finding and stale row, a line for each gate, one of counts. */
void output_text(const struct verdict *v, struct output_style style, struct buffer *out);
/* The last of those lines alone. */
void output_counts(const struct verdict *v, struct buffer *out);
/* docs/gates.schema.json */
void output_json(const struct verdict *v, struct output_style style, struct buffer *out);
/* SARIF 2.1.0; excused findings have suppressions. */
void output_sarif(const struct verdict *v, struct output_style style, struct buffer *out);
/* A gate is a testsuite, a rule a testcase. */
void output_junit(const struct verdict *v, struct output_style style, struct buffer *out);

/* One printable line of UTF-8, the same text when it is one; NULL gives NULL. */
const char *output_line(struct arena *a, const char *text);
/* The words for an outcome, as in all formats: "clean", "findings", "not applicable", "broken". */
const char *output_state(enum gate_state s);
/* What a gate could not look at, "2 sockets (they are not opened); …", or NULL. */
const char *output_unlooked(const struct verdict *v, const struct gate *gate);

#endif
