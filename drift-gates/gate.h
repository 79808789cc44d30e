/* drift-gates/gate.h — what a gate is, and how it says what it found.
 *
 * A gate is one function from a tree (or rendered streams) to findings. It owns its rules; every
 * finding names one of them. It also says what it compared, because a gate that compared nothing
 * has shown nothing: such a gate is "not applicable", never clean. What it could not look at for a
 * reason that lies outside the tree (no kustomize here, no observations given) it says with
 * gate_unlooked(), which has a count of its own.
 *
 * A finding's message never holds a secret's value: name the key, and secret_print() of the value.
 *
 * Everything lives in the run's arena. One run, one thread, unless a gate says otherwise. */
#ifndef DRIFT_GATES_GATE_H
#define DRIFT_GATES_GATE_H

#include "common/arena.h"
#include "common/base.h"
#include "common/error.h"
#include "drift-gates/settings.h"
#include "drift-gates/tree.h"

struct gate_run;

struct gate_rule {
    const char *id;     /* "PIN-01": stable, and a folder of violations/ */
    const char *title;  /* one line: what must hold */
    const char *why;    /* what goes wrong otherwise, and what counts as met */
    const char *mend;   /* what to do about a finding */
    const char *source; /* clause of SPEC.md, ruling or contract file it comes from */
};

struct gate {
    const char *name; /* "image-pins" */
    const char *says; /* one line for --list */
    const struct gate_rule *rules;
    size_t n_rules;
    /* Looks. False only when it could not finish looking (then the run is broken, exit 3); findings
     * are no failure. */
    bool (*run)(struct gate_run *g, struct error *e);
};

/* Where something stands. Any part may be missing: NULL, or 0. */
struct place {
    const char *file; /* relative to the tree; "-" is standard input */
    int line;         /* from 1 */
    const char *path; /* inside the file: "Deployment/default/plexsphere env PLEXSPHERE_DSN" */
    const char *environment; /* name of the render: "dev", "prod-reference" */
};

#define EXCUSED_BY_SOURCE "waiver in the source"
#define EXCUSED_BY_SETTINGS "waiver in the settings"
#define EXCUSED_BY_BASELINE "baseline"

struct finding {
    const struct gate *gate;
    const struct gate_rule *rule;
    struct place where;
    struct place other;      /* the second of two that disagree; file NULL: there is none */
    const char *message;     /* one line, no value of a secret */
    const char *fingerprint; /* 16 hex digits of rule, file, path and message, but not the line */
    const char *excused;     /* why it does not count (waiver's reason, "baseline"), or NULL */
    const char *excused_by;  /* EXCUSED_BY_…, or NULL */
};

struct gate_run {
    struct arena *arena;
    const struct gate *gate;
    const struct tree *tree;
    const struct settings *settings; /* also knows the contract's files: settings_contract() */
    struct findings *findings;       /* findings.h */
    size_t compared;                 /* things looked at; 0 when the gate is done: not applicable */
};

/* A finding of `rule`, which must be one of the running gate's (else the program ends: 70). */
void finding(struct gate_run *g, const char *rule, struct place where, const char *format, ...)
    PRINTF_LIKE(4, 5);
/* As above where two places disagree. */
void finding_between(struct gate_run *g, const char *rule, struct place where, struct place other,
                     const char *format, ...) PRINTF_LIKE(5, 6);

/* "compared 63 variables": n may be 0, which counts as nothing. Calls with the same `what` add up.
 */
void gate_compared(struct gate_run *g, size_t n, const char *what);
/* "not re-rendered: no kustomize": has a count of its own and decides nothing. */
void gate_unlooked(struct gate_run *g, const char *what, const char *why);

/* How a secret is named in a message: its length and the first 8 hex digits of its SHA-256,
 * "24 bytes, sha256 1a2b3c4d…". Of values below 12 bytes only the length: short ones are guessed.
 */
const char *secret_print(struct arena *a, const void *value, size_t len);

/* All gates there are, in the order of --list; ends with NULL. */
extern const struct gate *const gates[];
const struct gate *gate_named(const char *name);                                  /* NULL: none */
const struct gate_rule *gate_rule_named(const struct gate *gate, const char *id); /* NULL: none */

#endif
