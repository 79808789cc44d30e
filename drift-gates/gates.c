/* The gates there are. */
#include "drift-gates/gate.h"
#include "drift-gates/secret_boundary.h"

const struct gate *const gates[] = {
    &secret_boundary_gate,
    NULL,
};
