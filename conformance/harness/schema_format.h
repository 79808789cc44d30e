/* harness/schema_format.h — the `format` keyword: what a text must look like, and the ranges of
 * int32 and int64. */
#ifndef HARNESS_SCHEMA_FORMAT_H
#define HARNESS_SCHEMA_FORMAT_H

#include <jansson.h>

#include "common/arena.h"
#include "common/base.h"

bool schema_format_known(const char *format);
/* Values of another type than the format speaks of are always fine: `type` judges those. */
bool schema_format_holds(struct arena *a, const char *format, const json_t *value);

#endif
