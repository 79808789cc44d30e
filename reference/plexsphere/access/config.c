#include "reference/plexsphere/access/access.h"

#include "common/timestamp.h"

static enum configured read_triple(struct arena *a, const struct environment *env,
                                   struct access_config *out, struct error *e)
{
    enum configured cert =
        env_text(a, env, "PLEXSPHERE_ACCESS_SIGNER_CLIENT_CERT", &out->client_cert, e);
    enum configured key =
        env_text(a, env, "PLEXSPHERE_ACCESS_SIGNER_CLIENT_KEY", &out->client_key, e);
    enum configured ca = env_text(a, env, "PLEXSPHERE_ACCESS_SIGNER_SERVER_CA", &out->server_ca, e);
    return env_optional(env_and(cert, env_and(key, ca)));
}

enum configured production_access_config_from_env(struct arena *a, const struct environment *env,
                                                  struct access_config *out, struct error *e)
{
    enum configured all = CONFIGURED_ON;
    *out =
        (struct access_config){ .cursor.bind_caller = true, .sweeper_tick = 60 * NANOS_PER_SECOND };
    all = env_and(all, env_optional(env_host_port(a, env, "PLEXSPHERE_ACCESS_SIGNER_ENDPOINT",
                                                  &out->signer, e)));
    all = env_and(all, env_optional(env_url(a, env, "PLEXSPHERE_ACCESS_CALLBACK_BASE_URL",
                                            &out->callback_base, e)));
    all = env_and(all, read_triple(a, env, out, e));
    all = env_and(all, env_optional(env_cursor_key(a, env, "PLEXSPHERE_ACCESS_CURSOR_HMAC_KEY",
                                                   &out->cursor, e)));
    all = env_and(all, env_optional(env_duration(a, env, "PLEXSPHERE_ACCESS_REVOCATION_TTL_FLOOR",
                                                 &out->revocation_ttl_floor, e)));
    return env_and(all, env_optional(env_duration(a, env, "PLEXSPHERE_ACCESS_SWEEPER_TICK",
                                                  &out->sweeper_tick, e)));
}
