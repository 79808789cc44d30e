#include "reference/plexsphere/state/last_good.h"

#include <pthread.h>
#include <string.h>

#include "common/arena.h"
#include "common/memory.h"
#include "common/text.h"

struct place {
    struct last_good_key key;
    unsigned char *body; /* NULL: free */
    size_t len;
    int64_t kept_at;
};

struct last_good {
    pthread_mutex_t lock;
    int64_t ttl;
    size_t bytes;
    struct place places[LAST_GOOD_PLACES];
};

struct last_good *last_good_create(int64_t ttl_micros)
{
    struct last_good *l = mem_alloc(sizeof *l);
    pthread_mutex_init(&l->lock, NULL);
    l->ttl = ttl_micros;
    return l;
}

static void let_go(struct last_good *l, struct place *p)
{
    mem_free(p->body);
    l->bytes -= p->len;
    *p = (struct place){ .body = NULL };
}

void last_good_destroy(struct last_good *l)
{
    for (size_t i = 0; i < ARRAY_LEN(l->places); i++)
        let_go(l, &l->places[i]);
    pthread_mutex_destroy(&l->lock);
    mem_free(l);
}

/* A digest is random: its first bytes spread evenly. */
static struct place *place_of(struct last_good *l, const struct last_good_key *key)
{
    size_t n = (size_t)key->digest[0] << 8 | key->digest[1];
    return &l->places[n % LAST_GOOD_PLACES];
}

static bool is_fresh(const struct last_good *l, const struct place *p, int64_t now)
{
    return p->body && now >= p->kept_at && now - p->kept_at < l->ttl;
}

static void make_room(struct last_good *l, int64_t now)
{
    for (size_t i = 0; i < ARRAY_LEN(l->places); i++)
        if (!is_fresh(l, &l->places[i], now))
            let_go(l, &l->places[i]);
}

void last_good_keep(struct last_good *l, const struct last_good_key *key, struct bytes body,
                    int64_t now)
{
    pthread_mutex_lock(&l->lock);
    struct place *p = place_of(l, key);
    let_go(l, p);
    if (l->bytes + body.len > LAST_GOOD_BYTES)
        make_room(l, now);
    if (l->bytes + body.len <= LAST_GOOD_BYTES) {
        *p = (struct place){ *key, mem_alloc(body.len + 1), body.len, now };
        memcpy(p->body, body.data, body.len);
        l->bytes += body.len;
    }
    pthread_mutex_unlock(&l->lock);
}

static bool is_of(const struct place *p, const struct last_good_key *key)
{
    return bytes_equal_constant_time(p->key.digest, key->digest, sizeof key->digest) &&
           uuid_equal(&p->key.node_id, &key->node_id) && p->key.epoch == key->epoch;
}

bool last_good_find(struct last_good *l, const struct last_good_key *key, int64_t now,
                    struct arena *a, struct bytes *body)
{
    pthread_mutex_lock(&l->lock);
    struct place *p = place_of(l, key);
    bool found = is_fresh(l, p, now) && is_of(p, key);
    if (found)
        *body = (struct bytes){ arena_copy(a, p->body, p->len), p->len };
    pthread_mutex_unlock(&l->lock);
    return found;
}
