/* credential_assignments/credential_assignments.h — what credential assignments take from the
 * environment (SPEC ENV-*). */
#ifndef PLEXSPHERE_CREDENTIAL_ASSIGNMENTS_H
#define PLEXSPHERE_CREDENTIAL_ASSIGNMENTS_H

#include "reference/plexsphere/env_read.h"

struct credential_assignments_config {
    /* PLEXSPHERE_CREDENTIAL_ASSIGNMENTS_CURSOR_HMAC_KEY; len 0: only ListCredentialAssignments
     * is off */
    struct cursor_key cursor;
};

enum configured
production_credential_assignments_config_from_env(struct arena *a, const struct environment *env,
                                                  struct credential_assignments_config *out,
                                                  struct error *e);

#endif
