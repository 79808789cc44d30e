/* What a writer does; see hub_inner.h. */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/log.h"
#include "reference/plexsphere/events/batch.h"
#include "reference/plexsphere/events/hub_inner.h"

enum {
    BATCHES_AT_ONCE = 4,   /* then the others have their turn */
    STREAMS_AT_ONCE = 256, /* then sockets and clock are looked at */
    SIGNALS_AT_ONCE = 256,
    DEV_TICK_MS = 100, /* in dev mode the clock may be moved without a word */
};

/* EVT-063: the bytes of a keep-alive, and the same as a chunk. */
static const char keep_alive[] = ":keep-alive\n\n";
static const char keep_alive_chunk[] = "d\r\n:keep-alive\n\n\r\n";
static const char last_chunk[] = "0\r\n\r\n";

static int64_t ticks(const struct hub *h)
{
    return app_clock_ticks(&h->app->clock);
}

/* ---- ends ---- */

static void close_stream(struct stream *s, const char *why)
{
    char node[UUID_TEXT_LEN + 1];
    uuid_format(&s->owner.node_id, node);
    log_line(LOG_DEBUG, "stream closed", "node_id", node, "why", why, NULL);
    stream_free(s);
}

/* What ends between two frames ends as HTTP ends a body. */
static void finish(struct stream *s, const char *why)
{
    if (s->open && s->chunked && s->offset == 0 && !stream_has_first(s) &&
        send(s->fd, last_chunk, sizeof last_chunk - 1, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
        why = "gone";
    close_stream(s, why);
}

/* ---- one stream's turn ---- */

static void watch(struct stream *s, int what, uint32_t also)
{
    struct epoll_event want = { .events = EPOLLRDHUP | also, .data.ptr = s };
    if (epoll_ctl(s->writer->epoll, what, s->fd, &want) != 0)
        log_line(LOG_ERROR, "a stream's socket cannot be watched", "error", strerror(errno), NULL);
}

static void open_stream(struct stream *s)
{
    int yes = 1, buffer = SEND_BUFFER, patience = UNACKNOWLEDGED_MS;
    setsockopt(s->fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    setsockopt(s->fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &patience, sizeof patience);
    setsockopt(s->fd, SOL_SOCKET, SO_SNDBUF, &buffer, sizeof buffer);
    s->open = true;
    s->due_at = ticks(s->hub) + KEEP_ALIVE_EVERY;
    links_push(&s->writer->due, &s->due);
    watch(s, EPOLL_CTL_ADD, 0);
}

static void block(struct stream *s)
{
    pthread_mutex_lock(&s->hub->lock);
    s->blocked = true;
    pthread_mutex_unlock(&s->hub->lock);
    if (!links_empty(&s->stalled))
        return; /* it had a turn because it is to end, and its socket still takes nothing */
    s->stalled_at = ticks(s->hub);
    links_push(&s->writer->stalled, &s->stalled);
    watch(s, EPOLL_CTL_MOD, EPOLLOUT);
}

static void unblock(struct stream *s)
{
    pthread_mutex_lock(&s->hub->lock);
    s->blocked = false;
    hub_ready(s);
    pthread_mutex_unlock(&s->hub->lock);
    links_leave(&s->stalled);
    watch(s, EPOLL_CTL_MOD, 0);
}

enum sent { SENT_EVERYTHING, SENT_BATCH, SENT_SOME, SENT_NEVER };

/* Under the lock: spares a stream that has caught up the look that would find nothing. */
static bool caught_up(struct stream *s)
{
    if (s->ending || s->cut || !s->pending || s->cursor != s->hub->ring.end)
        return false;
    s->pending = false;
    return true;
}

static enum sent send_batch(struct stream *s, struct batch *b)
{
    struct msghdr message = { .msg_iov = b->iov, .msg_iovlen = (size_t)b->n };
    ssize_t n = sendmsg(s->fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n < 0 && errno != EAGAIN && errno != EINTR)
        return SENT_NEVER;
    size_t sent = n < 0 ? 0 : (size_t)n;
    pthread_mutex_lock(&s->hub->lock);
    batch_note_sent(s, b, sent);
    bool everything = sent == b->bytes && caught_up(s);
    pthread_mutex_unlock(&s->hub->lock);
    return everything ? SENT_EVERYTHING : sent == b->bytes ? SENT_BATCH : SENT_SOME;
}

static void pump(struct stream *s)
{
    struct batch b;
    if (!s->open)
        open_stream(s);
    for (int i = 0; i < BATCHES_AT_ONCE; i++) {
        if (!batch_gather(s, &b)) {
            close_stream(s, "too slow: the ring has gone on");
            return;
        }
        if (b.n == 0) {
            if (b.last)
                finish(s, s->cut ? "the replay did not fit" : "its credential is good no more");
            return;
        }
        switch (send_batch(s, &b)) {
        case SENT_EVERYTHING: return;
        case SENT_BATCH: break;
        case SENT_SOME: block(s); return;
        case SENT_NEVER: close_stream(s, "gone"); return;
        }
    }
    pthread_mutex_lock(&s->hub->lock);
    hub_ready(s);
    pthread_mutex_unlock(&s->hub->lock);
}

static struct stream *next_ready(struct writer *w)
{
    struct stream *s = NULL;
    pthread_mutex_lock(&w->hub->lock);
    if (!links_empty(&w->ready)) {
        s = LINKED(struct stream, ready, w->ready.after);
        links_leave(&s->ready);
    }
    pthread_mutex_unlock(&w->hub->lock);
    return s;
}

static void pump_ready(struct writer *w)
{
    struct stream *s;
    for (int i = 0; i < STREAMS_AT_ONCE && (s = next_ready(w)) != NULL; i++)
        pump(s);
}

/* ---- time ---- */

/* EVT-063: every 25 s; where something is on its way already, that keeps it alive. */
static void keep(struct stream *s)
{
    const char *bytes = s->chunked ? keep_alive_chunk : keep_alive;
    size_t len = strlen(bytes);
    pthread_mutex_lock(&s->hub->lock);
    bool busy = s->pending || s->blocked || stream_has_first(s);
    pthread_mutex_unlock(&s->hub->lock);
    if (busy)
        return;
    ssize_t n = send(s->fd, bytes, len, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n < 0 && errno != EAGAIN && errno != EINTR) {
        close_stream(s, "gone");
        return;
    }
    size_t sent = n < 0 ? 0 : (size_t)n;
    if (sent == len)
        return;
    buffer_init(&s->first, sizeof keep_alive_chunk);
    buffer_append(&s->first, bytes + sent, len - sent);
    block(s);
}

static void look_at_clock(struct writer *w)
{
    int64_t now = ticks(w->hub);
    while (!links_empty(&w->due)) {
        struct stream *s = LINKED(struct stream, due, w->due.after);
        if (s->due_at > now)
            break;
        links_leave(&s->due);
        s->due_at = now + KEEP_ALIVE_EVERY;
        links_push(&w->due, &s->due);
        keep(s);
    }
    while (!links_empty(&w->stalled)) {
        struct stream *s = LINKED(struct stream, stalled, w->stalled.after);
        if (s->stalled_at + STALLED_MOST > now)
            break;
        close_stream(s, "too slow: nothing was taken");
    }
}

static int until_next(const struct writer *w)
{
    int64_t next = INT64_MAX;
    if (!links_empty(&w->due))
        next = LINKED(struct stream, due, w->due.after)->due_at;
    if (!links_empty(&w->stalled)) {
        int64_t at = LINKED(struct stream, stalled, w->stalled.after)->stalled_at + STALLED_MOST;
        next = at < next ? at : next;
    }
    if (next == INT64_MAX)
        return -1;
    int64_t left = (next - ticks(w->hub)) / 1000 + 1;
    int most = w->hub->app->mode == APP_DEV ? DEV_TICK_MS : 60000;
    return left < 0 ? 0 : left < most ? (int)left : most;
}

/* ---- the loop ---- */

/* EVT-064: a peer that has gone is noticed at once; EPOLLRDHUP comes with what it sent unread. */
static void look_at_socket(struct writer *w, const struct epoll_event *signal)
{
    struct stream *s = signal->data.ptr;
    eventfd_t drained;
    if (s == NULL)
        (void)eventfd_read(w->wake, &drained);
    else if (signal->events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR))
        close_stream(s, "gone");
    else if (signal->events & EPOLLOUT)
        unblock(s);
}

/* While it waits a writer holds no pointer into the ring. False: the server stops. */
static bool look_at_sockets(struct writer *w)
{
    struct hub *h = w->hub;
    struct epoll_event signals[SIGNALS_AT_ONCE];
    int timeout = until_next(w);
    pthread_mutex_lock(&h->lock);
    bool stopping = h->stopping;
    w->sleeping = links_empty(&w->ready) && !stopping;
    w->position = UINT64_MAX;
    if (!w->sleeping)
        timeout = 0;
    struct ring_event *gone = hub_let_go(h);
    pthread_mutex_unlock(&h->lock);
    ring_events_free(gone);
    int n = epoll_wait(w->epoll, signals, SIGNALS_AT_ONCE, timeout);
    pthread_mutex_lock(&h->lock);
    w->sleeping = false;
    w->position = h->ring.first;
    pthread_mutex_unlock(&h->lock);
    for (int i = 0; i < n; i++)
        look_at_socket(w, &signals[i]);
    return !stopping;
}

/* Streams that were started and never had a turn lie in `ready` alone. */
static void end_all(struct writer *w)
{
    struct stream *s;
    while (!links_empty(&w->due))
        finish(LINKED(struct stream, due, w->due.after), "the server stops");
    while ((s = next_ready(w)) != NULL)
        close_stream(s, "the server stops");
}

void *writer_run(void *writer)
{
    struct writer *w = writer;
    while (look_at_sockets(w)) {
        pump_ready(w);
        look_at_clock(w);
    }
    end_all(w);
    return NULL;
}

bool writer_init(struct writer *w, struct hub *h)
{
    struct epoll_event want = { .events = EPOLLIN };
    w->hub = h;
    w->position = UINT64_MAX;
    links_init(&w->ready);
    links_init(&w->due);
    links_init(&w->stalled);
    w->epoll = epoll_create1(EPOLL_CLOEXEC);
    w->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    return w->epoll >= 0 && w->wake >= 0 && epoll_ctl(w->epoll, EPOLL_CTL_ADD, w->wake, &want) == 0;
}

void writer_release(struct writer *w)
{
    if (w->epoll >= 0)
        close(w->epoll);
    if (w->wake >= 0)
        close(w->wake);
}
