#include "reference/plexsphere/secrets/secrets.h"

enum configured production_secrets_config_from_env(struct arena *a, const struct environment *env,
                                                   struct secrets_config *out, struct error *e)
{
    static const char *const words[] = { "postgres", "openbao", NULL };
    int backend = 0;
    enum configured set = env_word(a, env, "PLEXSPHERE_SECRETS_BACKEND", words, &backend, e);
    out->backend = (enum secrets_backend)backend;
    return env_and(set, env_mandatory(env_key32(a, env, "PLEXSPHERE_NSK_WRAP_KEY_B64",
                                                out->nsk_wrap_key, e),
                                      "PLEXSPHERE_NSK_WRAP_KEY_B64", e));
}
