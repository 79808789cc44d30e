/* mvp/mvp.h — what the MVP dialect has beside the published operations (ruling 1, SPEC MVP-*).
 *
 * sync.c reads a batch of reports, drift.c keeps what an agent corrected, peer.c is a peer's other
 * shape. The paths that both dialects share are decided where they are served, by rq->node.mvp. */
#ifndef PLEXSPHERE_MVP_H
#define PLEXSPHERE_MVP_H

#include <jansson.h>

#include "reference/plexsphere/nodes/nodes.h"
#include "reference/plexsphere/surface.h"

/* {id, public_key, mesh_ip, endpoint, allowed_ips, psk}; a new reference. */
json_t *mvp_peer_view(struct arena *a, const struct node_peer *peer);

extern const struct surface surface_mvp;

#endif
