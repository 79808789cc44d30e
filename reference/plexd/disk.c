#include "reference/plexd/disk.h"

#include <errno.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "common/memory.h"

struct queue {
    struct disk_job *first, **last;
};

struct disk {
    struct loop *loop;
    struct watch finished_watch;
    pthread_t thread;

    pthread_mutex_t lock; /* of what follows */
    pthread_cond_t changed;
    struct queue waiting, finished;
    bool ending;
};

static void push(struct queue *q, struct disk_job *job)
{
    job->next = NULL;
    *q->last = job;
    q->last = &job->next;
}

static struct disk_job *pop(struct queue *q)
{
    struct disk_job *job = q->first;
    if (job == NULL)
        return NULL;
    q->first = job->next;
    if (q->first == NULL)
        q->last = &q->first;
    return job;
}

static struct disk_job *next_job(struct disk *d)
{
    pthread_mutex_lock(&d->lock);
    while (d->waiting.first == NULL && !d->ending)
        pthread_cond_wait(&d->changed, &d->lock);
    struct disk_job *job = pop(&d->waiting);
    pthread_mutex_unlock(&d->lock);
    return job;
}

static void *work(void *self)
{
    struct disk *d = self;
    for (struct disk_job *job = next_job(d); job != NULL; job = next_job(d)) {
        job->work(job);
        pthread_mutex_lock(&d->lock);
        push(&d->finished, job);
        pthread_mutex_unlock(&d->lock);
        eventfd_write(d->finished_watch.fd, 1);
    }
    return NULL;
}

static bool tell_finished(struct disk *d)
{
    bool any = false;
    for (;;) {
        pthread_mutex_lock(&d->lock);
        struct disk_job *job = pop(&d->finished);
        pthread_mutex_unlock(&d->lock);
        if (job == NULL)
            return any;
        job->done(job);
        any = true;
    }
}

static void finished_ready(void *self, uint32_t events)
{
    (void)events;
    struct disk *d = self;
    eventfd_t count;
    eventfd_read(d->finished_watch.fd, &count);
    tell_finished(d);
}

void disk_submit(struct disk *d, struct disk_job *job)
{
    pthread_mutex_lock(&d->lock);
    push(&d->waiting, job);
    pthread_cond_signal(&d->changed);
    pthread_mutex_unlock(&d->lock);
}

static void release(struct disk *d)
{
    loop_unwatch(d->loop, &d->finished_watch);
    if (d->finished_watch.fd >= 0)
        close(d->finished_watch.fd);
    pthread_cond_destroy(&d->changed);
    pthread_mutex_destroy(&d->lock);
    mem_free(d);
}

bool disk_create(struct loop *l, struct disk **out, struct error *e)
{
    struct disk *d = mem_alloc(sizeof *d);
    d->loop = l;
    d->waiting.last = &d->waiting.first;
    d->finished.last = &d->finished.first;
    pthread_mutex_init(&d->lock, NULL);
    pthread_cond_init(&d->changed, NULL);
    d->finished_watch = (struct watch){ .fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK),
                                        .ready = finished_ready,
                                        .self = d };
    bool ok = d->finished_watch.fd >= 0 || error_errno(e, errno, "disk thread");
    ok = ok && loop_watch(l, &d->finished_watch, EPOLLIN, e);
    if (ok) {
        int code = pthread_create(&d->thread, NULL, work, d);
        ok = code == 0 || error_errno(e, code, "disk thread");
    }
    if (!ok) {
        release(d);
        return false;
    }
    *out = d;
    return true;
}

/* The thread has gone: what a `done` still submits is done by whoever destroys. */
static bool work_here(struct disk *d)
{
    struct disk_job *job = pop(&d->waiting);
    if (job == NULL)
        return false;
    job->work(job);
    job->done(job);
    return true;
}

void disk_destroy(struct disk *d)
{
    if (d == NULL)
        return;
    pthread_mutex_lock(&d->lock);
    d->ending = true;
    pthread_cond_signal(&d->changed);
    pthread_mutex_unlock(&d->lock);
    pthread_join(d->thread, NULL);
    while (tell_finished(d) || work_here(d))
        ;
    release(d);
}
