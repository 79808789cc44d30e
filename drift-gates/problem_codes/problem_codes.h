/* drift-gates/problem_codes/problem_codes.h — what the parts of problem-codes share. */
#ifndef DRIFT_GATES_PROBLEM_CODES_H
#define DRIFT_GATES_PROBLEM_CODES_H

#include "drift-gates/data_file.h"
#include "drift-gates/gate.h"
#include "drift-gates/lines.h"
#include "drift-gates/problem_codes/problem_set.h"

struct codes {
    struct gate_run *g;
    struct problem_set set;
    struct data_file declared;
    const json_t *own; /* names that look like codes and are none */
    const char *spec, *observations;
    size_t n_sources, n_named, n_pairs, n_seen;
};

/* Marks what sources use, and finds what they use beside the set (CODE-01). `folders`: where; NULL:
 * the settings' sources, or the whole tree. */
void problem_codes_sources(struct codes *c, const json_t *folders);

/* Each `NNN `code`` of a text of Markdown: a status, a blank, and a code in backquotes. */
void problem_codes_pairs(struct arena *a, struct bytes text,
                         void (*pair)(void *self, int line, int status, const char *code),
                         void *self);

/* A line `PROBLEM_ROW(NAME, STATUS, "CODE", …`; false for any other. */
bool problem_codes_table_row(struct arena *a, struct line line, int *status, const char **code);

#endif
