#include "reference/plexsphere/authz/config.h"

enum configured production_authz_config_from_env(struct arena *a, const struct environment *env,
                                                 struct authz_config *out, struct error *e)
{
    *out = (struct authz_config){ .cursor.bind_caller = true };
    return env_optional(
        env_cursor_key(a, env, "PLEXSPHERE_AUTHZ_CURSOR_HMAC_KEY", &out->cursor, e));
}
