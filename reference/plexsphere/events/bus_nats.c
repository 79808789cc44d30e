/* The bus in NATS JetStream: one stream, numbered by JetStream itself, a subject per recipient.
 *
 * Messages are asked for by number of the stream's leader, never of a replica that may lag behind,
 * so that a resume passes over nothing. */
#include <nats/nats.h>
#include <pthread.h>
#include <string.h>

#include "common/arena.h"
#include "common/log.h"
#include "common/text.h"
#include "common/timestamp.h"
#include "common/url.h"
#include "reference/plexsphere/app_life.h"
#include "reference/plexsphere/events/bus_nats_message.h"
#include "reference/plexsphere/events/events.h"

#define RETENTION_SLACK (60 * MICROS_PER_SECOND)
#define RETRY_CONNECT (NANOS_PER_SECOND / 2)
#define GET_NEXT "$JS.API.STREAM.MSG.GET." NATS_STREAM
enum { PATIENCE_MS = 2000, RECONNECT_MS = 250, FETCH_MS = 1000, FETCH_MOST = 64 };

struct nats_bus {
    struct event_bus port;
    struct app *app;
    const char *url;
    pthread_mutex_t lock; /* guards what follows; what is made stays until the process ends */
    natsConnection *connection;
    jsCtx *js;
    bool has_stream;
    int64_t not_before; /* monotonic: no attempt to connect earlier than this */
};

static struct nats_bus *self_of(struct event_bus *bus)
{
    return (struct nats_bus *)bus;
}

/* NATS' own words for a status name no URL and no password. */
static bool failed(struct error *e, const char *what, natsStatus status)
{
    return error_set(e, "NATS: %s: %s", what, natsStatus_GetText(status));
}

static natsStatus set_options(natsOptions *o, const struct url *url, const char *text)
{
    natsStatus s = natsOptions_SetURL(o, text);
    if (s == NATS_OK)
        s = natsOptions_SetName(o, "plexsphere");
    if (s == NATS_OK)
        s = natsOptions_SetTimeout(o, PATIENCE_MS);
    if (s == NATS_OK)
        s = natsOptions_SetMaxReconnect(o, -1);
    if (s == NATS_OK)
        s = natsOptions_SetReconnectWait(o, RECONNECT_MS);
    if (s == NATS_OK && text_equal(url->scheme, "tls"))
        s = natsOptions_SetSecure(o, true);
    if (s == NATS_OK && text_equal(url->scheme, "tls"))
        s = natsOptions_SetExpectedHostname(o, url->host);
    return s;
}

/* A connection that was made once comes back by itself. */
static natsStatus connect_once(struct nats_bus *self)
{
    struct url url;
    natsOptions *options = NULL;
    struct arena *a = arena_create();
    natsStatus s = url_parse(a, self->url, &url) ? natsOptions_Create(&options) : NATS_INVALID_ARG;
    if (s == NATS_OK)
        s = set_options(options, &url, self->url);
    if (s == NATS_OK)
        s = natsConnection_Connect(&self->connection, options);
    if (s == NATS_OK)
        s = natsConnection_JetStream(&self->js, self->connection, NULL);
    natsOptions_Destroy(options);
    arena_destroy(a);
    return s;
}

/* EVT-021: a stream that is there is used as its owner made it, replicas and all. */
static natsStatus make_stream(struct nats_bus *self)
{
    const char *subjects[] = { NATS_SUBJECTS };
    jsStreamConfig config;
    jsStreamInfo *info = NULL;
    natsStatus s = js_GetStreamInfo(&info, self->js, NATS_STREAM, NULL, NULL);
    jsStreamInfo_Destroy(info);
    if (s != NATS_NOT_FOUND)
        return s;
    jsStreamConfig_Init(&config);
    config.Name = NATS_STREAM;
    config.Subjects = subjects;
    config.SubjectsLen = 1;
    config.MaxAge = (EVENT_RETENTION + RETENTION_SLACK) * (NANOS_PER_SECOND / MICROS_PER_SECOND);
    config.Duplicates = config.MaxAge;
    return js_AddStream(NULL, self->js, &config, NULL, NULL);
}

static bool ready_locked(struct nats_bus *self, struct error *e)
{
    natsStatus s;
    int64_t now = clock_monotonic_nanos();
    if (!self->connection) {
        if (now < self->not_before)
            return failed(e, "connect", NATS_NO_SERVER);
        self->not_before = now + RETRY_CONNECT;
        if ((s = connect_once(self)) != NATS_OK)
            return failed(e, "connect", s);
    }
    if (natsConnection_Status(self->connection) != NATS_CONN_STATUS_CONNECTED)
        return failed(e, "connect", NATS_CONNECTION_DISCONNECTED);
    if (!self->has_stream && (s = make_stream(self)) != NATS_OK)
        return failed(e, "stream " NATS_STREAM, s);
    self->has_stream = true;
    return true;
}

