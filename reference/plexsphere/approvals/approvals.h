/* approvals/approvals.h — what approvals take from the environment (SPEC ENV-*). */
#ifndef PLEXSPHERE_APPROVALS_H
#define PLEXSPHERE_APPROVALS_H

#include "reference/plexsphere/env_read.h"

struct approvals_config {
    int64_t expire_tick;      /* nanoseconds; PLEXSPHERE_APPROVALS_EXPIRE_TICK, default 60s */
    struct cursor_key cursor; /* PLEXSPHERE_APPROVALS_CURSOR_HMAC_KEY; len 0: cursors go unsigned */
};

enum configured production_approvals_config_from_env(struct arena *a, const struct environment *env,
                                                     struct approvals_config *out, struct error *e);

#endif
