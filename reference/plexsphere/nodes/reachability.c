#include "reference/plexsphere/nodes/reachability.h"

#define NANOS_PER_MICRO 1000

/* MSH-009, MSH-010: both thresholds belong to `stale`. */
void node_reachability(int64_t last_heartbeat, int64_t created_at,
                       const struct reachability *policy, int64_t now, enum node_reachable *state,
                       int64_t *changed_at)
{
    int64_t age = now - last_heartbeat;
    int64_t stale = policy->stale_after / NANOS_PER_MICRO;
    int64_t unreachable = policy->unreachable_after / NANOS_PER_MICRO;
    if (last_heartbeat == 0) {
        *state = NODE_UNREACHABLE;
        *changed_at = created_at;
    } else if (age < stale) {
        *state = NODE_HEALTHY;
        *changed_at = last_heartbeat;
    } else {
        *state = age <= unreachable ? NODE_STALE : NODE_UNREACHABLE;
        *changed_at = last_heartbeat + (age <= unreachable ? stale : unreachable);
    }
}

const char *node_reachable_text(enum node_reachable state)
{
    switch (state) {
    case NODE_HEALTHY: return "healthy";
    case NODE_STALE: return "stale";
    case NODE_UNREACHABLE: break;
    }
    return "unreachable";
}
