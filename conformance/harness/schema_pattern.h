/* harness/schema_pattern.h — the contract's patterns (ECMA 262) as POSIX extended expressions,
 * compiled once and kept. */
#ifndef HARNESS_SCHEMA_PATTERN_H
#define HARNESS_SCHEMA_PATTERN_H

#include "common/base.h"
#include "common/error.h"

/* Can the pattern be judged here? Refused: look-around, back references, lazy quantifiers, and what
 * POSIX cannot say. */
MUST_CHECK bool schema_pattern_compile(const char *pattern, struct error *e);
/* Is there a match in `text`? The pattern must have compiled. Not thread-safe. */
bool schema_pattern_matches(const char *pattern, const char *text);

#endif
