/* hooks/hooks.h — what the hook catalogue takes from the environment (SPEC ENV-*). */
#ifndef PLEXSPHERE_HOOKS_H
#define PLEXSPHERE_HOOKS_H

#include "reference/plexsphere/env_read.h"

struct hooks_config {
    struct cursor_key cursor; /* PLEXSPHERE_HOOKS_CURSOR_HMAC_KEY; len 0: only ListHooks is off */
};

enum configured production_hooks_config_from_env(struct arena *a, const struct environment *env,
                                                 struct hooks_config *out, struct error *e);

#endif
