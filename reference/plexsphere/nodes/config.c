#include "reference/plexsphere/nodes/config.h"

enum configured production_heartbeat_config_from_env(struct arena *a, const struct environment *env,
                                                     struct heartbeat_config *out, struct error *e)
{
    return env_mandatory(env_key32(a, env, "PLEXSPHERE_NSK_WRAP_KEY_B64", out->nsk_wrap_key, e),
                         "PLEXSPHERE_NSK_WRAP_KEY_B64", e);
}

enum configured production_nodes_config_from_env(struct arena *a, const struct environment *env,
                                                 struct nodes_config *out, struct error *e)
{
    *out = (struct nodes_config){ .cursor.bind_caller = true };
    return env_optional(
        env_cursor_key(a, env, "PLEXSPHERE_NODES_CURSOR_HMAC_KEY", &out->cursor, e));
}
