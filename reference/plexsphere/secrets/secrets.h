/* secrets/secrets.h — where node secrets are kept (ruling 32, SPEC ENV-*). Blank: their surface is
 * off. */
#ifndef PLEXSPHERE_SECRETS_H
#define PLEXSPHERE_SECRETS_H

#include "reference/plexsphere/env_read.h"

enum secrets_backend { SECRETS_POSTGRES, SECRETS_OPENBAO };

struct secrets_config {
    enum secrets_backend backend; /* PLEXSPHERE_SECRETS_BACKEND */
};

enum configured production_secrets_config_from_env(struct arena *a, const struct environment *env,
                                                   struct secrets_config *out, struct error *e);

#endif
