/* audit/audit_surface.h — reading, verifying and erasing in the audit chains: eight operations
 * (SPEC AUD-*). */
#ifndef PLEXSPHERE_AUDIT_SURFACE_H
#define PLEXSPHERE_AUDIT_SURFACE_H

#include "reference/plexsphere/surface.h"

extern const struct surface surface_audit;

#endif
