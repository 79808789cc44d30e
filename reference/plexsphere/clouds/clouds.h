/* clouds/clouds.h — what Clouds take from the environment (SPEC ENV-*). */
#ifndef PLEXSPHERE_CLOUDS_H
#define PLEXSPHERE_CLOUDS_H

#include "reference/plexsphere/env_read.h"

struct clouds_config {
    struct cursor_key cursor; /* PLEXSPHERE_CLOUDS_CURSOR_HMAC_KEY; len 0: only ListClouds is off */
};

enum configured production_clouds_config_from_env(struct arena *a, const struct environment *env,
                                                  struct clouds_config *out, struct error *e);

#endif
