/* The gates there are. */
#include "drift-gates/gate.h"
#include "drift-gates/insecure_default.h"
#include "drift-gates/prod_leak.h"

const struct gate *const gates[] = {
    &insecure_default_gate,
    &prod_leak_gate,
    NULL,
};
