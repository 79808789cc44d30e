#include "reference/plexsphere/tenancy/config.h"

enum configured production_domains_config_from_env(struct arena *a, const struct environment *env,
                                                   struct domains_config *out, struct error *e)
{
    *out = (struct domains_config){ .cursor.bind_caller = true };
    return env_optional(
        env_cursor_key(a, env, "PLEXSPHERE_DOMAINS_CURSOR_HMAC_KEY", &out->cursor, e));
}

enum configured production_projects_config_from_env(struct arena *a, const struct environment *env,
                                                    struct projects_config *out, struct error *e)
{
    *out = (struct projects_config){ .cursor.bind_caller = true };
    return env_optional(
        env_cursor_key(a, env, "PLEXSPHERE_PROJECTS_CURSOR_HMAC_KEY", &out->cursor, e));
}
