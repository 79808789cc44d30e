/* drift-gates/problem_codes/problem_set.h — the Problem codes of the catalogue, as a closed set. */
#ifndef DRIFT_GATES_PROBLEM_SET_H
#define DRIFT_GATES_PROBLEM_SET_H

#include "drift-gates/gate.h"

struct problem {
    const char *code;
    int status;
    const char *name; /* in C: "PROBLEM_TOKEN_CONSUMED", with _STATUS where it has two of them */
    bool built;       /* an operation that the suites judge may answer it by itself */
    /* The gate's own marks. */
    bool used, seen, in_table;
    struct place named_at; /* file NULL: no source names it */
};

struct problem_set {
    struct problem *rows;
    size_t n;
    const json_t *catalogue; /* array of the file */
};

MUST_CHECK bool problem_set_read(struct gate_run *g, struct problem_set *out, struct error *e);

struct problem *problem_set_find(const struct problem_set *s, const char *code, int status);
struct problem *problem_set_named(const struct problem_set *s, const char *name);
bool problem_set_has_code(const struct problem_set *s, const char *code);
#endif
