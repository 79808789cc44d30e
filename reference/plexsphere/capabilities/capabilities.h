/* capabilities/capabilities.h — what the capability inventory takes from the environment (SPEC
 * ENV-*). */
#ifndef PLEXSPHERE_CAPABILITIES_H
#define PLEXSPHERE_CAPABILITIES_H

#include "reference/plexsphere/env_read.h"

struct capabilities_config {
    /* PLEXSPHERE_CAPABILITIES_CURSOR_HMAC_KEY; len 0: only ListCapabilities is off */
    struct cursor_key cursor;
};

enum configured production_capabilities_config_from_env(struct arena *a,
                                                        const struct environment *env,
                                                        struct capabilities_config *out,
                                                        struct error *e);

#endif
