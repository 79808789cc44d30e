#include "harness/stream.h"

#include <inttypes.h>
#include <string.h>

#include "common/encoding.h"
#include "common/file.h"
#include "common/number.h"
#include "common/text.h"
#include "common/timestamp.h"
#include "harness/case.h"
#include "harness/exchange.h"
#include "harness/http_stream.h"
#include "harness/profile.h"
#include "harness/sse_reader.h"
#include "harness/validators.h"
#include "harness/worker.h"

#define WAIT_NANOS                                                                                 \
    (20 * NANOS_PER_SECOND) /* bounds every wait; a working target needs none of it */

struct follower {
    struct world *w;
    struct history *history;
    struct http_stream *stream; /* the open one */
    struct sse_reader *reader;
    int n_streams;
    size_t looked; /* moments that a wait has consumed */
};

static void end_of_case(void *thing);

struct follower *follower_new(struct world *w, const char *node_id, bool mvp)
{
    struct follower *f = arena_alloc(w->arena, sizeof *f);
    f->w = w;
    f->history = history_create(w->arena, node_id, mvp);
    world_defer(w, end_of_case, f);
    return f;
}

void follower_trusts(struct follower *f, const char *key_id, const char *public_key_base64)
{
    static const unsigned char spki[] = { 0x30, 0x2a, 0x30, 0x05, 0x06, 0x03,
                                          0x2b, 0x65, 0x70, 0x03, 0x21, 0x00 };
    struct bytes raw;
    if (!base64_decode(f->w->arena, BASE64_STANDARD, public_key_base64, strlen(public_key_base64),
                       &raw))
        fail_case(f->w, __FILE__, __LINE__, "the signing public key is not base64");
    /* Ruling 11: raw, and SPKI around it is accepted, too. */
    if (raw.len == sizeof spki + 32 && memcmp(raw.data, spki, sizeof spki) == 0)
        raw = (struct bytes){ raw.data + sizeof spki, 32 };
    if (raw.len != 32)
        fail_case(f->w, __FILE__, __LINE__, "the signing public key has %zu bytes, expected 32",
                  raw.len);
    history_key(f->history, key_id, raw.data);
}

const struct history *follower_history(const struct follower *f)
{
    return f->history;
}

/* ---- what comes --------------------------------------------------------------------------- */

static void on_block(void *self, const struct sse_block *b)
{
    static const enum moment_kind kinds[] = {
        [SSE_FRAME] = MOMENT_FRAME, [SSE_COMMENT] = MOMENT_COMMENT, [SSE_GARBAGE] = MOMENT_GARBAGE
    };
    struct follower *f = self;
    history_add(f->history, &(struct moment){ .kind = kinds[b->kind],
                                              .at = world_now(f->w),
                                              .stream = f->n_streams,
                                              .id = b->id,
                                              .event = b->event,
                                              .data = b->data,
                                              .text = b->text });
}

static void note(struct follower *f, enum moment_kind kind, int64_t id, const char *text)
{
    history_add(f->history, &(struct moment){ .kind = kind,
                                              .at = world_now(f->w),
                                              .stream = kind == MOMENT_PUBLISHED ? 0 : f->n_streams,
                                              .id = id,
                                              .text = text });
}

void follower_close(struct follower *f)
{
    if (f->stream == NULL)
        return;
    http_stream_close(f->stream);
    sse_reader_destroy(f->reader);
    f->stream = NULL;
    note(f, MOMENT_CLOSED, -1, NULL);
}

/* One look at the connection; false: the other side has ended it. */
static bool pump(struct follower *f, int timeout_ms)
{
    struct bytes piece;
    switch (http_stream_read(f->stream, timeout_ms, &piece)) {
    case STREAM_DATA: sse_reader_feed(f->reader, piece.data, piece.len); return true;
    case STREAM_SILENT: return true;
    case STREAM_ENDED: break;
    }
    follower_close(f);
    return false;
}

static const struct moment *unseen(struct follower *f, bool (*wanted)(const struct moment *m))
{
    while (f->looked < f->history->n) {
        const struct moment *m = &f->history->moments[f->looked++];
        if (wanted(m))
            return m;
    }
    return NULL;
}

static const struct moment *wait_for(struct follower *f, bool (*wanted)(const struct moment *m),
                                     const char *what)
{
    int64_t until = clock_monotonic_nanos() + WAIT_NANOS;
    const struct moment *m;
    while ((m = unseen(f, wanted)) == NULL) {
        if (f->stream == NULL)
            fail_case(f->w, __FILE__, __LINE__, "no stream is open, and %s was waited for", what);
        if (clock_monotonic_nanos() > until)
            fail_case(f->w, __FILE__, __LINE__, "%s did not come; %zu moments did", what,
                      f->history->n);
        if (!pump(f, 500) && (m = unseen(f, wanted)) == NULL)
            fail_case(f->w, __FILE__, __LINE__, "the stream ended before %s came", what);
        else if (m != NULL)
            return m;
    }
    return m;
}

/* ---- opening ------------------------------------------------------------------------------ */

static void expect_stream_head(struct exchange *x)
{
    struct reply *r = accept(x, 200);
    expect_header(r, "Cache-Control", "no-cache");
    expect_header(r, "X-Plexsphere-API-Version", NULL);
    expect(x->w, text_equal(r->media_type, "text/event-stream"),
           "%s answered 200 as \"%.60s\", expected text/event-stream", exchange_title(x),
           r->media_type);
}

