/* plexd/reconcile.h — pull, compare, correct, tell (SPEC ARC-*).
 *
 * At start, every interval, after each reconnect and whenever asked; at most one cycle runs and at
 * most one more is waiting. The differences go to the rows of a table (cache, signing keys; seats
 * for mesh and firewall), each row fails on its own, and only a cycle in which none failed becomes
 * what the next one is compared with. */
#ifndef PLEXD_RECONCILE_H
#define PLEXD_RECONCILE_H

#include "common/base.h"
#include "reference/plexd/cache.h"
#include "reference/plexd/http.h"
#include "reference/plexd/loop.h"
#include "reference/plexd/verify.h"
#include "reference/plexd/wire.h"

struct reconcile;

struct reconcile_options {
    struct loop *loop;
    struct http *http;
    const struct wire *wire;
    const char *node_id;
    int64_t interval; /* nanoseconds; at least 1 s */
    struct cache *cache;
    struct verifier *verifier;
    void (*keys_changed)(void *self); /* the current signing key moved: keep it */
    void *self;
};
struct reconcile *reconcile_start(const struct reconcile_options *o);
void reconcile_now(struct reconcile *r); /* soon; asked twice is done once */
/* An event said it: what it carries goes to the cache and to what the next cycle is compared with.
 */
void reconcile_event(struct reconcile *r, const struct envelope *ev);
void reconcile_stop(struct reconcile *r); /* NULL is fine */

#endif
