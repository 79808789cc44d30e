#include "reference/plexd/follow_plan.h"

#include "common/timestamp.h"

#define SHORTEST (NANOS_PER_SECOND / 10)
#define LONGEST (60 * NANOS_PER_SECOND)
#define LONG_ENOUGH NANOS_PER_SECOND
#define POLL_AFTER (300 * NANOS_PER_SECOND)

bool follow_plan_connected(struct follow_plan *p)
{
    bool was_polling = p->polling;
    backoff_reset(&p->backoff);
    p->failing_since = 0;
    p->polling = false;
    return was_polling;
}

struct follow_step follow_plan_ended(struct follow_plan *p, int64_t lived)
{
    if (lived >= LONG_ENOUGH || p->short_wait == 0)
        p->short_wait = SHORTEST;
    else
        p->short_wait = p->short_wait * 2 > LONGEST ? LONGEST : p->short_wait * 2;
    return (struct follow_step){ .wait = p->short_wait };
}

static struct follow_step back_off(struct follow_plan *p, int64_t now)
{
    if (p->failing_since == 0)
        p->failing_since = now;
    p->polling = p->polling || now - p->failing_since >= POLL_AFTER;
    if (p->polling)
        return (struct follow_step){ .poll = true, .wait = LONGEST };
    return (struct follow_step){ .wait = backoff_next(&p->backoff) };
}

struct follow_step follow_plan_failed(struct follow_plan *p, int status, int retry_after,
                                      int64_t now)
{
    if (status == 401 || status == 403 || status == 404)
        return (struct follow_step){ .stop = true };
    if (status == 429)
        return (struct follow_step){ .wait = retry_after > 0 ? retry_after * NANOS_PER_SECOND
                                                             : backoff_interval(&p->backoff) };
    return back_off(p, now);
}
