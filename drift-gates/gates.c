/* The gates there are. */
#include "drift-gates/gate.h"

extern const struct gate gate_env_contract;
extern const struct gate gate_prod_obligations;
extern const struct gate gate_image_pins;
extern const struct gate gate_renders;

const struct gate *const gates[] = {
    &gate_env_contract, &gate_prod_obligations, &gate_image_pins, &gate_renders, NULL,
};
