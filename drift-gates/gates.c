/* The gates there are, in the order of --list. */
#include "drift-gates/gate.h"

extern const struct gate gate_env_contract;
extern const struct gate gate_golden_flow;
extern const struct gate gate_image_pins;
extern const struct gate insecure_default_gate;
extern const struct gate gate_layering;
extern const struct gate gate_migrations;
extern const struct gate gate_mutants_apply;
extern const struct gate gate_problem_codes;
extern const struct gate prod_leak_gate;
extern const struct gate gate_prod_obligations;
extern const struct gate gate_image_pins;
extern const struct gate gate_renders;
extern const struct gate secret_boundary_gate;
extern const struct gate gate_spec_ledger;

const struct gate *const gates[] = {
    &gate_env_contract,
    &insecure_default_gate,
    &gate_problem_codes,
    &gate_prod_obligations,
    &prod_leak_gate,
    &gate_image_pins,
    &gate_renders,
    &gate_golden_flow,
    &secret_boundary_gate,
    &gate_migrations,
    &gate_layering,
    &gate_spec_ledger,
    &gate_mutants_apply,
    NULL,
    &gate_env_contract, &gate_prod_obligations, &gate_image_pins, &gate_renders, NULL,
};
