#include "reference/plexd/backoff.h"

#include "common/random.h"
#include "common/timestamp.h"

#define FIRST NANOS_PER_SECOND
#define MOST (60 * NANOS_PER_SECOND)

void backoff_reset(struct backoff *b)
{
    b->interval = 0;
}

int64_t backoff_interval(const struct backoff *b)
{
    return b->interval == 0 ? FIRST : b->interval;
}

void backoff_double(struct backoff *b)
{
    int64_t twice = backoff_interval(b) * 2;
    b->interval = twice > MOST ? MOST : twice;
}

int64_t backoff_next(struct backoff *b)
{
    int64_t interval = backoff_interval(b), quarter = interval / 4;
    backoff_double(b);
    return interval - quarter + (int64_t)random_below((uint64_t)(2 * quarter + 1));
}
