#include "reference/plexsphere/auth_sessions/auth_sessions.h"

#include <string.h>

#include "common/arena.h"
#include "common/text.h"
#include "common/timestamp.h"
#include "common/url.h"

/* Zero and below fall back to the default; only what is no duration is refused (ruling 14). */
static enum configured read_bundle_ttl(struct arena *a, const struct environment *env, int64_t *out,
                                       struct error *e)
{
    int64_t nanos;
    const char *text = NULL;
    enum configured set = env_text(a, env, "PLEXSPHERE_SPIFFE_BUNDLE_TTL", &text, e);
    if (set != CONFIGURED_ON)
        return env_optional(set);
    if (!duration_parse(text, &nanos)) {
        error_set(e, "PLEXSPHERE_SPIFFE_BUNDLE_TTL: must be a duration such as 30s or 1h30m "
                     "(SPEC ENV-024)");
        return CONFIGURED_REFUSED;
    }
    if (nanos > 0)
        *out = nanos;
    return CONFIGURED_ON;
}

static enum configured read_knobs(struct arena *a, const struct environment *env,
                                  struct auth_sessions_config *out, struct error *e)
{
    enum configured all =
        env_optional(env_url(a, env, "PLEXSPHERE_AUTH_CALLBACK_URL", &out->callback_url, e));
    all = env_and(all, env_optional(env_url(a, env, "PLEXSPHERE_AUTH_VERIFICATION_URL",
                                            &out->verification_url, e)));
    all = env_and(all, read_bundle_ttl(a, env, &out->spiffe_bundle_ttl, e));
    all = env_and(all, env_optional(env_flag(a, env, "PLEXSPHERE_AUTH_TRUST_PROXY_HEADERS",
                                             &out->trust_proxy_headers, e)));
    return env_and(all, env_optional(env_flag(a, env, "PLEXSPHERE_AUTH_PLATFORM_DEVICE_LOGIN",
                                              &out->platform_device_login, e)));
}

enum configured production_auth_sessions_config_from_env(struct arena *a,
                                                         const struct environment *env,
                                                         struct auth_sessions_config *out,
                                                         struct error *e)
{
    *out = (struct auth_sessions_config){ .verification_url = "/v1/device",
                                          .spiffe_bundle_ttl = 15 * 60 * NANOS_PER_SECOND };
    enum configured all =
        env_duration(a, env, "PLEXSPHERE_SESSION_IDLE_TIMEOUT", &out->idle_timeout, e);
    all = env_and(all,
                  env_duration(a, env, "PLEXSPHERE_SESSION_MAX_LIFETIME", &out->max_lifetime, e));
    all = env_and(all, env_duration(a, env, "PLEXSPHERE_AUTH_STATE_TTL", &out->state_ttl, e));
    return env_and(all, read_knobs(a, env, out, e));
}

/* Browsers send scheme, host and a port that is not the scheme's own, in lower case and nothing
 * behind it. */
static const char *origin_of(struct arena *a, const char *text)
{
    struct url url;
    if (!url_parse_http(a, text, &url) || url.userinfo != NULL || url.query != NULL ||
        (url.path[0] != '\0' && !text_equal(url.path, "/")))
        return NULL;
    int own = text_equal(url.scheme, "https") ? 443 : 80;
    const char *open = strchr(url.host, ':') ? "[" : "", *shut = *open == '[' ? "]" : "";
    if (url.port == 0 || url.port == own)
        return arena_printf(a, "%s://%s%s%s", url.scheme, open, url.host, shut);
    return arena_printf(a, "%s://%s%s%s:%d", url.scheme, open, url.host, shut, url.port);
}

enum configured production_csrf_config_from_env(struct arena *a, const struct environment *env,
                                                struct csrf_config *out, struct error *e)
{
    const char *list = NULL;
    size_t n;
    *out = (struct csrf_config){ .n = 0 };
    enum configured set = env_text(a, env, "PLEXSPHERE_CSRF_ALLOWED_ORIGINS", &list, e);
    if (set != CONFIGURED_ON)
        return set;
    char **items = text_split(a, list, ',', &n);
    const char **origins = arena_alloc_array(a, n, sizeof *origins);
    for (size_t i = 0; i < n; i++) {
        origins[i] = origin_of(a, text_trim(a, items[i]));
        if (origins[i] == NULL) {
            error_set(e,
                      "PLEXSPHERE_CSRF_ALLOWED_ORIGINS: entry %zu must be an absolute http or "
                      "https origin (SPEC ENV-029)",
                      i + 1);
            return CONFIGURED_REFUSED;
        }
    }
    *out = (struct csrf_config){ .origins = origins, .n = n };
    return CONFIGURED_ON;
}
