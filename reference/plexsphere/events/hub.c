#include "reference/plexsphere/events/hub.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/arena.h"
#include "common/log.h"
#include "common/memory.h"
#include "reference/plexsphere/events/hub_inner.h"

static struct links *index_make(struct arena *a)
{
    struct links *lists = arena_alloc_array(a, INDEX_SIZE, sizeof *lists);
    for (size_t i = 0; i < INDEX_SIZE; i++)
        links_init(&lists[i]);
    return lists;
}

/* The end of a UUID of version 7 is random. */
static struct links *index_list(struct links *lists, const struct uuid *id)
{
    uint64_t hash;
    memcpy(&hash, id->b + 8, sizeof hash);
    return &lists[(hash ^ hash >> 32) % INDEX_SIZE];
}

/* EVT-058: a stream is a descriptor, and requests must still find some. */
static size_t streams_most(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur < 2 * DESCRIPTORS_SPARED)
        return DESCRIPTORS_SPARED / 2;
    return (size_t)limit.rlim_cur - DESCRIPTORS_SPARED;
}

static void condition_make(pthread_cond_t *c)
{
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(c, &monotonic);
    pthread_condattr_destroy(&monotonic);
}

static void hub_release(void *self)
{
    struct hub *h = self;
    ring_release(&h->ring);
    for (int i = 0; i < WRITERS; i++)
        writer_release(&h->writers[i]);
    pthread_cond_destroy(&h->came_up);
    pthread_mutex_destroy(&h->lock);
}

bool hub_create(struct app *app, struct hub **out, struct error *e)
{
    struct hub *h = arena_alloc(app->arena, sizeof *h);
    h->app = app;
    for (int i = 0; i < WRITERS; i++)
        h->writers[i].epoll = h->writers[i].wake = -1;
    pthread_mutex_init(&h->lock, NULL);
    condition_make(&h->came_up);
    ring_init(&h->ring, RING_SLOTS, RING_BYTES);
    arena_defer(app->arena, hub_release, h);
    for (int i = 0; i < WRITERS; i++)
        if (!writer_init(&h->writers[i], h))
            return error_errno(e, errno, "the event hub has no descriptors");
    h->nodes = index_make(app->arena);
    h->domains = index_make(app->arena);
    h->streams_most = streams_most();
    *out = h;
    return true;
}

static void start_threads(struct hub *h)
{
    while (h->n_writers < WRITERS && pthread_create(&h->writers[h->n_writers].thread, NULL,
                                                    writer_run, &h->writers[h->n_writers]) == 0)
        h->n_writers++;
    if (h->n_writers == 0) {
        log_line(LOG_ERROR, "the event hub has no thread: streams are refused", NULL);
        return;
    }
    h->rechecking = h->app->db != NULL && pthread_create(&h->rechecker, NULL, recheck_run, h) == 0;
}

void hub_up(struct hub *h, bool connected)
{
    pthread_mutex_lock(&h->lock);
    if (connected && h->n_writers == 0 && !h->stopping)
        start_threads(h);
    h->connected = connected && h->n_writers > 0;
    h->was_up = h->was_up || h->connected;
    pthread_cond_broadcast(&h->came_up);
    pthread_mutex_unlock(&h->lock);
}

void hub_stop(struct hub *h)
{
    pthread_mutex_lock(&h->lock);
    h->stopping = true;
    h->connected = false;
    hub_wake(h);
    pthread_cond_broadcast(&h->came_up);
    pthread_mutex_unlock(&h->lock);
    if (h->rechecking)
        pthread_join(h->rechecker, NULL);
    for (int i = 0; i < h->n_writers; i++)
        pthread_join(h->writers[i].thread, NULL);
}

void hub_wake(struct hub *h)
{
    for (struct writer *w = h->writers; w < h->writers + WRITERS; w++) {
        if (!w->sleeping || (links_empty(&w->ready) && !h->stopping))
            continue;
        eventfd_write(w->wake, 1);
        w->sleeping = false;
    }
}

void hub_ready(struct stream *s)
{
    if (links_empty(&s->ready))
        links_push(&s->writer->ready, &s->ready);
}

