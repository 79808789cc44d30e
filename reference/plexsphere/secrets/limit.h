/* secrets/limit.h — token buckets by id, in memory (SPEC SEC-*).
 *
 * A bucket starts full. Bounded: a newcomer takes over the place of whoever was last seen longest
 * ago among its neighbours, who then starts full again. Thread-safe; of this process alone. */
#ifndef PLEXSPHERE_SECRETS_LIMIT_H
#define PLEXSPHERE_SECRETS_LIMIT_H

#include "common/base.h"
#include "common/uuid.h"

struct limiter;

struct limiter *limiter_create(int64_t per_second, int64_t burst);
void limiter_destroy(struct limiter *l);

/* Takes one token. False: there is none, and one will be there after *retry_after seconds. */
MUST_CHECK bool limiter_take(struct limiter *l, const struct uuid *id, int64_t now,
                             int64_t *retry_after);

#endif
