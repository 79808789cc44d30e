#include "reference/plexsphere/peers/peers.h"

#include "common/timestamp.h"

enum configured production_peers_config_from_env(struct arena *a, const struct environment *env,
                                                 struct peers_config *out, struct error *e)
{
    *out = (struct peers_config){ .endpoint_sweep = 60 * NANOS_PER_SECOND,
                                  .relay_assigner = 30 * NANOS_PER_SECOND };
    return env_and(env_optional(env_duration(a, env, "PLEXSPHERE_PEERS_ENDPOINT_SWEEP_INTERVAL",
                                             &out->endpoint_sweep, e)),
                   env_optional(env_duration(a, env, "PLEXSPHERE_PEERS_RELAY_ASSIGNER_INTERVAL",
                                             &out->relay_assigner, e)));
}
