#include "reference/plexsphere/bridge/bridge.h"

#include "common/timestamp.h"

enum configured production_bridge_config_from_env(struct arena *a, const struct environment *env,
                                                  struct bridge_config *out, struct error *e)
{
    *out = (struct bridge_config){ .probe_timeout = 10 * NANOS_PER_SECOND };
    return env_and(env_optional(env_url(a, env, "PLEXSPHERE_BRIDGE_ACME_DIRECTORY_URL",
                                        &out->acme_directory, e)),
                   env_optional(env_duration(a, env, "PLEXSPHERE_BRIDGE_ACME_PROBER_TIMEOUT",
                                             &out->probe_timeout, e)));
}
