#include "reference/plexsphere/capabilities/capabilities.h"

enum configured production_capabilities_config_from_env(struct arena *a,
                                                        const struct environment *env,
                                                        struct capabilities_config *out,
                                                        struct error *e)
{
    *out = (struct capabilities_config){ .cursor.bind_caller = true };
    return env_optional(
        env_cursor_key(a, env, "PLEXSPHERE_CAPABILITIES_CURSOR_HMAC_KEY", &out->cursor, e));
}
