#include "reference/plexsphere/audit/config.h"

enum configured production_audit_config_from_env(struct arena *a, const struct environment *env,
                                                 struct audit_config *out, struct error *e)
{
    *out = (struct audit_config){ .cursor.bind_caller = false };
    return env_and(
        env_optional(env_cursor_key(a, env, "PLEXSPHERE_AUDIT_CURSOR_HMAC_KEY", &out->cursor, e)),
        env_optional(env_text(a, env, "PLEXSPHERE_AUDIT_ARCHIVE_BUCKET", &out->archive_bucket, e)));
}
