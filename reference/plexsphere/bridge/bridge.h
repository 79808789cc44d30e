/* bridge/bridge.h — what bridge validation takes from the environment (SPEC ENV-*). */
#ifndef PLEXSPHERE_BRIDGE_H
#define PLEXSPHERE_BRIDGE_H

#include "reference/plexsphere/env_read.h"

struct bridge_config {
    /* PLEXSPHERE_BRIDGE_ACME_DIRECTORY_URL; NULL: ingress create and update are off */
    const char *acme_directory;
    /* nanoseconds; PLEXSPHERE_BRIDGE_ACME_PROBER_TIMEOUT, default 10s */
    int64_t probe_timeout;
};

enum configured production_bridge_config_from_env(struct arena *a, const struct environment *env,
                                                  struct bridge_config *out, struct error *e);

#endif
