/* access/access.h — what the Access Orchestrator takes from the environment (SPEC ENV-*). */
#ifndef PLEXSPHERE_ACCESS_H
#define PLEXSPHERE_ACCESS_H

#include "reference/plexsphere/env_read.h"

struct access_config {
    /* PLEXSPHERE_ACCESS_SIGNER_ENDPOINT; NULL: issue and revoke are off */
    const char *signer;
    const char *callback_base; /* PLEXSPHERE_ACCESS_CALLBACK_BASE_URL; NULL: issue is off */
    /* Paths; NULL: the dial says that TLS is required, not the boot. */
    const char *client_cert, *client_key, *server_ca;
    /* PLEXSPHERE_ACCESS_CURSOR_HMAC_KEY; len 0: cursors go unsigned */
    struct cursor_key cursor;
    int64_t revocation_ttl_floor; /* nanoseconds; 0: the domain's own floor */
    int64_t sweeper_tick;         /* nanoseconds; PLEXSPHERE_ACCESS_SWEEPER_TICK, default 60s */
};

enum configured production_access_config_from_env(struct arena *a, const struct environment *env,
                                                  struct access_config *out, struct error *e);

#endif
