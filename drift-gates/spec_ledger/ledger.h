/* drift-gates/spec_ledger/ledger.h — what the parts of spec-ledger share. */
#ifndef DRIFT_GATES_LEDGER_H
#define DRIFT_GATES_LEDGER_H

#include "drift-gates/data_file.h"
#include "drift-gates/gate.h"

struct ledger {
    struct gate_run *g;
    struct data_file declared;
    json_t *lines;  /* clause id → line of SPEC.md */
    json_t *areas;  /* "REG" → the highest number given */
    json_t *cases;  /* id of a case → true */
    json_t *judged; /* clause id → true: a case names it */
    json_t *found;  /* clause id → true: a gate's rule names it */
    size_t mentions;
};

/* The id ("REG-014": capitals, a dash, three digits) at text[i], with no word on either side; NULL:
 * none. */
const char *ledger_id_at(struct arena *a, struct bytes text, size_t i);

/* Reads suites (cases, judged) and gates (found). `folders` NULL: the usual ones. */
void ledger_read_suites(struct ledger *l, const json_t *folders);
void ledger_read_gates(struct ledger *l, const json_t *folders);
/* Every id in the tree is a clause, a case, or declared (LEDG-03). */
void ledger_judge_mentions(struct ledger *l);

#endif
