#include "reference/plexsphere/actions/actions.h"

#include "common/timestamp.h"

enum { INLINE_OUTPUT_MAX = 16384 };

/* Presigned URLs of the S3 protocol live seven days at most. */
static const int64_t presign_most = 7 * 24 * 3600 * NANOS_PER_SECOND;

static enum configured read_presign(struct arena *a, const struct environment *env,
                                    struct actions_config *out, struct error *e)
{
    enum configured set = env_optional(
        env_duration(a, env, "PLEXSPHERE_ACTIONS_PRESIGN_EXPIRY", &out->presign_expiry, e));
    if (set == CONFIGURED_ON && out->presign_expiry > presign_most) {
        error_set(e, "PLEXSPHERE_ACTIONS_PRESIGN_EXPIRY: must be at most 168h (SPEC ENV-024)");
        return CONFIGURED_REFUSED;
    }
    return set;
}

enum configured production_actions_config_from_env(struct arena *a, const struct environment *env,
                                                   struct actions_config *out, struct error *e)
{
    enum configured all = CONFIGURED_ON;
    *out = (struct actions_config){ .cursor.bind_caller = true,
                                    .timeout_tick = 30 * NANOS_PER_SECOND,
                                    .live_cap = 1000,
                                    .presign_expiry = 3600 * NANOS_PER_SECOND,
                                    .inline_output_max = INLINE_OUTPUT_MAX };
    all = env_and(all, env_optional(env_text(a, env, "PLEXSPHERE_ACTIONS_OBJECT_STORE_BUCKET",
                                             &out->bucket, e)));
    all = env_and(all, env_optional(env_url(a, env, "PLEXSPHERE_ACTIONS_CALLBACK_BASE_URL",
                                            &out->callback_base, e)));
    all = env_and(all, env_optional(env_cursor_key(a, env, "PLEXSPHERE_ACTIONS_CURSOR_HMAC_KEY",
                                                   &out->cursor, e)));
    all = env_and(all, env_optional(env_duration(a, env, "PLEXSPHERE_ACTIONS_TIMEOUT_TICK",
                                                 &out->timeout_tick, e)));
    all = env_and(all, env_optional(env_integer(a, env, "PLEXSPHERE_ACTIONS_LIVE_EXECUTIONS_CAP", 1,
                                                INT32_MAX, &out->live_cap, e)));
    all = env_and(all, read_presign(a, env, out, e));
    /* A constant of the domain: the variable may only agree with it. */
    return env_and(all,
                   env_optional(env_integer(a, env, "PLEXSPHERE_ACTIONS_INLINE_OUTPUT_MAX_BYTES",
                                            INLINE_OUTPUT_MAX, INLINE_OUTPUT_MAX,
                                            &out->inline_output_max, e)));
}
