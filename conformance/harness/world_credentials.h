/* harness/world_credentials.h — operators from the profile's credentials command, kept as long as
 * they are needed. */
#ifndef HARNESS_WORLD_CREDENTIALS_H
#define HARNESS_WORLD_CREDENTIALS_H

#include "harness/world.h"

/* As world_credential(), for the life of the world. */
const struct credential *world_lasting_credential(struct world *w, const char *role,
                                                  const char *domain_id, const char *project_id);
/* The world's own where there is one, else one that is minted for the case and used again in it. */
const struct credential *world_admin_of_domain(struct world *w, const char *domain_id);
const struct credential *world_admin_of_project(struct world *w, const char *project_id);
/* Mints those anew that the target's clock, advances included, is about to expire. */
void world_renew_credentials(struct world *w);

#endif
