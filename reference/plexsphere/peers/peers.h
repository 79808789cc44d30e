/* peers/peers.h — what the peer sweepers take from the environment (SPEC ENV-*). Nanoseconds. */
#ifndef PLEXSPHERE_PEERS_H
#define PLEXSPHERE_PEERS_H

#include "reference/plexsphere/env_read.h"

struct peers_config {
    int64_t endpoint_sweep; /* PLEXSPHERE_PEERS_ENDPOINT_SWEEP_INTERVAL, default 1m */
    int64_t relay_assigner; /* PLEXSPHERE_PEERS_RELAY_ASSIGNER_INTERVAL, default 30s */
};

enum configured production_peers_config_from_env(struct arena *a, const struct environment *env,
                                                 struct peers_config *out, struct error *e);

#endif
