/* tenancy/reachability.h — the three linked thresholds of a Domain (SPEC DOM-*): how often a Node
 * says that it lives, and when its silence makes it stale and unreachable. Nanoseconds, as Go's
 * durations. */
#ifndef PLEXSPHERE_TENANCY_REACHABILITY_H
#define PLEXSPHERE_TENANCY_REACHABILITY_H

#include <jansson.h>

#include "common/base.h"

struct arena;

struct reachability {
    int64_t heartbeat_interval, stale_after, unreachable_after;
};

/* What a Domain gets that names none: 30s, 90s, 300s. */
extern const struct reachability REACHABILITY_DEFAULT;

/* From the three texts; NULL stands for a member that was not sent. Three zeros give the default.
 * False with one sentence in *why when a text is no duration, when some but not all are zero, or
 * when a bound or a ratio is broken. */
MUST_CHECK bool reachability_read(const char *heartbeat_interval, const char *stale_after,
                                  const char *unreachable_after, struct reachability *out,
                                  const char **why);

json_t *reachability_view(struct arena *a, const struct reachability *r); /* new reference */

#endif
