/* plexd/loop.h — one thread, one epoll: descriptors, timers, calls from other threads.
 *
 * Everything of the agent that is not a system call on a file runs on this thread, so nothing here
 * needs a lock. What takes long (fsync, host names) goes to the disk thread (disk.h) or to libcurl.
 * Watches and timers belong to whoever made them and must be taken out before they go.
 *
 * Time is the monotonic clock plus what the dev control has advanced it (ruling 26): timers then
 * fire as if that time had passed. */
#ifndef PLEXD_LOOP_H
#define PLEXD_LOOP_H

#include "common/base.h"
#include "common/error.h"

struct loop;

MUST_CHECK bool loop_create(struct loop **out, struct error *e);
void loop_destroy(struct loop *l); /* NULL is fine */
void loop_run(struct loop *l);     /* until loop_stop() */
void loop_stop(struct loop *l);

struct watch {
    int fd;
    void (*ready)(void *self, uint32_t events); /* EPOLLIN … as epoll says them */
    void *self;
    bool added; /* the loop's own */
};
/* Adds it, or changes what it waits for. */
MUST_CHECK bool loop_watch(struct loop *l, struct watch *w, uint32_t events, struct error *e);
void loop_unwatch(struct loop *l, struct watch *w); /* harmless when it is not in */

struct timer {
    void (*fire)(void *self);
    void *self;
    int64_t due; /* the loop's own, with what follows */
    struct timer *next;
    bool armed;
};
void timer_set(struct loop *l, struct timer *t, int64_t nanos_from_now); /* moves an armed one */
void timer_cancel(struct loop *l, struct timer *t);

int64_t loop_now(const struct loop *l);  /* nanoseconds, monotonic, advanced */
int64_t loop_wall(const struct loop *l); /* microseconds since 1970, advanced */
void loop_advance(struct loop *l, int64_t nanos);

/* From any thread: `call` runs on the loop's thread soon, in the order of the posts. Nothing is
 * lost: what is posted before loop_destroy() runs before it returns. */
void loop_post(struct loop *l, void (*call)(void *self), void *self);

#endif
