/* managed_push/managed_push.h — what managed push takes from the environment (SPEC ENV-*). */
#ifndef PLEXSPHERE_MANAGED_PUSH_H
#define PLEXSPHERE_MANAGED_PUSH_H

#include "reference/plexsphere/env_read.h"

struct managed_push_config {
    /* PLEXSPHERE_MANAGED_PUSH_WRAP_KEY_B64; blank: the surface is off */
    unsigned char wrap_key[32];
};

enum configured production_managed_push_config_from_env(struct arena *a,
                                                        const struct environment *env,
                                                        struct managed_push_config *out,
                                                        struct error *e);

#endif
