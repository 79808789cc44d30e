#include "reference/plexsphere/cloud_credentials/cloud_credentials.h"

enum configured production_cloud_credentials_config_from_env(struct arena *a,
                                                             const struct environment *env,
                                                             struct cloud_credentials_config *out,
                                                             struct error *e)
{
    *out = (struct cloud_credentials_config){ .cursor.bind_caller = true };
    return env_optional(
        env_cursor_key(a, env, "PLEXSPHERE_CLOUD_CREDENTIALS_CURSOR_HMAC_KEY", &out->cursor, e));
}
