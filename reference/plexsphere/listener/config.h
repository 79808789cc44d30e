/* listener/config.h — where the process listens, and for whom (SPEC ENV-027, ENV-015). */
#ifndef PLEXSPHERE_LISTENER_CONFIG_H
#define PLEXSPHERE_LISTENER_CONFIG_H

#include "reference/plexsphere/env_read.h"

struct listener_config {
    const char *host;    /* PLEXSPHERE_LISTEN, default 127.0.0.1 */
    int port;            /* default 8080; 0 takes a free one */
    const char *control; /* PLEXSPHERE_CONTROL_SOCKET; NULL: none */
};

/* On, or refused: there is a default for everything. */
enum configured production_listener_config_from_env(struct arena *a, const struct environment *env,
                                                    struct listener_config *out, struct error *e);

/* "127.0.0.1:8080", "[::1]:0", ":8080" (any address). False leaves `out` as it was. */
MUST_CHECK bool listener_address(struct arena *a, const char *text, struct listener_config *out);

#endif
