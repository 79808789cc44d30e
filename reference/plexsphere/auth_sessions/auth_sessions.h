/* auth_sessions/auth_sessions.h — what /v1/auth and cookie mutations take from the environment
 * (SPEC ENV-*).
 *
 * Without both session times and the state's lifetime every /v1/auth operation is off (ruling 14).
 * The origin list is apart: blank never gives 501, cookie mutations are refused then. Durations are
 * nanoseconds. */
#ifndef PLEXSPHERE_AUTH_SESSIONS_H
#define PLEXSPHERE_AUTH_SESSIONS_H

#include "reference/plexsphere/env_read.h"
#include "reference/plexsphere/http/csrf.h"

struct auth_sessions_config {
    int64_t idle_timeout;         /* PLEXSPHERE_SESSION_IDLE_TIMEOUT */
    int64_t max_lifetime;         /* PLEXSPHERE_SESSION_MAX_LIFETIME */
    int64_t state_ttl;            /* PLEXSPHERE_AUTH_STATE_TTL */
    const char *callback_url;     /* PLEXSPHERE_AUTH_CALLBACK_URL; NULL: from the request's Host */
    const char *verification_url; /* PLEXSPHERE_AUTH_VERIFICATION_URL; default /v1/device */
    /* PLEXSPHERE_SPIFFE_BUNDLE_TTL; default 15m, also for zero and below */
    int64_t spiffe_bundle_ttl;
    bool trust_proxy_headers;   /* PLEXSPHERE_AUTH_TRUST_PROXY_HEADERS */
    bool platform_device_login; /* PLEXSPHERE_AUTH_PLATFORM_DEVICE_LOGIN */
};

enum configured production_auth_sessions_config_from_env(struct arena *a,
                                                         const struct environment *env,
                                                         struct auth_sessions_config *out,
                                                         struct error *e);

/* PLEXSPHERE_CSRF_ALLOWED_ORIGINS: absolute http(s) origins, parted by commas. OFF when blank. */
enum configured production_csrf_config_from_env(struct arena *a, const struct environment *env,
                                                struct csrf_config *out, struct error *e);

#endif
