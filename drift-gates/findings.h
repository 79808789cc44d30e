/* drift-gates/findings.h — what a run of gates found, compared and could not look at. */
#ifndef DRIFT_GATES_FINDINGS_H
#define DRIFT_GATES_FINDINGS_H

#include "drift-gates/gate.h"

struct gate_count {
    const struct gate *gate;
    const char *what;
    size_t n;
};

struct gate_note {
    const struct gate *gate;
    const char *what, *why;
};

enum gate_state { GATE_CLEAN, GATE_FOUND, GATE_NOT_APPLICABLE, GATE_BROKEN };

struct gate_outcome {
    const struct gate *gate;
    enum gate_state state;
    size_t n_findings, n_excused; /* counted, and excused ones */
    const char *error;            /* GATE_BROKEN: one line */
    int64_t nanos;                /* how long it took */
};

struct findings {
    struct arena *arena;
    struct finding *rows;
    size_t n, room;
    struct gate_count *counts;
    size_t n_counts;
    struct gate_note *notes;
    size_t n_notes;
    struct gate_outcome *outcomes;
    size_t n_outcomes;
};

struct findings *findings_create(struct arena *a);

/* Runs one gate: its findings sorted by file, line and rule stand behind those of earlier gates,
 * its outcome is the last one. */
void gate_execute(const struct gate *gate, const struct tree *t, const struct settings *s,
                  struct findings *f);

#endif
