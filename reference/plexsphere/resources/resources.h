/* resources/resources.h — what other contexts may ask of Resources (SPEC RES-*).
 *
 * Only the adopted flow is built: a provisioned create ends at its unknown blueprint version. */
#ifndef PLEXSPHERE_RESOURCES_H
#define PLEXSPHERE_RESOURCES_H

#include "common/base.h"
#include "reference/plexsphere/store/db.h"
#include "reference/plexsphere/surface.h"
#include "reference/plexsphere/tenancy/tenancy.h"

struct request;

/* Text lives in the tx's arena. */
struct resource_ref {
    struct uuid id, project_id, domain_id;
    const char *kind;
    const char *external_ref; /* NULL: none */
};

/* The Resource of one Project that `handle` names: its id, or its external_ref. A handle that fits
 * two Resources is NOT_FOUND, since it names neither (RES-034). */
MUST_CHECK enum found resources_by_handle(struct tx *tx, const struct uuid *project,
                                          const char *handle, struct resource_ref *out);

/* An adopted Resource made inside rq->tx, which must be writing, for a registration that brings its
 * own machine. kind is 1 to 64 and external_ref 1 to 256 code points, already trimmed. */
MUST_CHECK enum sql_result resources_adopt(struct request *rq, const struct uuid *project,
                                           const struct uuid *domain, const char *kind,
                                           const char *external_ref, struct resource_ref *out);

extern const struct surface surface_resources;

#endif
