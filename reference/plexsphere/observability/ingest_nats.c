/* The clause of each rule is in SPEC.md, ING-030 and on. The connection is never reconnected by the
 * library: a batch that finds it gone makes a new one, so that what is refused is refused at once
 * and nothing waits in a queue that a crash would lose. */
#include <nats/nats.h>
#include <pthread.h>

#include "common/arena.h"
#include "common/buffer.h"
#include "common/log.h"
#include "common/memory.h"
#include "common/timestamp.h"
#include "reference/plexsphere/observability/ingest.h"
#include "reference/plexsphere/store/db.h"

enum { WAIT_MS = 2000, TAGS_MAX = 512 };
#define PAUSE_NANOS NANOS_PER_SECOND /* between two attempts to connect */

struct nats_buffer {
    struct ingest_buffer port; /* first */
    const char *url;
    pthread_rwlock_t lock; /* shared: publishing; alone: connecting */
    natsConnection *connection;
    jsCtx *stream;
    int64_t tried_at; /* monotonic; 0: never */
};

static void on_error(natsConnection *c, natsSubscription *s, natsStatus status, void *closure)
{
    (void)c, (void)s, (void)status, (void)closure; /* each publish learns of its own failure */
}

static bool is_connected(const struct nats_buffer *b)
{
    return b->stream && natsConnection_Status(b->connection) == NATS_CONN_STATUS_CONNECTED;
}

static void disconnect(struct nats_buffer *b)
{
    jsCtx_Destroy(b->stream);
    natsConnection_Destroy(b->connection);
    b->stream = NULL;
    b->connection = NULL;
}

/* ING-032: the stream is made when there is none. Where there is one already, or one of another
 * name has the subjects, it stays as it is; if there is none after all, publishing says so. */
static void make_stream(struct nats_buffer *b)
{
    static const char *subjects[] = { "plexsphere.ingest.>" };
    jsStreamConfig config;
    jsErrCode why = (jsErrCode)0;
    jsStreamConfig_Init(&config);
    config.Name = "PLEXSPHERE_INGEST";
    config.Subjects = subjects;
    config.SubjectsLen = 1;
    config.MaxAge = INGEST_KEPT_S * NANOS_PER_SECOND;
    config.Discard = js_DiscardNew;
    js_AddStream(NULL, b->stream, &config, NULL, &why);
}

static natsStatus connect_now(struct nats_buffer *b)
{
    natsOptions *options = NULL;
    natsStatus s = natsOptions_Create(&options);
    if (s == NATS_OK)
        s = natsOptions_SetURL(options, b->url);
    if (s == NATS_OK)
        s = natsOptions_SetTimeout(options, WAIT_MS);
    if (s == NATS_OK)
        s = natsOptions_SetAllowReconnect(options, false);
    if (s == NATS_OK)
        s = natsOptions_SetErrorHandler(options, on_error, NULL);
    if (s == NATS_OK)
        s = natsConnection_Connect(&b->connection, options);
    if (s == NATS_OK)
        s = natsConnection_JetStream(&b->stream, b->connection, NULL);
    natsOptions_Destroy(options);
    return s;
}

/* At most one attempt a second: a server that does not answer holds no more than one worker. */
static void connect_if_due(struct nats_buffer *b)
{
    int64_t now = clock_monotonic_nanos();
    pthread_rwlock_wrlock(&b->lock);
    if (!is_connected(b) && (b->tried_at == 0 || now - b->tried_at >= PAUSE_NANOS)) {
        disconnect(b);
        natsStatus s = connect_now(b);
        b->tried_at = clock_monotonic_nanos();
        if (s == NATS_OK)
            make_stream(b);
        else
            log_line(LOG_WARN, "the ingest buffer cannot be reached", "why", natsStatus_GetText(s),
                     NULL);
    }
    pthread_rwlock_unlock(&b->lock);
}

const char *ingest_nats_subject(struct arena *a, const struct ingest_batch *batch)
{
    return arena_printf(a, "plexsphere.ingest.%s.%s", batch->signal,
                        uuid_text(a, &batch->domain_id));
}

static void begin_message(struct buffer *text, struct arena *a, const struct ingest_batch *batch)
{
    buffer_clear(text);
    buffer_printf(text,
                  "{\"signal\":\"%s\",\"domain_id\":\"%s\",\"project_id\":\"%s\","
                  "\"node_id\":\"%s\",\"received_at\":\"%s\",\"records\":[",
                  batch->signal, uuid_text(a, &batch->domain_id), uuid_text(a, &batch->project_id),
                  uuid_text(a, &batch->node_id), timestamp_format(a, batch->received_at));
}

static enum ingest_result send_message(struct nats_buffer *b, const char *subject,
                                       const struct buffer *text)
{
    jsErrCode why = (jsErrCode)0;
    jsPubOptions options;
    jsPubOptions_Init(&options);
    options.MaxWait = WAIT_MS;
    natsStatus s = js_Publish(NULL, b->stream, subject, text->data, (int)text->len, &options, &why);
    if (s == NATS_OK)
        return INGEST_BUFFERED;
    log_line(LOG_WARN, "the ingest buffer took no batch", "why", natsStatus_GetText(s), NULL);
    return s == NATS_MAX_PAYLOAD || s == NATS_INVALID_ARG ? INGEST_FAILED : INGEST_UNAVAILABLE;
}

/* ING-033: as many messages as the server's longest one asks for, each with the tags. */
static enum ingest_result send_batch(struct nats_buffer *b, struct arena *a,
                                     const struct ingest_batch *batch)
{
    const char *subject = ingest_nats_subject(a, batch);
    int64_t longest = natsConnection_GetMaxPayload(b->connection);
    struct buffer text;
    size_t in_message = 0;
    buffer_init_arena(&text, longest > TAGS_MAX ? (size_t)longest : TAGS_MAX, a);
    begin_message(&text, a, batch);
    for (size_t i = 0; i < batch->n; i++) {
        const struct bytes *record = &batch->records[i];
        if (in_message > 0 && text.len + record->len + 3 > text.cap) {
            buffer_text(&text, "]}");
            enum ingest_result r = send_message(b, subject, &text);
            if (r != INGEST_BUFFERED)
                return r;
            begin_message(&text, a, batch);
            in_message = 0;
        }
        if (in_message++ > 0)
            buffer_char(&text, ',');
        buffer_append(&text, record->data, record->len);
    }
    buffer_text(&text, "]}");
    return text.overflow ? INGEST_FAILED : send_message(b, subject, &text);
}

static enum ingest_result publish(struct ingest_buffer *self, struct tx *tx,
                                  const struct ingest_batch *batch)
{
    struct nats_buffer *b = (struct nats_buffer *)self;
    enum ingest_result result = INGEST_UNAVAILABLE;
    pthread_rwlock_rdlock(&b->lock);
    bool connected = is_connected(b);
    pthread_rwlock_unlock(&b->lock);
    if (!connected)
        connect_if_due(b);
    pthread_rwlock_rdlock(&b->lock);
    if (is_connected(b))
        result = send_batch(b, tx_arena(tx), batch);
    pthread_rwlock_unlock(&b->lock);
    return result;
}

struct ingest_buffer *ingest_nats_create(const char *url)
{
    struct nats_buffer *b = mem_alloc(sizeof *b);
    b->port.publish = publish;
    b->url = url;
    pthread_rwlock_init(&b->lock, NULL);
    return &b->port;
}

void ingest_nats_destroy(struct ingest_buffer *port)
{
    struct nats_buffer *b = (struct nats_buffer *)port;
    disconnect(b);
    pthread_rwlock_destroy(&b->lock);
    mem_free(b);
}
