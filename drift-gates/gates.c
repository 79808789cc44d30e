/* The gates there are. */
#include "drift-gates/gate.h"

extern const struct gate gate_golden_flow;

const struct gate *const gates[] = {
    &gate_golden_flow,
    NULL,
};
