#include "reference/plexsphere/identity/config.h"

enum configured production_identities_config_from_env(struct arena *a,
                                                      const struct environment *env,
                                                      struct identities_config *out,
                                                      struct error *e)
{
    *out = (struct identities_config){ .cursor.bind_caller = true };
    return env_optional(
        env_cursor_key(a, env, "PLEXSPHERE_IDENTITIES_CURSOR_HMAC_KEY", &out->cursor, e));
}