static bool ready(struct nats_bus *self, struct error *e)
{
    pthread_mutex_lock(&self->lock);
    bool ok = ready_locked(self, e);
    pthread_mutex_unlock(&self->lock);
    return ok;
}

/* A server that lost its store has no stream: it is made again on the next call. */
static void doubt_stream(struct nats_bus *self)
{
    pthread_mutex_lock(&self->lock);
    self->has_stream = false;
    pthread_mutex_unlock(&self->lock);
}

/* EVT-022: JetStream keeps one message per outbox row, however often a publisher that could not
 * commit comes again; the number it answers is that of the one kept. */
static bool publish_one(struct nats_bus *self, struct arena *a, struct bus_event *event,
                        struct error *e)
{
    natsMsg *message = NULL;
    jsPubAck *ack = NULL;
    jsPubOptions options;
    struct bytes text = nats_message(a, event);
    jsPubOptions_Init(&options);
    options.MsgId = event->dedupe;
    options.MaxWait = PATIENCE_MS;
    options.ExpectStream = NATS_STREAM;
    natsStatus s = natsMsg_Create(&message, nats_subject(a, &event->domain_id, &event->node_id),
                                  NULL, (const char *)text.data, (int)text.len);
    if (s == NATS_OK)
        s = js_PublishMsg(&ack, self->js, message, &options, NULL);
    if (s == NATS_OK)
        event->seq = (int64_t)ack->Sequence;
    jsPubAck_Destroy(ack);
    natsMsg_Destroy(message);
    return s == NATS_OK || failed(e, "publish", s);
}

static bool publish(struct event_bus *bus, struct tx *tx, struct bus_event *events, size_t n,
                    struct error *e)
{
    struct nats_bus *self = self_of(bus);
    bool ok = ready(self, e);
    for (size_t i = 0; ok && i < n; i++)
        if (!publish_one(self, tx_arena(tx), &events[i], e)) {
            doubt_stream(self);
            ok = false;
        }
    return ok;
}

static bool stream_head(struct nats_bus *self, int64_t *seq)
{
    jsStreamInfo *info = NULL;
    if (!ready(self, NULL))
        return false;
    natsStatus s = js_GetStreamInfo(&info, self->js, NATS_STREAM, NULL, NULL);
    if (s == NATS_OK)
        *seq = (int64_t)info->State.LastSeq;
    else
        doubt_stream(self);
    jsStreamInfo_Destroy(info);
    return s == NATS_OK;
}

static bool head(struct event_bus *bus, struct tx *tx, int64_t *seq)
{
    (void)tx;
    return stream_head(self_of(bus), seq);
}

/* One subject on the way through the stream: its next event, already fetched. */
struct cursor_of_subject {
    const char *subject;
    struct bus_event next;
    bool has_next;
};

static bool advance(struct nats_bus *self, struct arena *a, struct cursor_of_subject *c,
                    int64_t after)
{
    natsMsg *reply = NULL;
    const char *request = nats_next_request(a, c->subject, after + 1);
    if (natsConnection_RequestString(&reply, self->connection, GET_NEXT, request, PATIENCE_MS) !=
        NATS_OK)
        return false;
    struct bytes answer = { (const unsigned char *)natsMsg_GetData(reply),
                            (size_t)natsMsg_GetDataLength(reply) };
    bool ok = nats_next_answer(a, answer, &c->has_next, &c->next);
    natsMsg_Destroy(reply);
    return ok;
}

static bool is_for(const struct bus_event *event, const struct uuid *node, int64_t oldest)
{
    return event->issued_at >= oldest && !uuid_equal(&event->but_node_id, node);
}

/* Two subjects in step: what goes to the Node, and what goes to its whole Domain. */
static bool merge(struct nats_bus *self, struct arena *a, struct cursor_of_subject c[2],
                  const struct uuid *node, size_t limit, struct bus_event *out, size_t *n)
{
    int64_t oldest = app_clock_now(&self->app->clock) - EVENT_RETENTION;
    while (*n < limit && (c[0].has_next || c[1].has_next)) {
        bool second = !c[0].has_next || (c[1].has_next && c[1].next.seq < c[0].next.seq);
        struct bus_event event = c[second].next;
        if (is_for(&event, node, oldest))
            out[(*n)++] = event;
        if (!advance(self, a, &c[second], event.seq))
            return false;
    }
    return true;
}

