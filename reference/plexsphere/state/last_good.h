/* state/last_good.h — what a Node was last told, kept for an outage of the datastore (SPEC STA-*).
 *
 * An answer is given again only to the key it was first given to, only within `ttl` of then and
 * only in the same epoch of revocations (store/db.h). Bounded in count and in bytes: each key has
 * one place, which a newcomer takes over. Thread-safe. */
#ifndef PLEXSPHERE_STATE_LAST_GOOD_H
#define PLEXSPHERE_STATE_LAST_GOOD_H

#include "common/base.h"
#include "common/uuid.h"

struct arena;
struct last_good;

enum { LAST_GOOD_PLACES = 1024 };
#define LAST_GOOD_BYTES (16u * 1024 * 1024)

struct last_good *last_good_create(int64_t ttl_micros);
void last_good_destroy(struct last_good *l);

struct last_good_key {
    unsigned char digest[32]; /* SHA-256 of the NSK that was shown */
    struct uuid node_id;
    uint64_t epoch;
};

void last_good_keep(struct last_good *l, const struct last_good_key *key, struct bytes body,
                    int64_t now);
/* False: nothing that may still be told. *body is a copy on the arena. */
MUST_CHECK bool last_good_find(struct last_good *l, const struct last_good_key *key, int64_t now,
                               struct arena *a, struct bytes *body);

#endif
