/* tenancy/tenancy.h — what other contexts may ask of Domains and Projects (SPEC DOM-*, PRJ-*). */
#ifndef PLEXSPHERE_TENANCY_H
#define PLEXSPHERE_TENANCY_H

#include "common/base.h"
#include "reference/plexsphere/store/db.h"
#include "reference/plexsphere/surface.h"

struct reachability;

enum found { FOUND, NOT_FOUND, FIND_FAILED };

/* The Domain a Project belongs to. */
MUST_CHECK enum found tenancy_domain_of_project(struct tx *tx, const struct uuid *project,
                                                struct uuid *domain);
MUST_CHECK enum found tenancy_domain_exists(struct tx *tx, const struct uuid *domain);
/* The thresholds that a Domain judges its Nodes by. */
MUST_CHECK enum found tenancy_reachability(struct tx *tx, const struct uuid *domain,
                                           struct reachability *out);

extern const struct surface surface_domains, surface_projects;

#endif
