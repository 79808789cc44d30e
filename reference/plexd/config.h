/* plexd/config.h — flags over environment over file over defaults (SPEC AGT-*).
 *
 * The file is YAML with the keys of docs/plexd.md. Letter case and underscores of a key do not
 * count, so node_api.socket_path, node_api.socketpath and node_api.SocketPath are one key. An
 * unknown key is refused with the nearest known one. Durations are Go's ("30s"); times here are
 * nanoseconds. */
#ifndef PLEXD_CONFIG_H
#define PLEXD_CONFIG_H

#include <jansson.h>

#include "common/arena.h"
#include "common/base.h"
#include "common/environment.h"
#include "common/error.h"
#include "common/log.h"

enum plexd_dialect { DIALECT_V1, DIALECT_MVP };

struct plexd_config {
    const char *api_url; /* api.baseurl, PLEXD_API, --api */
    const char *ca_file; /* api.cafile, PLEXD_API_CA_FILE */
    bool api_insecure;   /* api.tlsinsecureskipverify */
    int64_t connect_timeout, request_timeout, sse_idle_timeout;
    enum plexd_dialect dialect; /* api.dialect: v1 | mvp; PLEXD_DIALECT, --dialect */
    const char *mode;           /* node | bridge: logged, nothing else yet */
    enum log_level log_level;
    const char *data_dir; /* /var/lib/plexd */

    /* registration */
    const char *token_value, *token_file, *token_env;
    const char *hostname;        /* MVP; "" takes the host's name */
    const char *project_id;      /* v1: from the token's own project part when empty */
    const char *resource_handle; /* v1; empty: the host name */
    const json_t *metadata;      /* MVP: told at registration; NULL: none */
    int64_t max_retry_duration;

    int64_t heartbeat_interval, reconcile_interval;

    /* node_api */
    const char *socket_path; /* /var/run/plexd/api.sock */
    bool http_enabled;
    const char *http_listen;     /* 127.0.0.1:9100 */
    const char *http_token_file; /* needed with http_enabled */
    int64_t debounce, shutdown_timeout;
    bool secret_auth; /* SO_PEERCRED for secret routes; default false (seed 002) */

    const char *dev_control; /* --dev-control PATH only; NULL: none */
};

/* `flags` hold what the command line said ("" or NULL: nothing). */
struct plexd_flags {
    const char *config, *api, *mode, *log_level, *dialect, *data_dir, *socket, *token_file,
        *dev_control;
};
MUST_CHECK bool plexd_config_read(struct arena *a, const struct plexd_flags *flags,
                                  const struct environment *env, struct plexd_config *out,
                                  struct error *e);

/* What every command that calls the control plane asks first. */
MUST_CHECK bool plexd_config_has_api(const struct plexd_config *c, struct error *e);

#endif
