#include "reference/plexsphere/tenancy/reachability.h"

#include "common/arena.h"
#include "common/timestamp.h"

#define SECONDS(n) ((n)*NANOS_PER_SECOND)

/* DOM-019 [OPEN-10]: the contract gives no values for the platform default; these are the ones of
 * its examples. */
const struct reachability REACHABILITY_DEFAULT = { SECONDS(30), SECONDS(90), SECONDS(300) };

static const int64_t LEAST_INTERVAL = SECONDS(10);
static const int64_t CEILING = SECONDS(3600);

static bool refuse(const char **why, const char *sentence)
{
    *why = sentence;
    return false;
}

/* DOM-021 [OPEN-10]: a broken bound or ratio has no code of its own; it shares the
 * policy's. The ceiling is asked first, so that the ratios are computed on numbers that cannot
 * overflow. */
static bool linked(const struct reachability *r, const char **why)
{
    if (r->heartbeat_interval > CEILING || r->stale_after > CEILING ||
        r->unreachable_after > CEILING)
        return refuse(why, "no reachability threshold may exceed 1h.");
    if (r->heartbeat_interval < LEAST_INTERVAL)
        return refuse(why, "heartbeat_interval must be at least 10s.");
    if (r->stale_after < 3 * r->heartbeat_interval)
        return refuse(why, "stale_after must be at least three times heartbeat_interval.");
    if (r->unreachable_after < 2 * r->stale_after)
        return refuse(why, "unreachable_after must be at least twice stale_after.");
    return true;
}

bool reachability_read(const char *heartbeat_interval, const char *stale_after,
                       const char *unreachable_after, struct reachability *out, const char **why)
{
    if (!heartbeat_interval || !stale_after || !unreachable_after)
        return refuse(why,
                      "reachability needs heartbeat_interval, stale_after and unreachable_after.");
    if (!duration_parse(heartbeat_interval, &out->heartbeat_interval) ||
        !duration_parse(stale_after, &out->stale_after) ||
        !duration_parse(unreachable_after, &out->unreachable_after))
        return refuse(why, "each reachability threshold must be a duration such as 30s.");
    bool some =
        out->heartbeat_interval != 0 || out->stale_after != 0 || out->unreachable_after != 0;
    bool all = out->heartbeat_interval != 0 && out->stale_after != 0 && out->unreachable_after != 0;
    if (!some) {
        *out = REACHABILITY_DEFAULT;
        return true;
    }
    if (!all)
        return refuse(why, "reachability thresholds are given all three or none.");
    return linked(out, why);
}

/* DOM-022 [OPEN-11]: whole seconds are written as the examples write them ("300s"), anything finer
 * as Go does. */
static json_t *duration_view(struct arena *a, int64_t nanos)
{
    if (nanos % NANOS_PER_SECOND == 0)
        return json_string(arena_printf(a, "%llds", (long long)(nanos / NANOS_PER_SECOND)));
    return json_string(duration_format(a, nanos));
}

json_t *reachability_view(struct arena *a, const struct reachability *r)
{
    json_t *view = json_object();
    json_object_set_new(view, "heartbeat_interval", duration_view(a, r->heartbeat_interval));
    json_object_set_new(view, "stale_after", duration_view(a, r->stale_after));
    json_object_set_new(view, "unreachable_after", duration_view(a, r->unreachable_after));
    return view;
}
