/* peers/state.h — the state of this context's surfaces. */
#ifndef PLEXSPHERE_PEERS_STATE_H
#define PLEXSPHERE_PEERS_STATE_H

#include "reference/plexsphere/peers/peers.h"

struct mesh_state {
    struct nsk_gate gate; /* first: authenticate_node() reads it */
    struct peers_config config;
    bool has_pepper; /* without one no decision can be audited: gated rows are off */
};

#endif
