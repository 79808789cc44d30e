#include "reference/plexsphere/artifacts/artifacts.h"

enum configured production_artifacts_config_from_env(struct arena *a, const struct environment *env,
                                                     struct artifacts_config *out, struct error *e)
{
    *out = (struct artifacts_config){ .cursor.bind_caller = true, .refresh_seconds = 3600 };
    enum configured registry =
        env_text(a, env, "PLEXSPHERE_ARTIFACTS_OCI_REGISTRY", &out->registry, e);
    enum configured san = env_text(a, env, "PLEXSPHERE_ARTIFACTS_FULCIO_SAN", &out->fulcio_san, e);
    enum configured issuer =
        env_url(a, env, "PLEXSPHERE_ARTIFACTS_OIDC_ISSUER", &out->oidc_issuer, e);
    enum configured refresh =
        env_optional(env_integer(a, env, "PLEXSPHERE_ARTIFACTS_REFRESH_INTERVAL_SECS", 1, INT32_MAX,
                                 &out->refresh_seconds, e));
    enum configured all = env_and(env_and(registry, san), env_and(issuer, refresh));
    if (registry != CONFIGURED_ON)
        return all;
    return env_and(all, env_optional(env_cursor_key(a, env, "PLEXSPHERE_ARTIFACTS_CURSOR_HMAC_KEY",
                                                    &out->cursor, e)));
}
