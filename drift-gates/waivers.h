/* drift-gates/waivers.h — findings that somebody answers for, for a while.
 *
 * In the file itself, in a comment on the finding's line or above it (several may stand above one
 * another), behind the sign of the comment:
 *
 *     image: local/thing:dev  SIGN plexconf-gate: allow PIN-01 until=2027-01-31 reason="built here"
 *
 * or in the settings (settings.h), where `file` and `path` are patterns (text_glob) and an owner is
 * named. The last day holds to its end, UTC.
 *
 * A waiver that is incomplete, past its day, or waives nothing although its rule's gate ran to its
 * end waives nothing and is stale: a row of its own (rules WVR-01 to WVR-03). In a source it is
 * seen only after a comment sign (in Markdown: after "<!--"), so that texts about waivers are none.
 * Files that no gate of the run looked at are not searched. */
#ifndef DRIFT_GATES_WAIVERS_H
#define DRIFT_GATES_WAIVERS_H

#include "drift-gates/findings.h"

struct gate_waiver {
    const char *rule, *file, *path, *owner, *reason, *until; /* any may be NULL */
    struct place where;                                      /* of the waiver */
    int first, last;   /* lines it is about, in where.file; 0: any (settings) */
    bool used;         /* it waives something */
    const char *fault; /* id of the rule it breaks, or NULL */
    const char *told;  /* with a fault: the message */
};

struct gate_waivers {
    struct arena *arena;
    struct gate_waiver *rows;
    size_t n, room;
};

/* Those of a source. Each has at least `where`. */
void gate_waivers_read(struct gate_waivers *w, const char *file, struct bytes text);
/* Those of the settings, and those of every file that the gates read or have findings on. */
void gate_waivers_collect(struct gate_waivers *w, const struct tree *t, const struct settings *s,
                          const struct findings *f);
/* Gives the incomplete and the expired ones their fault. `table`: the gates whose rules there are,
 * ends with NULL; `today`: "YYYY-MM-DD". */
void gate_waivers_check(struct gate_waivers *w, const struct gate *const *table, const char *today);
/* Excuses the findings that a sound waiver is about, and marks those waivers used. */
void gate_waivers_apply(struct gate_waivers *w, struct findings *f);
/* Gives those that waive nothing their fault, if the rule's gate ran to its end. */
void gate_waivers_settle(struct gate_waivers *w, const struct findings *f);

/* The rule of this id in the table or the framework, and its gate; NULL: none. */
const struct gate_rule *rule_in(const struct gate *const *table, const char *id,
                                const struct gate **gate);
/* Did the gate that owns the rule run to its end? */
bool rule_was_judged(const struct findings *f, const char *id);

#endif
