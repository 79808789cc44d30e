/* The gates there are. */
#include "drift-gates/gate.h"
#include "drift-gates/prod_leak.h"

const struct gate *const gates[] = {
    &prod_leak_gate,
    NULL,
};
