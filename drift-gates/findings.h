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
    size_t n_findings, n_excused; /* that decide, and excused ones (waivers.h, baseline.h) */
    const char *error;            /* GATE_BROKEN: one line */
    int64_t nanos;                /* how long it took */
};

struct findings {
    struct arena *arena;
    struct finding *rows;
    size_t n, room;
    struct gate_count *counts;
    size_t n_counts, counts_room;
    struct gate_note *notes;
    size_t n_notes, notes_room;
    struct gate_outcome *outcomes;
    size_t n_outcomes, outcomes_room;
    size_t first;   /* of the running gate */
    size_t dropped; /* of the running gate: beyond FINDINGS_MAX */
};

/* A gate's findings beyond this many are counted and not kept: memory is bounded, and nobody reads
 * on. */
#define FINDINGS_MAX 100000

struct findings *findings_create(struct arena *a);

/* A finding of any rule, not only the gate's own. */
void findings_add(struct gate_run *g, const struct gate_rule *rule, struct place where,
                  struct place other, const char *message);

/* Runs one gate: its findings sorted by file, line and rule stand behind those of earlier gates,
 * its outcome is the last one. A file that it asked for and could not have is a finding of TREE-01,
 * unless the gate has a finding of its own on that file. */
void gate_execute(const struct gate *gate, const struct tree *t, const struct settings *s,
                  struct findings *f);

/* What belongs to no gate: files that cannot be looked at, waivers, the baseline. Its rules are
 * explained like those of gates; it is not in `gates`. */
extern const struct gate framework_gate;

#endif
