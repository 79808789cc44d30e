#include "reference/plexsphere/integrity/integrity.h"

enum configured production_integrity_config_from_env(struct arena *a, const struct environment *env,
                                                     struct integrity_config *out, struct error *e)
{
    *out = (struct integrity_config){ .cursor.bind_caller = true };
    return env_optional(
        env_cursor_key(a, env, "PLEXSPHERE_INTEGRITY_VIOLATIONS_CURSOR_HMAC_KEY", &out->cursor, e));
}
