/* plexd/registration.h — from a bootstrap token to an identity, once (SPEC AGT-*). */
#ifndef PLEXD_REGISTRATION_H
#define PLEXD_REGISTRATION_H

#include "common/arena.h"
#include "common/base.h"
#include "common/environment.h"
#include "common/error.h"
#include "reference/plexd/config.h"
#include "reference/plexd/http.h"
#include "reference/plexd/identity.h"
#include "reference/plexd/loop.h"
#include "reference/plexd/wire.h"

struct registration_options {
    struct loop *loop; /* runs until this is decided */
    struct http *http;
    const struct wire *wire;
    const struct plexd_config *config;
    const struct environment *env;
};

enum registered {
    REGISTERED,
    REGISTRATION_FAILED,  /* `e` says why; a retry would not help, or took too long already */
    REGISTRATION_STOPPED, /* somebody stopped the loop */
};

/* An identity on disk is taken as it is, without a call. Else: one key pair and one nonce, then
 * tries until the control plane accepts or refuses. *out is on `a`. */
enum registered registration_run(struct arena *a, const struct registration_options *o,
                                 struct identity *out, struct error *e);

#endif
