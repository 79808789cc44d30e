#include "reference/plexsphere/capabilities/capabilities.h"

enum configured production_capabilities_config_from_env(struct arena *a,
                                                        const struct environment *env,
                                                        struct capabilities_config *out,
                                                        struct error *e)
{
    *out = (struct capabilities_config){ .cursor.bind_caller = true };
    return env_and(env_mandatory(env_key32(a, env, "PLEXSPHERE_NSK_WRAP_KEY_B64", out->nsk_wrap_key,
                                           e),
                                 "PLEXSPHERE_NSK_WRAP_KEY_B64", e),
                   env_optional(env_cursor_key(a, env, "PLEXSPHERE_CAPABILITIES_CURSOR_HMAC_KEY",
                                               &out->cursor, e)));
}
