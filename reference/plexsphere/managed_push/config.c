#include "reference/plexsphere/managed_push/managed_push.h"

enum configured production_managed_push_config_from_env(struct arena *a,
                                                        const struct environment *env,
                                                        struct managed_push_config *out,
                                                        struct error *e)
{
    return env_key32(a, env, "PLEXSPHERE_MANAGED_PUSH_WRAP_KEY_B64", out->wrap_key, e);
}
