#include "reference/plexsphere/hooks/hooks.h"

enum configured production_hooks_config_from_env(struct arena *a, const struct environment *env,
                                                 struct hooks_config *out, struct error *e)
{
    *out = (struct hooks_config){ .cursor.bind_caller = true };
    return env_optional(
        env_cursor_key(a, env, "PLEXSPHERE_HOOKS_CURSOR_HMAC_KEY", &out->cursor, e));
}
