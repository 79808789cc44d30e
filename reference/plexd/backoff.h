/* plexd/backoff.h — how long to wait before the next try: 1, 2, 4 … 60 s, each ±25 % (SPEC AGT-*,
 * AEV-*). Nanoseconds. Pure but for the jitter's random number. */
#ifndef PLEXD_BACKOFF_H
#define PLEXD_BACKOFF_H

#include "common/base.h"

struct backoff {
    int64_t interval; /* 0: not yet used */
};

void backoff_reset(struct backoff *b);
int64_t backoff_interval(const struct backoff *b); /* the current one, without jitter */
void backoff_double(struct backoff *b);
/* The current interval with jitter; doubles it for the next time. */
int64_t backoff_next(struct backoff *b);

#endif
