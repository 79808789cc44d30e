/* The writer: the one thread that sends to streams, watches their sockets and keeps them alive. */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "common/log.h"
#include "reference/plexsphere/events/hub_inner.h"

enum {
    BATCH_FRAMES = 64,
    BATCH_BYTES = 256 * 1024,
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

static bool has_first(const struct stream *s)
{
    return s->first.data != NULL;
}

/* What ends between two frames ends as HTTP ends a body. */
static void finish(struct stream *s, const char *why)
{
    if (s->open && s->chunked && s->offset == 0 && !has_first(s) &&
        send(s->fd, last_chunk, sizeof last_chunk - 1, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
        why = "gone";
    close_stream(s, why);
}

/* ---- a batch: what one send carries ---- */

struct batch {
    struct iovec iov[BATCH_FRAMES];
    uint64_t positions[BATCH_FRAMES]; /* of the events, from `events` on */
    int n, events;
    size_t bytes;
    bool last; /* the stream ends behind it */
};

static void batch_add(struct batch *b, struct bytes part, uint64_t position)
{
    b->positions[b->n] = position;
    b->iov[b->n++] = (struct iovec){ (void *)(uintptr_t)part.data, part.len };
    b->bytes += part.len;
}

static bool wants(const struct stream *s, const struct ring_event *e)
{
    return e->seq > s->skip && e->frames[stream_dialect(s)].chunk.len > 0 &&
           ring_event_is_for(e, &s->owner.domain_id, &s->owner.node_id);
}

static void gather_events(struct stream *s, struct batch *b)
{
    const struct ring *r = &s->hub->ring;
    uint64_t position = s->cursor;
    for (; position < r->end && b->n < BATCH_FRAMES && b->bytes < BATCH_BYTES; position++) {
        const struct ring_event *e = ring_at(r, position);
        if (wants(s, e)) {
            struct bytes frame = frame_bytes(&e->frames[stream_dialect(s)], s->chunked);
            size_t sent = position == s->cursor ? s->offset : 0;
            batch_add(b, (struct bytes){ frame.data + sent, frame.len - sent }, position);
        } else if (b->n == b->events) {
            s->cursor = position + 1; /* what is not for it does not hold it back */
        }
    }
    s->pending = b->n > b->events || position < r->end;
}

/* False: the ring has gone on without it. */
static bool gather(struct stream *s, struct batch *b)
{
    struct hub *h = s->hub;
    b->n = b->events = 0;
    b->bytes = 0;
    if (has_first(s)) {
        struct bytes rest = { (unsigned char *)s->first.data + s->first_sent,
                              s->first.len - s->first_sent };
        batch_add(b, rest, 0);
        b->events = 1;
    }
    pthread_mutex_lock(&h->lock);
    b->last = s->cut || s->ending;
    bool there = b->last || !s->pending || s->cursor >= h->ring.first;
    if (there && s->pending && !b->last)
        gather_events(s, b);
    pthread_mutex_unlock(&h->lock);
    return there;
}

static size_t note_first(struct stream *s, size_t sent)
{
    size_t rest = s->first.len - s->first_sent;
    if (sent < rest) {
        s->first_sent += sent;
        return 0;
    }
    s->hub->replay_bytes -= s->counted;
    s->counted = 0;
    buffer_release(&s->first);
    s->first_sent = 0;
    return sent - rest;
}

/* Under the lock: what of the batch went out. */
static void note_sent(struct stream *s, const struct batch *b, size_t sent)
{
    if (b->events > 0)
        sent = note_first(s, sent);
    for (int i = b->events; i < b->n && !has_first(s); i++) {
        if (s->cursor != b->positions[i]) {
            s->cursor = b->positions[i];
            s->offset = 0;
        }
        if (sent < b->iov[i].iov_len) {
            s->offset += sent;
            return;
        }
        sent -= b->iov[i].iov_len;
        s->cursor++;
        s->offset = 0;
    }
}

/* ---- one stream's turn ---- */

static void watch(struct stream *s, int what, uint32_t also)
{
    struct epoll_event want = { .events = EPOLLRDHUP | also, .data.ptr = s };
    if (epoll_ctl(s->hub->epoll, what, s->fd, &want) != 0)
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
    links_push(&s->hub->due, &s->due);
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
    links_push(&s->hub->stalled, &s->stalled);
    watch(s, EPOLL_CTL_MOD, EPOLLOUT);
}

static void unblock(struct stream *s)
{
    pthread_mutex_lock(&s->hub->lock);
    s->blocked = false;
    hub_ready(s->hub, s);
    pthread_mutex_unlock(&s->hub->lock);
    links_leave(&s->stalled);
    watch(s, EPOLL_CTL_MOD, 0);
}

enum sent { SENT_ALL, SENT_SOME, SENT_NEVER };

static enum sent send_batch(struct stream *s, struct batch *b)
{
    struct msghdr message = { .msg_iov = b->iov, .msg_iovlen = (size_t)b->n };
    ssize_t n = sendmsg(s->fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n < 0 && errno != EAGAIN && errno != EINTR)
        return SENT_NEVER;
    size_t sent = n < 0 ? 0 : (size_t)n;
    pthread_mutex_lock(&s->hub->lock);
    note_sent(s, b, sent);
    pthread_mutex_unlock(&s->hub->lock);
    return sent == b->bytes ? SENT_ALL : SENT_SOME;
}

static void pump(struct stream *s)
{
    struct batch b;
    if (!s->open)
        open_stream(s);
    for (int i = 0; i < BATCHES_AT_ONCE; i++) {
        if (!gather(s, &b)) {
            close_stream(s, "too slow: the ring has gone on");
            return;
        }
        if (b.n == 0) {
            if (b.last)
                finish(s, s->cut ? "the replay did not fit" : "its credential is good no more");
            return;
        }
        switch (send_batch(s, &b)) {
        case SENT_ALL: break;
        case SENT_SOME: block(s); return;
        case SENT_NEVER: close_stream(s, "gone"); return;
        }
    }
    pthread_mutex_lock(&s->hub->lock);
    hub_ready(s->hub, s);
    pthread_mutex_unlock(&s->hub->lock);
}

static void pump_ready(struct hub *h)
{
    for (int i = 0; i < STREAMS_AT_ONCE; i++) {
        pthread_mutex_lock(&h->lock);
        struct links *l = h->ready.after;
        bool none = links_empty(&h->ready);
        if (!none)
            links_leave(l);
        pthread_mutex_unlock(&h->lock);
        if (none)
            return;
        pump(LINKED(struct stream, ready, l));
    }
}

/* ---- time ---- */

/* EVT-063: every 25 s; where something is on its way already, that keeps it alive. */
static void keep(struct stream *s)
{
    const char *bytes = s->chunked ? keep_alive_chunk : keep_alive;
    size_t len = strlen(bytes);
    pthread_mutex_lock(&s->hub->lock);
    bool busy = s->pending || s->blocked || has_first(s);
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

static void look_at_clock(struct hub *h)
{
    int64_t now = ticks(h);
    while (!links_empty(&h->due)) {
        struct stream *s = LINKED(struct stream, due, h->due.after);
        if (s->due_at > now)
            break;
        links_leave(&s->due);
        s->due_at = now + KEEP_ALIVE_EVERY;
        links_push(&h->due, &s->due);
        keep(s);
    }
    while (!links_empty(&h->stalled)) {
        struct stream *s = LINKED(struct stream, stalled, h->stalled.after);
        if (s->stalled_at + STALLED_MOST > now)
            break;
        close_stream(s, "too slow: nothing was taken");
    }
}

static int until_next(struct hub *h)
{
    int64_t next = INT64_MAX;
    if (!links_empty(&h->due))
        next = LINKED(struct stream, due, h->due.after)->due_at;
    if (!links_empty(&h->stalled)) {
        int64_t at = LINKED(struct stream, stalled, h->stalled.after)->stalled_at + STALLED_MOST;
        next = at < next ? at : next;
    }
    if (next == INT64_MAX)
        return -1;
    int64_t left = (next - ticks(h)) / 1000 + 1;
    int most = h->app->mode == APP_DEV ? DEV_TICK_MS : 60000;
    return left < 0 ? 0 : left < most ? (int)left : most;
}

/* ---- the loop ---- */

/* EVT-064: a peer that has gone is noticed at once; EPOLLRDHUP comes with what it sent unread. */
static void look_at_socket(struct hub *h, const struct epoll_event *signal)
{
    struct stream *s = signal->data.ptr;
    eventfd_t drained;
    if (s == NULL)
        (void)eventfd_read(h->wake, &drained);
    else if (signal->events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR))
        close_stream(s, "gone");
    else if (signal->events & EPOLLOUT)
        unblock(s);
}

static void look_at_sockets(struct hub *h)
{
    struct epoll_event signals[SIGNALS_AT_ONCE];
    int timeout = until_next(h);
    pthread_mutex_lock(&h->lock);
    h->sleeping = links_empty(&h->ready) && h->ring.gone == NULL && !h->stopping;
    if (!h->sleeping)
        timeout = 0;
    pthread_mutex_unlock(&h->lock);
    int n = epoll_wait(h->epoll, signals, SIGNALS_AT_ONCE, timeout);
    pthread_mutex_lock(&h->lock);
    h->sleeping = false;
    pthread_mutex_unlock(&h->lock);
    for (int i = 0; i < n; i++)
        look_at_socket(h, &signals[i]);
}

/* Between two turns the writer holds no pointer into the ring. */
static bool go_on(struct hub *h)
{
    pthread_mutex_lock(&h->lock);
    struct ring_event *gone = ring_take_gone(&h->ring);
    bool on = !h->stopping;
    pthread_mutex_unlock(&h->lock);
    ring_events_free(gone);
    return on;
}

/* Streams that were started and never had a turn lie in `ready` alone. */
static void end_all(struct hub *h)
{
    while (!links_empty(&h->due))
        finish(LINKED(struct stream, due, h->due.after), "the server stops");
    for (;;) {
        pthread_mutex_lock(&h->lock);
        struct links *l = h->ready.after;
        bool none = links_empty(&h->ready);
        pthread_mutex_unlock(&h->lock);
        if (none)
            return;
        close_stream(LINKED(struct stream, ready, l), "the server stops");
    }
}

void *writer_run(void *hub)
{
    struct hub *h = hub;
    while (go_on(h)) {
        pump_ready(h);
        look_at_clock(h);
        look_at_sockets(h);
    }
    end_all(h);
    return NULL;
}
