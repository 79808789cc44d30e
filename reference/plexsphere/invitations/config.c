#include "reference/plexsphere/invitations/invitations.h"

enum configured production_invitations_config_from_env(struct arena *a,
                                                       const struct environment *env,
                                                       struct invitations_config *out,
                                                       struct error *e)
{
    *out = (struct invitations_config){ .cursor.bind_caller = true };
    return env_optional(
        env_cursor_key(a, env, "PLEXSPHERE_INVITATIONS_CURSOR_HMAC_KEY", &out->cursor, e));
}
