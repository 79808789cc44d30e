/* The gates there are. */
#include "drift-gates/gate.h"

const struct gate *const gates[] = {
    NULL,
};
