/* drift-gates/spec_ledger/ledger.h — what the parts of spec-ledger share. */
#ifndef DRIFT_GATES_LEDGER_H
#define DRIFT_GATES_LEDGER_H

#include "drift-gates/data_file.h"
#include "drift-gates/gate.h"

struct ledger {
    struct gate_run *g;
    struct data_file declared;
    struct bytes spec; /* SPEC.md */
    json_t *lines;     /* clause id → line of SPEC.md */
    json_t *areas;     /* "REG" → the highest number given */
    json_t *cases;     /* id of a case → true */
    json_t *judged;    /* clause id → true: a case names it */
    json_t *found;     /* clause id → true: a gate's rule names it */
    size_t mentions;
};

/* The id ("REG-014": capitals, a dash, three digits) at text[i], with no word on either side; NULL:
 * none. */
const char *ledger_id_at(struct arena *a, struct bytes text, size_t i);

/* Reads suites (cases, judged) and gates (found). `folders` NULL: the usual ones. */
void ledger_read_suites(struct ledger *l, const json_t *folders);
void ledger_read_gates(struct ledger *l, const json_t *folders);
/* "REG-014" and "REG-001 to REG-009": area "REG" and the two numbers. */
bool ledger_read_span(struct arena *a, const char *text, const char **area, int64_t *from,
                      int64_t *to);
/* The clauses that SPEC.md's own table lists as without a case go into `listed`; a row that is not
 * true any more is a finding (LEDG-05). */
void ledger_read_unjudged(struct ledger *l, struct bytes spec, json_t *listed);
/* Every id in the tree is a clause, a case, or declared (LEDG-03). */
void ledger_judge_mentions(struct ledger *l);

#endif
