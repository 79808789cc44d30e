/* nodes/node_reachability.h — whether a Node is heard of (SPEC STA-*). Pure: what was heard, the
 * Domain's thresholds and the time decide; nothing is kept and nothing sweeps. */
#ifndef PLEXSPHERE_NODES_NODE_REACHABILITY_H
#define PLEXSPHERE_NODES_NODE_REACHABILITY_H

#include <jansson.h>

#include "common/base.h"
#include "reference/plexsphere/tenancy/reachability.h"

struct node_heard {
    int64_t registered_at;
    int64_t last_heartbeat_at; /* 0: never; no heartbeat can be that old */
};

struct node_reachability {
    const char *state;         /* "healthy", "stale", "unreachable" */
    int64_t last_heartbeat_at; /* 0: never */
    int64_t changed_at;
};

struct node_reachability node_reachability(const struct node_heard *heard,
                                           const struct reachability *policy, int64_t now);
/* {state, last_heartbeat_at?, changed_at}; new reference. */
json_t *node_reachability_view(struct arena *a, const struct node_reachability *r);

#endif
