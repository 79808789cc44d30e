/* plexd/follow_plan.h — when the stream is tried again (SPEC AEV-*; plexd-facts 3.7). Pure but for
 * the backoff's jitter.
 *
 *     a stream that was up ends      →  reconnect soon: 100 ms, growing while streams live under 1
 * s 429                            →  Retry-After, else the current interval, which stays 401, 403,
 * 404                  →  never again anything else, nothing at all  →  1, 2, 4 … 60 s; after 5 min
 * of it ask for the state each 60 s, and try the stream as often */
#ifndef PLEXD_FOLLOW_PLAN_H
#define PLEXD_FOLLOW_PLAN_H

#include "common/base.h"
#include "reference/plexd/backoff.h"

struct follow_plan {
    struct backoff backoff;
    int64_t failing_since; /* nanoseconds; 0: not failing */
    int64_t short_wait;    /* before the next reconnect after a short-lived stream */
    bool polling;
};

struct follow_step {
    bool stop, poll;
    int64_t wait;
};

/* The stream answered 2xx: true when this ends a time of polling. */
bool follow_plan_connected(struct follow_plan *p);
/* ... and has ended after `lived` nanoseconds. */
struct follow_step follow_plan_ended(struct follow_plan *p, int64_t lived);
/* It was not opened. status 0: no answer; retry_after -1: none. */
struct follow_step follow_plan_failed(struct follow_plan *p, int status, int retry_after,
                                      int64_t now);

#endif
