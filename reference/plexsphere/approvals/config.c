#include "reference/plexsphere/approvals/approvals.h"

#include "common/timestamp.h"

enum configured production_approvals_config_from_env(struct arena *a, const struct environment *env,
                                                     struct approvals_config *out, struct error *e)
{
    *out = (struct approvals_config){ .expire_tick = 60 * NANOS_PER_SECOND,
                                      .cursor.bind_caller = true };
    return env_and(env_optional(env_duration(a, env, "PLEXSPHERE_APPROVALS_EXPIRE_TICK",
                                             &out->expire_tick, e)),
                   env_optional(env_cursor_key(a, env, "PLEXSPHERE_APPROVALS_CURSOR_HMAC_KEY",
                                               &out->cursor, e)));
}
