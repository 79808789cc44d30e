#include "reference/plexsphere/peers/peers.h"

#include "common/timestamp.h"

enum configured production_peers_config_from_env(struct arena *a, const struct environment *env,
                                                 struct peers_config *out, struct error *e)
{
    *out = (struct peers_config){ .endpoint_sweep = 60 * NANOS_PER_SECOND,
                                  .relay_assigner = 30 * NANOS_PER_SECOND };
    enum configured wrap =
        env_mandatory(env_key32(a, env, "PLEXSPHERE_NSK_WRAP_KEY_B64", out->nsk_wrap_key, e),
                      "PLEXSPHERE_NSK_WRAP_KEY_B64", e);
    enum configured sweep = env_optional(
        env_duration(a, env, "PLEXSPHERE_PEERS_ENDPOINT_SWEEP_INTERVAL", &out->endpoint_sweep, e));
    enum configured relay = env_optional(
        env_duration(a, env, "PLEXSPHERE_PEERS_RELAY_ASSIGNER_INTERVAL", &out->relay_assigner, e));
    return env_and(wrap, env_and(sweep, relay));
}
