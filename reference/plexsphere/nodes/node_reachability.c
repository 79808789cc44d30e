#include "reference/plexsphere/nodes/node_reachability.h"

#include "common/timestamp.h"

#define MICROS_OF(nanos) ((nanos) / (NANOS_PER_SECOND / MICROS_PER_SECOND))

/* STA-009 to STA-012: below stale_after it is healthy, beyond unreachable_after it is unreachable,
 * and both thresholds themselves are stale. A transition happened when its threshold was passed. */
struct node_reachability node_reachability(const struct node_heard *heard,
                                           const struct reachability *policy, int64_t now)
{
    int64_t last = heard->last_heartbeat_at;
    int64_t stale = MICROS_OF(policy->stale_after), gone = MICROS_OF(policy->unreachable_after);
    if (last == 0)
        return (struct node_reachability){ "unreachable", 0, heard->registered_at };
    if (now - last < stale)
        return (struct node_reachability){ "healthy", last, last };
    if (now - last <= gone)
        return (struct node_reachability){ "stale", last, last + stale };
    return (struct node_reachability){ "unreachable", last, last + gone };
}

json_t *node_reachability_view(struct arena *a, const struct node_reachability *r)
{
    json_t *view = json_object();
    json_object_set_new(view, "state", json_string(r->state));
    if (r->last_heartbeat_at != 0)
        json_object_set_new(view, "last_heartbeat_at",
                            json_string(timestamp_format(a, r->last_heartbeat_at)));
    json_object_set_new(view, "changed_at", json_string(timestamp_format(a, r->changed_at)));
    return view;
}
