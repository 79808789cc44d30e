#include "reference/plexsphere/clouds/clouds.h"

enum configured production_clouds_config_from_env(struct arena *a, const struct environment *env,
                                                  struct clouds_config *out, struct error *e)
{
    *out = (struct clouds_config){ .cursor.bind_caller = true };
    return env_optional(
        env_cursor_key(a, env, "PLEXSPHERE_CLOUDS_CURSOR_HMAC_KEY", &out->cursor, e));
}
