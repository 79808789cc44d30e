/* drift-gates/env_contract/value.h — whether a value is one of its row's type. */
#ifndef DRIFT_GATES_ENV_CONTRACT_VALUE_H
#define DRIFT_GATES_ENV_CONTRACT_VALUE_H

#include "drift-gates/env_contract/catalogue.h"

/* What it must be, when it is not; NULL when it is, or is blank. Never the value. */
const char *env_value_fault(struct arena *a, const struct env_row *row, const char *value);
/* "dec0deNN" eight times: the contract's cursor keys of dev. */
bool env_value_is_hex_fixture(const char *value);

#endif
