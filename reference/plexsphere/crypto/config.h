/* crypto/config.h — where the pepper comes from (ruling 12, SPEC ENV-*).
 *
 * PLEXSPHERE_PEPPER_FILE: 32 raw bytes. Else, in dev mode with
 * PLEXSPHERE_AUDIT_ALLOW_INSECURE_PEPPER=true, a static value. Else OFF: audited surfaces, token
 * issue and register are off. */
#ifndef PLEXSPHERE_CRYPTO_CONFIG_H
#define PLEXSPHERE_CRYPTO_CONFIG_H

#include "reference/plexsphere/app.h"
#include "reference/plexsphere/crypto/pepper.h"
#include "reference/plexsphere/env_read.h"

enum configured production_pepper_config_from_env(struct arena *a, const struct environment *env,
                                                  enum app_mode mode, struct pepper *out,
                                                  struct error *e);

#endif
