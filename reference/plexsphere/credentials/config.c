#include "reference/plexsphere/credentials/credentials.h"

enum configured production_credentials_config_from_env(struct arena *a,
                                                       const struct environment *env,
                                                       struct credentials_config *out,
                                                       struct error *e)
{
    *out = (struct credentials_config){ .cursor.bind_caller = true };
    return env_optional(
        env_cursor_key(a, env, "PLEXSPHERE_CREDENTIALS_CURSOR_HMAC_KEY", &out->cursor, e));
}
