/* peers/peers.h — the mesh: where its Nodes are, their keys, who can hear whom (SPEC MSH-*).
 *
 * endpoint.c reads a report of an endpoint, endpoints.c keeps it and announces its end, rotation.c
 * turns a Node's key, psk.c holds the shares of the pairwise secrets, membership.c lets Nodes in
 * and out, topology.c draws the whole, upkeep.c is the background loop, store.c has the SQL,
 * routes.c bodies and answers. */
#ifndef PLEXSPHERE_PEERS_H
#define PLEXSPHERE_PEERS_H

#include "reference/plexsphere/env_read.h"
#include "reference/plexsphere/nodes/nodes.h"
#include "reference/plexsphere/surface.h"

struct peers_config {
    int64_t endpoint_sweep; /* PLEXSPHERE_PEERS_ENDPOINT_SWEEP_INTERVAL, default 1m */
    int64_t relay_assigner; /* PLEXSPHERE_PEERS_RELAY_ASSIGNER_INTERVAL, default 30s */
};

enum configured production_peers_config_from_env(struct arena *a, const struct environment *env,
                                                 struct peers_config *out, struct error *e);

extern const struct surface surface_peers;

#endif
