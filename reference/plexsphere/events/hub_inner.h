/* events/hub_inner.h — what hub.c, batch.c, writer.c and recheck.c share. Nobody else includes it.
 *
 * One lock guards the ring, the index, the lists of ready streams and the marked members of writers
 * and streams. Nothing slow is done under it: sends happen outside, and events that were pushed out
 * of the ring stay in memory until no writer can hold a pointer to them. */
#ifndef PLEXSPHERE_EVENTS_HUB_INNER_H
#define PLEXSPHERE_EVENTS_HUB_INNER_H

#include <pthread.h>

#include "common/buffer.h"
#include "reference/plexsphere/events/hub.h"
#include "reference/plexsphere/events/links.h"
#include "reference/plexsphere/events/ring.h"

enum {
    WRITERS =
        2, /* a send costs the kernel's whole way to the wire: two halve the last one's wait */
    RING_SLOTS = 8192,
    RING_BYTES = 16 << 20,
    INDEX_SIZE = 4096,
    REPLAY_MOST = 4 << 20,    /* of one stream */
    REPLAYS_MOST = 64 << 20,  /* of all together */
    DESCRIPTORS_SPARED = 512, /* for everything that is no stream */
    FIRST_UP_MS = 2000,       /* how long a request waits for the bus of a server that just began */
    SEND_BUFFER = 256 * 1024, /* what a slow reader may hold in the kernel */
    UNACKNOWLEDGED_MS = 60000, /* a peer that vanished is given up */
};

/* A thread that sends to the streams it was given, watches their sockets and keeps them alive. */
struct writer {
    struct hub *hub;
    pthread_t thread;
    int epoll, wake;

    /* under the lock */
    struct links ready; /* streams with something to write and a socket that takes it */
    size_t n_streams;
    bool sleeping;     /* it waits and must be woken */
    uint64_t position; /* it holds no pointer to an event before that; UINT64_MAX: to none */

    /* its own */
    struct links due;     /* every open stream, in the order of due_at */
    struct links stalled; /* those whose socket is full, in the order of stalled_at */
};

struct hub {
    struct app *app;
    pthread_mutex_t lock;
    struct ring ring;
    struct links *nodes, *domains; /* INDEX_SIZE lists of streams each, by hash of the id */
    size_t n_streams, streams_most, replay_bytes;
    bool connected, stopping;
    bool was_up;            /* the bus has been reached, at least once */
    pthread_cond_t came_up; /* that, or the end */
    struct writer writers[WRITERS];
    int n_writers; /* that run */
    pthread_t rechecker;
    bool rechecking;
};

struct stream {
    struct answer_stream answer; /* first: start() and drop() get it */
    struct hub *hub;
    struct writer *writer;
    struct stream_owner owner;

    /* under the lock */
    struct links of_node, of_domain, ready;
    uint64_t cursor; /* while pending: the first event that may have to go out … */
    size_t offset;   /* … and how much of it has */
    int64_t skip;
    bool pending; /* the ring has something for it */
    bool started; /* it has its socket */
    bool blocked; /* and the socket takes nothing now */
    bool ending;

    /* the worker's until start(), then its writer's */
    int fd;
    bool chunked, open;
    bool cut;            /* the replay did not fit: the stream ends behind it */
    struct buffer first; /* goes out before anything from the ring; data NULL: there is nothing */
    size_t first_sent;
    size_t counted; /* of it, in replay_bytes; under the lock */
    struct links due, stalled;
    int64_t due_at, stalled_at;
};

static inline enum dialect stream_dialect(const struct stream *s)
{
    return s->owner.mvp ? DIALECT_MVP : DIALECT_V1;
}

static inline bool stream_has_first(const struct stream *s)
{
    return s->first.data != NULL;
}

/* Under the lock. */
void hub_ready(struct stream *s);
void hub_wake(struct hub *h); /* the writers that have something to do */
/* What no writer can hold a pointer to any more, for ring_events_free(). */
struct ring_event *hub_let_go(struct hub *h);
/* Leaves index and lists, closes its socket if it has one, frees it. Takes the lock. */
void stream_free(struct stream *s);

/* writer.c */
MUST_CHECK bool writer_init(struct writer *w, struct hub *h);
void writer_release(struct writer *w);
void *writer_run(void *writer);
/* recheck.c */
void *recheck_run(void *hub);

#endif
