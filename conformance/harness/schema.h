/* harness/schema.h — the part of JSON Schema that the contract uses, judged strictly.
 *
 * type, properties, required, additionalProperties, items, enum, const, pattern (POSIX ERE of the
 * contract's patterns), minLength, maxLength (code points), minimum, maximum, minItems, maxItems,
 * allOf, anyOf, oneOf, not, $ref, nullable, format (uuid, date-time, uri, byte, binary, ipv4, ipv6,
 * int32, int64, float, double, email, http-date). A keyword it does not know is an error when the
 * contract is loaded, never ignored. */
#ifndef HARNESS_SCHEMA_H
#define HARNESS_SCHEMA_H

#include <jansson.h>

#include "common/arena.h"
#include "common/base.h"
#include "common/error.h"

/* The first violation goes to `e` as "/items/0/id: not a uuid". */
MUST_CHECK bool schema_validate(struct arena *a, const json_t *schema, const json_t *value,
                                struct error *e);
/* Every keyword below `schema` is known. */
MUST_CHECK bool schema_understood(const json_t *schema, struct error *e);

#endif
