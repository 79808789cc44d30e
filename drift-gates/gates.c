/* The gates there are. */
#include "drift-gates/gate.h"

extern const struct gate gate_golden_flow;
extern const struct gate gate_layering;
extern const struct gate gate_migrations;
extern const struct gate gate_mutants_apply;
extern const struct gate gate_problem_codes;
extern const struct gate gate_spec_ledger;

const struct gate *const gates[] = {
    &gate_problem_codes,
    &gate_golden_flow,
    &gate_migrations,
    &gate_layering,
    &gate_spec_ledger,
    &gate_mutants_apply,
    NULL,
};
