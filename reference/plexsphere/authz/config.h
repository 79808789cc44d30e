/* authz/config.h — what the relation-tuple surface takes from the environment (SPEC ENV-*). */
#ifndef PLEXSPHERE_AUTHZ_CONFIG_H
#define PLEXSPHERE_AUTHZ_CONFIG_H

#include "reference/plexsphere/env_read.h"

struct authz_config {
    struct cursor_key cursor; /* PLEXSPHERE_AUTHZ_CURSOR_HMAC_KEY; len 0: only the list is off */
};

enum configured production_authz_config_from_env(struct arena *a, const struct environment *env,
                                                 struct authz_config *out, struct error *e);

#endif
