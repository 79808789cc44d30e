/* audit/config.h — what the audit trail takes from the environment (SPEC ENV-*). */
#ifndef PLEXSPHERE_AUDIT_CONFIG_H
#define PLEXSPHERE_AUDIT_CONFIG_H

#include "reference/plexsphere/env_read.h"

struct audit_config {
    /* PLEXSPHERE_AUDIT_CURSOR_HMAC_KEY, HMAC only; len 0: only the lists are off */
    struct cursor_key cursor;
    const char *archive_bucket; /* PLEXSPHERE_AUDIT_ARCHIVE_BUCKET; NULL: nothing is archived */
};

enum configured production_audit_config_from_env(struct arena *a, const struct environment *env,
                                                 struct audit_config *out, struct error *e);

#endif
