/* common/environment.h — environment variables, read once and handed around as a value.
 *
 * Nothing outside this file calls getenv(): what a program reads is visible in its signature. */
#ifndef COMMON_ENVIRONMENT_H
#define COMMON_ENVIRONMENT_H

#include "common/base.h"

struct environment {
    char *const *pairs; /* "NAME=value" …, ends with NULL */
};

struct environment environment_of_process(void);
/* NULL when unset; "" when set and empty. */
const char *environment_get(const struct environment *env, const char *name);

#endif
