/* secrets/name.h — what a secret may be called (SPEC SEC-*). */
#ifndef PLEXSPHERE_SECRETS_NAME_H
#define PLEXSPHERE_SECRETS_NAME_H

#include "common/base.h"

bool secret_name_is_valid(const char *name);

#endif
