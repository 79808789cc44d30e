/* peers/topology.h — a Domain's mesh as a whole (SPEC MSH-*). */
#ifndef PLEXSPHERE_PEERS_TOPOLOGY_H
#define PLEXSPHERE_PEERS_TOPOLOGY_H

#include <jansson.h>

#include "reference/plexsphere/store/db.h"
#include "reference/plexsphere/tenancy/tenancy.h"

/* *out is a new reference. */
MUST_CHECK enum found mesh_topology(struct tx *tx, const struct uuid *domain, int64_t now,
                                    json_t **out);

#endif
