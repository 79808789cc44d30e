/* harness/dialect.h — what the agent's MVP dialect answers (ruling 1, mvp-operations.json).
 *
 * Which dialect a Node speaks cannot be seen from a request, so a case says it (ask.mvp); the
 * dialect's own paths speak for themselves. Such answers keep the rules of statuses, media types
 * and Problems, and no published schema. */
#ifndef HARNESS_DIALECT_H
#define HARNESS_DIALECT_H

#include <jansson.h>

#include "common/base.h"

/* The row a concrete method and path (without query) belong to; NULL: none. `shared`: also rows
 * whose path a published operation has. */
const json_t *dialect_operation(const char *method, const char *path, bool shared);
bool dialect_lists(const json_t *row, int status);
int dialect_success(const json_t *row);

#endif