struct ring_event *hub_let_go(struct hub *h)
{
    uint64_t held = UINT64_MAX;
    for (int i = 0; i < WRITERS; i++)
        held = h->writers[i].position < held ? h->writers[i].position : held;
    return ring_take_gone(&h->ring, held);
}

/* ---- events in ---- */

static void mark(struct stream *s, uint64_t position)
{
    if (s->pending)
        return;
    s->pending = true;
    s->cursor = position;
    if (s->started && !s->blocked)
        hub_ready(s);
}

static void announce(struct hub *h, const struct ring_event *event)
{
    bool for_all = uuid_is_nil(&event->node_id);
    struct links *list =
        for_all ? index_list(h->domains, &event->domain_id) : index_list(h->nodes, &event->node_id);
    for (struct links *l = list->after; l != list; l = l->after) {
        struct stream *s =
            for_all ? LINKED(struct stream, of_domain, l) : LINKED(struct stream, of_node, l);
        if (event->frames[stream_dialect(s)].chunk.len > 0 &&
            ring_event_is_for(event, &s->owner.domain_id, &s->owner.node_id))
            mark(s, event->position);
    }
}

void hub_deliver(struct hub *h, const struct bus_event *event)
{
    int64_t oldest = app_clock_now(&h->app->clock) - EVENT_RETENTION;
    pthread_mutex_lock(&h->lock);
    const struct ring_event *added = h->stopping ? NULL : ring_add(&h->ring, event, oldest);
    bool lost = added == NULL && !h->stopping;
    if (added != NULL)
        announce(h, added);
    hub_wake(h);
    struct ring_event *gone = hub_let_go(h);
    pthread_mutex_unlock(&h->lock);
    ring_events_free(gone);
    if (lost)
        log_line(LOG_ERROR, "an event was not sent: out of order, or too large", "type",
                 event->type, NULL);
}

/* ---- streams in and out ---- */

static void stream_start(struct answer_stream *self, int fd, struct bytes head, bool chunked);

static void stream_drop(struct answer_stream *self)
{
    stream_free((struct stream *)self);
}

static struct writer *least_busy(struct hub *h)
{
    struct writer *least = &h->writers[0];
    for (int i = 1; i < h->n_writers; i++)
        if (h->writers[i].n_streams < least->n_streams)
            least = &h->writers[i];
    return least;
}

static struct stream *stream_make(struct hub *h, const struct stream_owner *owner)
{
    struct stream *s = mem_alloc(sizeof *s);
    s->answer = (struct answer_stream){ .start = stream_start, .drop = stream_drop };
    s->hub = h;
    s->writer = least_busy(h);
    s->writer->n_streams++;
    s->owner = *owner;
    s->fd = -1;
    links_init(&s->ready);
    links_init(&s->due);
    links_init(&s->stalled);
    links_push(index_list(h->nodes, &owner->node_id), &s->of_node);
    links_push(index_list(h->domains, &owner->domain_id), &s->of_domain);
    h->n_streams++;
    return s;
}

/* EVT-066: a server is ready before its bus is reached, some milliseconds later: its first streams
 * wait for that rather than be refused. */
static void await_first_up(struct hub *h)
{
    int64_t end = clock_monotonic_nanos() + FIRST_UP_MS * INT64_C(1000000);
    struct timespec until = { .tv_sec = end / NANOS_PER_SECOND, .tv_nsec = end % NANOS_PER_SECOND };
    while (!h->was_up && !h->stopping &&
           pthread_cond_timedwait(&h->came_up, &h->lock, &until) != ETIMEDOUT)
        ;
}

struct stream *hub_join(struct hub *h, const struct stream_owner *owner, const int64_t *after,
                        bool *covered)
{
    int64_t oldest = app_clock_now(&h->app->clock) - EVENT_RETENTION;
    struct stream *s = NULL;
    *covered = false;
    pthread_mutex_lock(&h->lock);
    await_first_up(h);
    if (h->connected && h->n_streams < h->streams_most && h->replay_bytes < REPLAYS_MOST) {
        s = stream_make(h, owner);
        *covered = after != NULL && ring_covers(&h->ring, *after, oldest, &s->cursor);
        s->pending = *covered;
        s->skip = *covered ? *after : 0;
    }
    pthread_mutex_unlock(&h->lock);
    return s;
}

