/* integrity/integrity.h — what integrity violations take from the environment (SPEC ENV-*). */
#ifndef PLEXSPHERE_INTEGRITY_H
#define PLEXSPHERE_INTEGRITY_H

#include "reference/plexsphere/env_read.h"

struct integrity_config {
    /* PLEXSPHERE_INTEGRITY_VIOLATIONS_CURSOR_HMAC_KEY; len 0: only ListIntegrityViolations is
     * off */
    struct cursor_key cursor;
};

enum configured production_integrity_config_from_env(struct arena *a, const struct environment *env,
                                                     struct integrity_config *out, struct error *e);

#endif
