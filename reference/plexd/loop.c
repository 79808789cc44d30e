#include "reference/plexd/loop.h"

#include <errno.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "common/memory.h"
#include "common/timestamp.h"

#define BATCH 32

struct post {
    void (*call)(void *self);
    void *self;
    struct post *next;
};

struct loop {
    int epoll;
    bool stopping;
    int64_t advanced;     /* nanoseconds */
    struct timer *timers; /* by `due`, soonest first; a handful, so a list is enough */

    /* What epoll said last; an unwatch takes its own entry out, so nobody gone is called. */
    struct epoll_event batch[BATCH];
    int n_batch;

    struct watch posted;
    pthread_mutex_t lock; /* of what follows */
    struct post *first, **last;
};

/* ---- descriptors ---- */

bool loop_watch(struct loop *l, struct watch *w, uint32_t events, struct error *e)
{
    struct epoll_event want = { .events = events, .data.ptr = w };
    int how = w->added ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;
    if (epoll_ctl(l->epoll, how, w->fd, &want) != 0)
        return error_errno(e, errno, "watching a descriptor");
    w->added = true;
    return true;
}

void loop_unwatch(struct loop *l, struct watch *w)
{
    if (!w->added)
        return;
    epoll_ctl(l->epoll, EPOLL_CTL_DEL, w->fd, NULL);
    w->added = false;
    for (int i = 0; i < l->n_batch; i++)
        if (l->batch[i].data.ptr == w)
            l->batch[i].data.ptr = NULL;
}

static void call_ready(struct loop *l)
{
    for (int i = 0; i < l->n_batch; i++) {
        struct watch *w = l->batch[i].data.ptr;
        if (w != NULL)
            w->ready(w->self, l->batch[i].events);
    }
    l->n_batch = 0;
}

/* ---- timers ---- */

int64_t loop_now(const struct loop *l)
{
    return clock_monotonic_nanos() + l->advanced;
}

int64_t loop_wall(const struct loop *l)
{
    return clock_wall_micros() + l->advanced / 1000;
}

void loop_advance(struct loop *l, int64_t nanos)
{
    if (nanos > 0 && l->advanced <= INT64_MAX / 4 - nanos)
        l->advanced += nanos;
}

void timer_cancel(struct loop *l, struct timer *t)
{
    if (!t->armed)
        return;
    struct timer **at = &l->timers;
    while (*at != t)
        at = &(*at)->next;
    *at = t->next;
    t->armed = false;
}

void timer_set(struct loop *l, struct timer *t, int64_t nanos_from_now)
{
    timer_cancel(l, t);
    int64_t now = loop_now(l);
    int64_t wait = nanos_from_now < 0 ? 0 : nanos_from_now;
    t->due = wait > INT64_MAX - now ? INT64_MAX : now + wait;
    struct timer **at = &l->timers;
    while (*at != NULL && (*at)->due <= t->due)
        at = &(*at)->next;
    t->next = *at;
    *at = t;
    t->armed = true;
}

/* One look at the clock: a timer that sets itself anew for "now" waits for the next round, so that
 * descriptors get their turn. */
static void fire_due(struct loop *l)
{
    int64_t now = loop_now(l);
    while (l->timers != NULL && l->timers->due <= now && !l->stopping) {
        struct timer *t = l->timers;
        l->timers = t->next;
        t->armed = false;
        t->fire(t->self);
    }
}

static int wait_millis(const struct loop *l)
{
    if (l->timers == NULL)
        return -1;
    int64_t left = l->timers->due - loop_now(l);
    if (left <= 0)
        return 0;
    int64_t millis = (left - 1) / 1000000 + 1; /* up: waking too early would spin */
    return millis > 60000 ? 60000 : (int)millis;
}

/* ---- calls from other threads ---- */

void loop_post(struct loop *l, void (*call)(void *self), void *self)
{
    struct post *p = mem_alloc(sizeof *p);
    *p = (struct post){ .call = call, .self = self };
    pthread_mutex_lock(&l->lock);
    *l->last = p;
    l->last = &p->next;
    pthread_mutex_unlock(&l->lock);
    eventfd_write(l->posted.fd, 1);
}

static bool run_posts(struct loop *l)
{
    pthread_mutex_lock(&l->lock);
    struct post *p = l->first;
    l->first = NULL;
    l->last = &l->first;
    pthread_mutex_unlock(&l->lock);
    bool any = p != NULL;
    while (p != NULL) {
        struct post *next = p->next;
        p->call(p->self);
        mem_free(p);
        p = next;
    }
    return any;
}

static void posts_ready(void *self, uint32_t events)
{
    (void)events;
    struct loop *l = self;
    eventfd_t count;
    eventfd_read(l->posted.fd, &count);
    run_posts(l);
}

/* ---- life ---- */

bool loop_create(struct loop **out, struct error *e)
{
    struct loop *l = mem_alloc(sizeof *l);
    pthread_mutex_init(&l->lock, NULL);
    l->last = &l->first;
    l->epoll = epoll_create1(EPOLL_CLOEXEC);
    l->posted = (struct watch){ .fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK),
                                .ready = posts_ready,
                                .self = l };
    if (l->epoll < 0 || l->posted.fd < 0) {
        error_errno(e, errno, "event loop");
        loop_destroy(l);
        return false;
    }
    if (!loop_watch(l, &l->posted, EPOLLIN, e)) {
        loop_destroy(l);
        return false;
    }
    *out = l;
    return true;
}

void loop_destroy(struct loop *l)
{
    if (l == NULL)
        return;
    while (run_posts(l))
        ;
    if (l->posted.fd >= 0)
        close(l->posted.fd);
    if (l->epoll >= 0)
        close(l->epoll);
    pthread_mutex_destroy(&l->lock);
    mem_free(l);
}

void loop_run(struct loop *l)
{
    l->stopping = false;
    while (!l->stopping) {
        int n = epoll_wait(l->epoll, l->batch, BATCH, wait_millis(l));
        l->n_batch = n < 0 ? 0 : n; /* EINTR: the signal came by a descriptor, too */
        call_ready(l);
        fire_due(l);
    }
}

void loop_stop(struct loop *l)
{
    l->stopping = true;
}
