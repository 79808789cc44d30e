/* The gates there are, in the order of --list. */
#include "drift-gates/gate.h"

extern const struct gate gate_env_contract;
extern const struct gate gate_golden_flow;
extern const struct gate gate_image_pins;
extern const struct gate gate_insecure_default;
extern const struct gate gate_layering;
extern const struct gate gate_migrations;
extern const struct gate gate_mutants_apply;
extern const struct gate gate_problem_codes;
extern const struct gate gate_prod_leak;
extern const struct gate gate_prod_obligations;
extern const struct gate gate_renders;
extern const struct gate gate_secret_boundary;
extern const struct gate gate_spec_ledger;

const struct gate *const gates[] = {
    &gate_env_contract,    &gate_insecure_default,
    &gate_problem_codes,   &gate_prod_obligations,
    &gate_prod_leak,       &gate_image_pins,
    &gate_renders,         &gate_golden_flow,
    &gate_secret_boundary, &gate_migrations,
    &gate_layering,        &gate_spec_ledger,
    &gate_mutants_apply,   NULL,
};
