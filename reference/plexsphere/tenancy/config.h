/* tenancy/config.h — what Domains and Projects take from the environment (SPEC ENV-*).
 *
 * A blank cursor key leaves the surface on and only its list off: `cursor.len` is 0 then. */
#ifndef PLEXSPHERE_TENANCY_CONFIG_H
#define PLEXSPHERE_TENANCY_CONFIG_H

#include "reference/plexsphere/env_read.h"

struct domains_config {
    struct cursor_key cursor; /* PLEXSPHERE_DOMAINS_CURSOR_HMAC_KEY; bound to its caller */
};
struct projects_config {
    struct cursor_key cursor; /* PLEXSPHERE_PROJECTS_CURSOR_HMAC_KEY; bound to its caller */
};

enum configured production_domains_config_from_env(struct arena *a, const struct environment *env,
                                                   struct domains_config *out, struct error *e);
enum configured production_projects_config_from_env(struct arena *a, const struct environment *env,
                                                    struct projects_config *out, struct error *e);

#endif
