/* integrity/integrity.h — integrity violations: what agents detect, what operators acknowledge
 * (SPEC INT-*). */
#ifndef PLEXSPHERE_INTEGRITY_H
#define PLEXSPHERE_INTEGRITY_H

#include "reference/plexsphere/env_read.h"

struct integrity_config {
    unsigned char nsk_wrap_key[32]; /* PLEXSPHERE_NSK_WRAP_KEY_B64; blank refuses the boot */
    /* PLEXSPHERE_INTEGRITY_VIOLATIONS_CURSOR_HMAC_KEY; len 0: only ListIntegrityViolations is
     * off */
    struct cursor_key cursor;
};

enum configured production_integrity_config_from_env(struct arena *a, const struct environment *env,
                                                     struct integrity_config *out, struct error *e);

/* PostNodeIntegrityViolations, ListIntegrityViolations, AcknowledgeIntegrityViolation */
extern const struct surface surface_integrity;

#endif
