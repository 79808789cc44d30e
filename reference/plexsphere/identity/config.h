/* identity/config.h — what the identity lists take from the environment (SPEC ENV-*). */
#ifndef PLEXSPHERE_IDENTITY_CONFIG_H
#define PLEXSPHERE_IDENTITY_CONFIG_H

#include "reference/plexsphere/env_read.h"

struct identities_config {
    /* PLEXSPHERE_IDENTITIES_CURSOR_HMAC_KEY; len 0: only the identity lists are off */
    struct cursor_key cursor;
};

enum configured production_identities_config_from_env(struct arena *a,
                                                      const struct environment *env,
                                                      struct identities_config *out,
                                                      struct error *e);

#endif
