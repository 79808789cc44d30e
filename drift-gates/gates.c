/* The gates there are. */
#include "drift-gates/gate.h"
#include "drift-gates/insecure_default.h"
#include "drift-gates/prod_leak.h"

extern const struct gate gate_env_contract;
extern const struct gate gate_image_pins;
extern const struct gate gate_prod_obligations;
extern const struct gate gate_renders;

const struct gate *const gates[] = {
    &gate_env_contract, &gate_image_pins, &gate_prod_obligations, &gate_renders,
    &insecure_default_gate,
    &prod_leak_gate,
#include "drift-gates/secret_boundary.h"

const struct gate *const gates[] = {
    &secret_boundary_gate,
    NULL,
};