static bool replay(struct event_bus *bus, struct tx *tx, const struct uuid *domain,
                   const struct uuid *node, int64_t after, size_t limit, struct bus_event **out,
                   size_t *n)
{
    struct nats_bus *self = self_of(bus);
    struct arena *a = tx_arena(tx);
    struct cursor_of_subject c[2] = { { .subject = nats_subject(a, domain, node) },
                                      { .subject = nats_subject(a, domain, NULL) } };
    *n = 0;
    *out = arena_alloc_array(a, limit + 1, sizeof(**out));
    return ready(self, NULL) && advance(self, a, &c[0], after) && advance(self, a, &c[1], after) &&
           merge(self, a, c, node, limit, *out, n);
}

/* One process's way through the stream. */
struct listener {
    struct nats_bus *bus;
    void (*deliver)(void *self, const struct bus_event *event);
    void (*up)(void *self, bool connected);
    void *self;
    struct arena *arena;
    int64_t last;     /* delivered; -1: not known yet */
    uint64_t pending; /* how many more the server has behind it */
};

/* An ephemeral consumer from behind the last event delivered; the server drops it when nobody asks
 * it any more. */
static natsStatus subscribe(struct listener *l, natsSubscription **out)
{
    jsSubOptions options;
    jsSubOptions_Init(&options);
    options.Stream = NATS_STREAM;
    options.Config.DeliverPolicy = js_DeliverByStartSequence;
    options.Config.OptStartSeq = (uint64_t)l->last + 1;
    options.Config.AckPolicy = js_AckNone;
    options.Config.MemoryStorage = true;
    return js_PullSubscribe(out, l->bus->js, NATS_SUBJECTS, NULL, NULL, &options, NULL);
}

static void deliver_message(struct listener *l, natsMsg *message)
{
    jsMsgMetaData *meta = NULL;
    struct bus_event event;
    struct bytes text = { (const unsigned char *)natsMsg_GetData(message),
                          (size_t)natsMsg_GetDataLength(message) };
    if (natsMsg_GetMetaData(&meta, message) != NATS_OK)
        return;
    int64_t seq = (int64_t)meta->Sequence.Stream;
    l->pending = meta->NumPending;
    jsMsgMetaData_Destroy(meta);
    if (seq <= l->last)
        return;
    l->last = seq;
    if (nats_message_read(l->arena, text, seq, &event))
        l->deliver(l->self, &event);
    else
        log_line(LOG_WARN, "a message on the event bus is not an event and is passed over", NULL);
    arena_reset(l->arena);
}

/* Waits at the server for FETCH_MS at most, so that a stop is noticed within that. More than one is
 * asked for only where they are there already: a batch is not held back until it is full. */
static bool fetch(struct listener *l, natsSubscription *subscription)
{
    natsMsgList list = { NULL, 0 };
    int most = l->pending > FETCH_MOST ? FETCH_MOST : l->pending > 1 ? (int)l->pending : 1;
    natsStatus s = natsSubscription_Fetch(&list, subscription, most, FETCH_MS, NULL);
    l->pending = 0;
    for (int i = 0; i < list.Count; i++)
        deliver_message(l, list.Msgs[i]);
    natsMsgList_Destroy(&list);
    if (s == NATS_TIMEOUT)
        return natsConnection_Status(l->bus->connection) == NATS_CONN_STATUS_CONNECTED;
    return s == NATS_OK;
}

static void follow(struct listener *l)
{
    natsSubscription *subscription = NULL;
    l->pending = 0;
    if (subscribe(l, &subscription) == NATS_OK) {
        l->up(l->self, true);
        while (!app_stopping() && fetch(l, subscription))
            ;
        l->up(l->self, false);
        natsSubscription_Unsubscribe(subscription);
    }
    natsSubscription_Destroy(subscription);
}

static void listen(struct event_bus *bus, struct app *app,
                   void (*deliver)(void *self, const struct bus_event *event),
                   void (*up)(void *self, bool connected), void *self)
{
    (void)app;
    struct listener l = { self_of(bus), deliver, up, self, arena_create(), -1, 0 };
    while (!app_stopping()) {
        if (ready(l.bus, NULL) && (l.last >= 0 || stream_head(l.bus, &l.last)))
            follow(&l);
        app_wait(RECONNECT_MS * (NANOS_PER_SECOND / 1000));
    }
    arena_destroy(l.arena);
}

static void destroy(void *thing)
{
    struct nats_bus *self = thing;
    jsCtx_Destroy(self->js);
    natsConnection_Destroy(self->connection);
    pthread_mutex_destroy(&self->lock);
}

struct event_bus *bus_nats_create(struct app *app, const char *url)
{
    struct nats_bus *self = arena_alloc(app->arena, sizeof *self);
    self->port = (struct event_bus){ publish, replay, head, listen };
    self->app = app;
    self->url = url;
    pthread_mutex_init(&self->lock, NULL);
    arena_defer(app->arena, destroy, self);
    return &self->port;
}