static int64_t behind(const char *last_event_id)
{
    int64_t id;
    return last_event_id != NULL && number_parse(last_event_id, 0, INT64_MAX, &id) ? id : -1;
}

int follower_open(struct follower *f, struct follow_ask ask)
{
    struct world *w = f->w;
    struct http_request request;
    struct ask how = { .as = ask.as, .bearer = ask.bearer, .base_url = ask.base_url };
    if (ask.last_event_id != NULL)
        how.headers[0] = (struct ask_header){ "Last-Event-ID", ask.last_event_id };
    struct exchange *x =
        exchange_new(w, "GET", path(w, "/v1/nodes/%s/events", f->history->node_id), how);
    x->judged = ask.judged;
    x->expected = 200;
    follower_close(f);
    if (!exchange_describe(x, &request))
        broken(w, "%s: %s", exchange_title(x), x->error.text);
    enum http_result result =
        http_stream_open(w->profile, w->arena, &request, &f->stream, &x->answer, &x->error);
    f->reader = sse_reader_create(w->arena, on_block, f);
    f->n_streams++;
    note(f, MOMENT_OPENED, behind(ask.last_event_id), NULL);
    exchange_answered(x, result);
    expect_stream_head(x);
    return f->n_streams;
}

void follower_publishes(struct follower *f, const char *marker)
{
    note(f, MOMENT_PUBLISHED, -1, marker);
}

/* ---- waiting ------------------------------------------------------------------------------ */

static bool is_frame(const struct moment *m)
{
    return m->kind == MOMENT_FRAME || m->kind == MOMENT_GARBAGE;
}

static bool is_comment(const struct moment *m)
{
    return m->kind == MOMENT_COMMENT || m->kind == MOMENT_GARBAGE;
}

static const struct moment *no_garbage(struct follower *f, const struct moment *m)
{
    if (m->kind == MOMENT_GARBAGE)
        fail_case(f->w, __FILE__, __LINE__, "a block is neither a frame nor a comment: %.120s",
                  m->text);
    return m;
}

const struct frame *next_frame(struct follower *f)
{
    const struct moment *m = no_garbage(f, wait_for(f, is_frame, "a frame"));
    struct frame *frame = arena_alloc(f->w->arena, sizeof *frame);
    struct error e = { "" };
    *frame = (struct frame){ .id = m->id, .event = m->event, .data = m->data, .stream = m->stream };
    if (!envelope_read(f->w->arena, f->history->mvp, m->data, &frame->envelope, &e))
        fail_case(f->w, __FILE__, __LINE__, "the data of id %" PRId64 " is no envelope: %s", m->id,
                  e.text);
    return frame;
}

const struct frame *frame_with(struct follower *f, const char *text)
{
    for (;;) {
        const struct frame *frame = next_frame(f);
        if (memmem(frame->data.data, frame->data.len, text, strlen(text)) != NULL)
            return frame;
    }
}

const char *next_comment(struct follower *f)
{
    return no_garbage(f, wait_for(f, is_comment, "a comment"))->text;
}

void expect_end(struct follower *f)
{
    int64_t until = clock_monotonic_nanos() + WAIT_NANOS;
    while (f->stream != NULL && pump(f, 500))
        if (clock_monotonic_nanos() > until)
            fail_case(f->w, __FILE__, __LINE__, "the stream was not ended");
}

int frames_of(const struct follower *f, const char *event)
{
    int n = 0;
    for (size_t i = 0; i < f->history->n; i++)
        n += f->history->moments[i].kind == MOMENT_FRAME &&
             text_equal(f->history->moments[i].event, event);
    return n;
}

int64_t last_frame_id(const struct follower *f)
{
    int64_t id = -1;
    for (size_t i = 0; i < f->history->n; i++)
        if (f->history->moments[i].kind == MOMENT_FRAME)
            id = f->history->moments[i].id;
    return id;
}

void follower_holds(struct follower *f)
{
    struct error why = { "" };
    if (!history_holds(f->history, &why))
        fail_case(f->w, __FILE__, __LINE__, "%s", why.text);
}

/* ---- the record --------------------------------------------------------------------------- */

static char *file_name(struct arena *a, const char *case_id, const char *node_id)
{
    char *name = arena_printf(a, "%s.%s.ndjson", case_id, node_id);
    for (char *at = name; *at != '\0'; at++)
        if (*at == '/')
            *at = '-';
    return name;
}

/* A record that cannot be kept is no verdict on the target; the run goes on. */
static void keep_record(const struct follower *f)
{
    const char *folder = worker_histories(f->w);
    struct error e = { "" };
    if (folder == NULL || f->history->n == 0 || worker_impostor(f->w) != IMPOSTOR_NONE)
        return;
    const char *name = file_name(f->w->arena, f->w->row->id, f->history->node_id);
    if (!directory_make(folder, 0755, &e) ||
        !history_write(f->history, path_join(f->w->arena, folder, name), &e))
        return;
}

static void end_of_case(void *thing)
{
    struct follower *f = thing;
    follower_close(f);
    keep_record(f);
}
