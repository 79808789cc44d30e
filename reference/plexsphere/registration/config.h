/* registration/config.h — what bootstrap tokens and PostRegister take from the environment (SPEC
 * ENV-*).
 *
 * A blank NSK wrap key refuses the boot (ruling 14). A blank public key or key id leaves bootstrap
 * tokens on and PostRegister off: `can_register` is false then. The seed is checked against the
 * public key (ruling 11); without a seed nodes register, but nothing is signed. */
#ifndef PLEXSPHERE_REGISTRATION_CONFIG_H
#define PLEXSPHERE_REGISTRATION_CONFIG_H

#include "reference/plexsphere/env_read.h"

enum signing_scope { SIGNING_PLATFORM, SIGNING_DOMAIN };

struct registration_config {
    unsigned char nsk_wrap_key[32]; /* PLEXSPHERE_NSK_WRAP_KEY_B64 */
    bool can_register;
    unsigned char signing_public_key[32]; /* PLEXSPHERE_SIGNING_PUBLIC_KEY_B64 */
    const char *signing_key_id;           /* PLEXSPHERE_SIGNING_KEY_ID */
    enum signing_scope signing_scope;     /* PLEXSPHERE_SIGNING_SCOPE, default platform */
    bool has_seed;
    unsigned char signing_seed[32]; /* from PLEXSPHERE_SIGNING_SEED_FILE */
};

enum configured production_registration_config_from_env(struct arena *a,
                                                        const struct environment *env,
                                                        struct registration_config *out,
                                                        struct error *e);

#endif
