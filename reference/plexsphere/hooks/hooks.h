/* hooks/hooks.h — the catalogue of hooks that agents discovered (SPEC CAP-*). Read only: manifests
 * are what writes it (capabilities/). */
#ifndef PLEXSPHERE_HOOKS_H
#define PLEXSPHERE_HOOKS_H

#include "reference/plexsphere/env_read.h"

struct hooks_config {
    struct cursor_key cursor; /* PLEXSPHERE_HOOKS_CURSOR_HMAC_KEY; len 0: only ListHooks is off */
};

enum configured production_hooks_config_from_env(struct arena *a, const struct environment *env,
                                                 struct hooks_config *out, struct error *e);

extern const struct surface surface_hooks; /* ListHooks */

#endif
