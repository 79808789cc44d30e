#include "reference/plexsphere/credential_assignments/credential_assignments.h"

enum configured
production_credential_assignments_config_from_env(struct arena *a, const struct environment *env,
                                                  struct credential_assignments_config *out,
                                                  struct error *e)
{
    *out = (struct credential_assignments_config){ .cursor.bind_caller = true };
    return env_optional(env_cursor_key(a, env, "PLEXSPHERE_CREDENTIAL_ASSIGNMENTS_CURSOR_HMAC_KEY",
                                       &out->cursor, e));
}
