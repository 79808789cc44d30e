#include "reference/plexsphere/observability/observability.h"

#include "common/text.h"
#include "common/url.h"

static enum configured read_ingest(struct arena *a, const struct environment *env, const char **out,
                                   struct error *e)
{
    struct url url;
    enum configured set = env_optional(env_text(a, env, "PLEXSPHERE_OBS_NATS_URL", out, e));
    if (set != CONFIGURED_ON || *out == NULL || text_equal(*out, "postgres:"))
        return set;
    if (url_parse(a, *out, &url) &&
        (text_equal(url.scheme, "nats") || text_equal(url.scheme, "tls")))
        return set;
    error_set(e, "PLEXSPHERE_OBS_NATS_URL: must be a nats:// or tls:// URL, or postgres: "
                 "(SPEC ENV-036)");
    return CONFIGURED_REFUSED;
}

enum configured production_observability_config_from_env(struct arena *a,
                                                         const struct environment *env,
                                                         struct observability_config *out,
                                                         struct error *e)
{
    *out = (struct observability_config){ .mimir = NULL };
    return env_and(
        env_and(env_optional(env_url(a, env, "PLEXSPHERE_OBS_MIMIR_QUERY_URL", &out->mimir, e)),
                env_optional(env_url(a, env, "PLEXSPHERE_OBS_LOKI_QUERY_URL", &out->loki, e))),
        read_ingest(a, env, &out->ingest, e));
}
