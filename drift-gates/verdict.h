/* drift-gates/verdict.h — a run of gates over a tree, and what follows from it.
 *
 * Exit codes are the runner's (harness/exit_code.h): 0 clean; 1 a finding decides; 3 a gate could
 * not finish, or a required gate had nothing to judge; 4 a waiver or the baseline is stale; 77 no
 * gate had anything to judge. When several apply 3 is taken before 1 and 1 before 4. */
#ifndef DRIFT_GATES_VERDICT_H
#define DRIFT_GATES_VERDICT_H

#include "drift-gates/findings.h"

struct gate_options {
    const char *tree;              /* folder */
    const char *settings;          /* file; NULL: the tree's own, if it has one */
    const char *const *names;      /* gates, ends with NULL; empty: all */
    const char *const *renders;    /* "NAME=FILE", ends with NULL; FILE "-" is standard input */
    const char *const *production; /* names of renders, ends with NULL */
    const char *const *logs;       /* "PATH" or "RENDER=PATH", ends with NULL */
    /* Hands logs to the gate that judges them; NULL: there is none, and --logs is refused. */
    bool (*add_logs)(struct settings *s, const char *path, const char *render, struct error *e);
    const char *observations;   /* report.json of a run, or NULL */
    const char *baseline;       /* file, or NULL */
    const char *write_baseline; /* file, or NULL */
    const char *today;          /* "YYYY-MM-DD" */
};

struct verdict {
    const struct tree *tree;
    const struct settings *settings;
    struct findings *findings; /* its last outcome is the framework's */
    struct findings *stale;    /* waivers and baseline: rows of WVR-… and BSL-01 */
    size_t n_findings, n_excused, n_stale;
    size_t n_clean, n_found, n_not_applicable, n_broken; /* gates, without the framework */
    size_t n_unlooked;
    const char *missing; /* first required gate that had nothing to judge, or NULL */
    size_t n_written;    /* findings that went into a baseline */
    int exit;
};

/* Judges with the gates of `table` (ends with NULL). `out` lives in the arena. On false *code is 2
 * (the caller's mistake) or 3, and the error says what. */
MUST_CHECK bool gates_judge(struct arena *a, const struct gate *const *table,
                            const struct gate_options *o, struct verdict *out, int *code,
                            struct error *e);

/* The gate with the most similar name, or NULL. */
const char *gate_nearest(const struct gate *const *table, const char *name);

#endif
