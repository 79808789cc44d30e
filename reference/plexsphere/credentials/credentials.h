/* credentials/credentials.h — what Project credentials take from the environment (SPEC ENV-*). */
#ifndef PLEXSPHERE_CREDENTIALS_H
#define PLEXSPHERE_CREDENTIALS_H

#include "reference/plexsphere/env_read.h"

struct credentials_config {
    /* PLEXSPHERE_CREDENTIALS_CURSOR_HMAC_KEY; len 0: only ListProjectCredentials is off */
    struct cursor_key cursor;
};

enum configured production_credentials_config_from_env(struct arena *a,
                                                       const struct environment *env,
                                                       struct credentials_config *out,
                                                       struct error *e);

#endif
