/* harness/rules.h — the contract's general rules, which every answer must keep whatever the case
 * asks. */
#ifndef HARNESS_RULES_H
#define HARNESS_RULES_H

#include "common/error.h"
#include "harness/exchange.h"

/* The first rule the answer breaks goes to `e`, worded to follow "POST /v1/register answered 403 x:
 * ". */
MUST_CHECK bool rules_hold(const struct exchange *x, struct error *e);

#endif
