/* cloud_credentials/cloud_credentials.h — what Cloud credentials take from the environment (SPEC
 * ENV-*). */
#ifndef PLEXSPHERE_CLOUD_CREDENTIALS_H
#define PLEXSPHERE_CLOUD_CREDENTIALS_H

#include "reference/plexsphere/env_read.h"

struct cloud_credentials_config {
    /* PLEXSPHERE_CLOUD_CREDENTIALS_CURSOR_HMAC_KEY; len 0: only ListCloudCredentials is off */
    struct cursor_key cursor;
};

enum configured production_cloud_credentials_config_from_env(struct arena *a,
                                                             const struct environment *env,
                                                             struct cloud_credentials_config *out,
                                                             struct error *e);

#endif
