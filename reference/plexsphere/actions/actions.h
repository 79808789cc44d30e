/* actions/actions.h — what the Action Orchestrator takes from the environment (SPEC ENV-*). */
#ifndef PLEXSPHERE_ACTIONS_H
#define PLEXSPHERE_ACTIONS_H

#include "reference/plexsphere/env_read.h"

struct actions_config {
    /* PLEXSPHERE_ACTIONS_OBJECT_STORE_BUCKET; NULL: dispatch and callback are off */
    const char *bucket;
    const char *callback_base; /* PLEXSPHERE_ACTIONS_CALLBACK_BASE_URL; NULL: dispatch is off */
    struct cursor_key cursor;  /* PLEXSPHERE_ACTIONS_CURSOR_HMAC_KEY; len 0: cursors go unsigned */
    int64_t timeout_tick;      /* nanoseconds; PLEXSPHERE_ACTIONS_TIMEOUT_TICK, default 30s */
    int64_t live_cap;          /* PLEXSPHERE_ACTIONS_LIVE_EXECUTIONS_CAP, default 1000 */
    /* nanoseconds; PLEXSPHERE_ACTIONS_PRESIGN_EXPIRY, default 1h, at most 7 days */
    int64_t presign_expiry;
    /* PLEXSPHERE_ACTIONS_INLINE_OUTPUT_MAX_BYTES: 16384 and nothing else */
    int64_t inline_output_max;
};

enum configured production_actions_config_from_env(struct arena *a, const struct environment *env,
                                                   struct actions_config *out, struct error *e);

#endif
