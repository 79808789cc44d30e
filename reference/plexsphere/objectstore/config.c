#include "reference/plexsphere/objectstore/objectstore.h"

#include "common/text.h"

static enum configured refuse(struct error *e, const char *line)
{
    error_set(e, "%s", line);
    return CONFIGURED_REFUSED;
}

enum configured production_objectstore_config_from_env(struct arena *a,
                                                       const struct environment *env,
                                                       struct objectstore_config *out,
                                                       struct error *e)
{
    bool insecure = false;
    *out = (struct objectstore_config){ .endpoint = NULL };
    enum configured endpoint = env_url(a, env, "PLEXSPHERE_S3_ENDPOINT", &out->endpoint, e);
    if (endpoint != CONFIGURED_ON)
        return endpoint;

    enum configured region = env_text(a, env, "PLEXSPHERE_S3_REGION", &out->region, e);
    if (region == CONFIGURED_OFF)
        return refuse(e, "PLEXSPHERE_S3_REGION: blobstore: Config.Region is required "
                         "(SPEC ENV-032)");
    enum configured all =
        env_and(region, env_optional(env_flag(a, env, "PLEXSPHERE_S3_ALLOW_INSECURE_ENDPOINT",
                                              &insecure, e)));
    all = env_and(all, env_optional(
                           env_flag(a, env, "PLEXSPHERE_S3_USE_PATH_STYLE", &out->path_style, e)));
    all = env_and(all,
                  env_optional(env_text(a, env, "PLEXSPHERE_S3_ACCESS_KEY", &out->access_key, e)));
    all = env_and(all,
                  env_optional(env_text(a, env, "PLEXSPHERE_S3_SECRET_KEY", &out->secret_key, e)));
    if (all == CONFIGURED_ON && !insecure && !text_starts(text_lower(a, out->endpoint), "https://"))
        return refuse(e, "PLEXSPHERE_S3_ENDPOINT: blobstore.ErrInsecureEndpoint: http needs "
                         "PLEXSPHERE_S3_ALLOW_INSECURE_ENDPOINT=true (SPEC ENV-033)");
    return all;
}
