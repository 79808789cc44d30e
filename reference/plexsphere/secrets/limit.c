#include "reference/plexsphere/secrets/limit.h"

#include <pthread.h>
#include <string.h>

#include "common/memory.h"
#include "common/timestamp.h"

/* Tokens are counted in micro-tokens, so that refilling is whole-number arithmetic on
 * microseconds. */
#define TOKEN MICROS_PER_SECOND

enum { GROUPS = 1024, NEIGHBOURS = 4 };

struct bucket {
    struct uuid id; /* nil: free */
    int64_t level;
    int64_t seen_at;
};

struct limiter {
    pthread_mutex_t lock;
    int64_t per_second, burst;
    struct bucket buckets[GROUPS][NEIGHBOURS];
};

struct limiter *limiter_create(int64_t per_second, int64_t burst)
{
    struct limiter *l = mem_alloc(sizeof *l);
    pthread_mutex_init(&l->lock, NULL);
    l->per_second = per_second;
    l->burst = burst;
    return l;
}

void limiter_destroy(struct limiter *l)
{
    pthread_mutex_destroy(&l->lock);
    mem_free(l);
}

/* The tail of a version-7 id is random. */
static struct bucket *group_of(struct limiter *l, const struct uuid *id)
{
    size_t n = (size_t)id->b[14] << 8 | id->b[15];
    return l->buckets[n % GROUPS];
}

static struct bucket *bucket_of(struct limiter *l, const struct uuid *id, int64_t now)
{
    struct bucket *group = group_of(l, id), *oldest = group;
    for (int i = 0; i < NEIGHBOURS; i++) {
        if (uuid_equal(&group[i].id, id))
            return &group[i];
        if (group[i].seen_at < oldest->seen_at)
            oldest = &group[i];
    }
    *oldest = (struct bucket){ *id, l->burst * TOKEN, now };
    return oldest;
}

/* A clock that went back refills nothing. */
static void refill(const struct limiter *l, struct bucket *b, int64_t now)
{
    int64_t full = l->burst * TOKEN, missing = full - b->level;
    int64_t passed = now > b->seen_at ? now - b->seen_at : 0;
    b->level = passed >= missing / l->per_second + 1 ? full : b->level + passed * l->per_second;
    if (b->level > full)
        b->level = full;
    b->seen_at = now;
}

bool limiter_take(struct limiter *l, const struct uuid *id, int64_t now, int64_t *retry_after)
{
    pthread_mutex_lock(&l->lock);
    struct bucket *b = bucket_of(l, id, now);
    refill(l, b, now);
    bool ok = b->level >= TOKEN;
    if (ok)
        b->level -= TOKEN;
    int64_t missing = TOKEN - b->level, per_wait = l->per_second * MICROS_PER_SECOND;
    *retry_after = ok ? 0 : (missing + per_wait - 1) / per_wait;
    pthread_mutex_unlock(&l->lock);
    return ok;
}