bool stream_replay(struct stream *s, const struct bus_event *event)
{
    struct frame f;
    if (s->first.data == NULL)
        buffer_init(&s->first, REPLAY_MOST);
    bool framed = frame_make(&f, event, s->owner.mvp ? event->mvp : event->v1);
    struct bytes frame = frame_bytes(&f, false);
    s->cut = s->cut || !framed || !buffer_append(&s->first, frame.data, frame.len);
    buffer_release(&f.chunk);
    return !s->cut;
}

void stream_skip(struct stream *s, int64_t seq)
{
    pthread_mutex_lock(&s->hub->lock);
    s->skip = seq;
    pthread_mutex_unlock(&s->hub->lock);
}

struct answer_stream *stream_answer(struct stream *s)
{
    return &s->answer;
}

/* Head and replay as they go out: the whole replay is one chunk. */
static void make_first(struct stream *s, struct bytes head)
{
    struct buffer replay = s->first, b;
    buffer_init(&b, SIZE_MAX / 2);
    buffer_append(&b, head.data, head.len);
    if (replay.len > 0 && s->chunked)
        buffer_printf(&b, "%zx\r\n", replay.len);
    buffer_append(&b, replay.data, replay.len);
    if (replay.len > 0 && s->chunked)
        buffer_text(&b, "\r\n");
    if (replay.data != NULL)
        buffer_release(&replay);
    s->first = b;
}

static void stream_start(struct answer_stream *self, int fd, struct bytes head, bool chunked)
{
    struct stream *s = (struct stream *)self;
    struct hub *h = s->hub;
    s->fd = fd;
    s->chunked = chunked;
    make_first(s, head);
    pthread_mutex_lock(&h->lock);
    bool refused = h->stopping;
    if (!refused) {
        s->started = true;
        h->replay_bytes += s->counted = s->first.len;
        hub_ready(s);
        hub_wake(h);
    }
    pthread_mutex_unlock(&h->lock);
    if (refused)
        stream_free(s);
}

void stream_free(struct stream *s)
{
    struct hub *h = s->hub;
    pthread_mutex_lock(&h->lock);
    links_leave(&s->of_node);
    links_leave(&s->of_domain);
    links_leave(&s->ready);
    h->n_streams--;
    s->writer->n_streams--;
    h->replay_bytes -= s->counted;
    pthread_mutex_unlock(&h->lock);
    links_leave(&s->due);
    links_leave(&s->stalled);
    if (s->fd >= 0) {
        /* libmicrohttpd may still have its descriptor of this connection: until it closes that one,
         * epoll would go on telling of a stream that is gone. */
        (void)epoll_ctl(s->writer->epoll, EPOLL_CTL_DEL, s->fd, NULL);
        shutdown(s->fd, SHUT_RDWR);
        close(s->fd);
    }
    if (s->first.data != NULL)
        buffer_release(&s->first);
    mem_free(s);
}

/* ---- looking at them again ---- */

size_t hub_owners(struct hub *h, struct arena *a, struct stream_owner **out)
{
    size_t n = 0;
    pthread_mutex_lock(&h->lock);
    *out = arena_alloc_array(a, h->n_streams + 1, sizeof **out);
    for (size_t i = 0; i < INDEX_SIZE; i++)
        for (struct links *l = h->nodes[i].after; l != &h->nodes[i]; l = l->after)
            (*out)[n++] = LINKED(struct stream, of_node, l)->owner;
    pthread_mutex_unlock(&h->lock);
    return n;
}

static bool same_owner(const struct stream_owner *a, const struct stream_owner *b)
{
    return uuid_equal(&a->node_id, &b->node_id) && uuid_equal(&a->nsk_id, &b->nsk_id) &&
           memcmp(a->token, b->token, sizeof a->token) == 0;
}

void hub_end(struct hub *h, const struct stream_owner *owner)
{
    pthread_mutex_lock(&h->lock);
    struct links *list = index_list(h->nodes, &owner->node_id);
    for (struct links *l = list->after; l != list; l = l->after) {
        struct stream *s = LINKED(struct stream, of_node, l);
        if (!same_owner(&s->owner, owner))
            continue;
        s->ending = true;
        if (s->started)
            hub_ready(s);
    }
    hub_wake(h);
    pthread_mutex_unlock(&h->lock);
}
