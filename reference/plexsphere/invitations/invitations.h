/* invitations/invitations.h — what invitations take from the environment (SPEC ENV-*). */
#ifndef PLEXSPHERE_INVITATIONS_H
#define PLEXSPHERE_INVITATIONS_H

#include "reference/plexsphere/env_read.h"

struct invitations_config {
    /* PLEXSPHERE_INVITATIONS_CURSOR_HMAC_KEY; len 0: only ListInvitations is off */
    struct cursor_key cursor;
};

enum configured production_invitations_config_from_env(struct arena *a,
                                                       const struct environment *env,
                                                       struct invitations_config *out,
                                                       struct error *e);

#endif
