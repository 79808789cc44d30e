/* harness/fake_cp_events.c — the event stream: frames that are right, and each way of being wrong.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/json.h"
#include "common/text.h"
#include "common/timestamp.h"
#include "common/uuid.h"
#include "harness/case.h"
#include "harness/fake_cp_parts.h"
#include "harness/judge.h"
#include "harness/world_own.h"

#define FRAME_CAP (4u << 20)

/* ---- the stream's side -------------------------------------------------------------------- */

static bool send_chunk(struct cp_connection *c, const unsigned char *data, size_t len)
{
    char size[32];
    int n = snprintf(size, sizeof size, "%zx\r\n", len);
    return cp_send(c, size, (size_t)n) && cp_send(c, data, len) && cp_send(c, "\r\n", 2);
}

/* False: the stream is at its end. */
static bool obey(struct cp_connection *c, const struct stream_command *command)
{
    size_t piece = command->piece == 0 ? command->bytes.len : command->piece;
    if (command->order == STREAM_END) {
        (void)cp_send(c, "0\r\n\r\n", 5);
        return false;
    }
    if (command->order == STREAM_CUT)
        return false;
    for (size_t at = 0; at < command->bytes.len; at += piece) {
        size_t len = command->bytes.len - at < piece ? command->bytes.len - at : piece;
        if (!send_chunk(c, command->bytes.data + at, len))
            return false;
    }
    return true;
}

static bool obey_all(struct cp_connection *c)
{
    struct fake_cp *cp = c->cp;
    bool open = true;
    pthread_mutex_lock(&cp->lock);
    while (open && !cp->closing && c->commands != NULL) {
        struct stream_command *command = c->commands;
        pthread_mutex_unlock(&cp->lock);
        open = obey(c, command);
        pthread_mutex_lock(&cp->lock);
        c->commands = command->next;
        command->done = true;
        if (!open)
            cp->stream = cp->stream == c ? NULL : cp->stream;
        pthread_cond_broadcast(&cp->changed);
    }
    open = open && !cp->closing;
    pthread_mutex_unlock(&cp->lock);
    return open;
}

static void announce(struct cp_connection *c, bool open)
{
    struct fake_cp *cp = c->cp;
    pthread_mutex_lock(&cp->lock);
    if (open) {
        cp->stream = c;
        cp->n_streams++;
    } else if (cp->stream == c) {
        cp->stream = NULL;
    }
    pthread_cond_broadcast(&cp->changed);
    pthread_mutex_unlock(&cp->lock);
}

void cp_serve_stream(struct cp_connection *c)
{
    static const char head[] = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
                               "X-Plexsphere-API-Version: v1\r\nCache-Control: no-cache\r\n"
                               "Transfer-Encoding: chunked\r\n\r\n";
    char drop[512];
    uint64_t count;
    if (!cp_send(c, head, sizeof head - 1))
        return;
    announce(c, true);
    for (bool open = true; open;) {
        struct pollfd p[2] = { { .fd = c->fd, .events = POLLIN | POLLRDHUP },
                               { .fd = c->wake, .events = POLLIN } };
        if (poll(p, 2, -1) < 0 && errno != EINTR)
            break;
        if (p[1].revents != 0)
            (void)!read(c->wake, &count, sizeof count);
        open = obey_all(c);
        /* The agent has nothing to say on a stream: what is readable is its end. */
        if (p[0].revents != 0 && recv(c->fd, drop, sizeof drop, MSG_DONTWAIT) <= 0)
            open = false;
    }
    announce(c, false);
}

/* ---- the case's side ---------------------------------------------------------------------- */

static void give_up(struct fake_cp *cp, const char *what) NO_RETURN;
static void give_up(struct fake_cp *cp, const char *what)
{
    const struct case_row *row = cp->w->row;
    cp_give_up(cp, row->file, row->line, what);
}

/* Returns when it is on the wire, or the stream that was to carry it is gone. */
static void order(struct fake_cp *cp, struct stream_command command)
{
    struct stream_command *mine = arena_alloc(cp->w->arena, sizeof *mine);
    int64_t deadline = cp_deadline(cp);
    const uint64_t one = 1;
    bool in_time = true;
    *mine = command;
    pthread_mutex_lock(&cp->lock);
    while (cp->stream == NULL && in_time)
        in_time = cp_wait_for_change(cp, deadline);
    struct cp_connection *c = cp->stream;
    if (c != NULL) {
        struct stream_command **end = &c->commands;
        while (*end != NULL)
            end = &(*end)->next;
        *end = mine;
        (void)!write(c->wake, &one, sizeof one);
        while (!mine->done && cp->stream == c && in_time)
            in_time = cp_wait_for_change(cp, deadline);
    }
    pthread_mutex_unlock(&cp->lock);
    if (c == NULL)
        give_up(cp, "event stream");
}

void cp_raw(struct fake_cp *cp, struct bytes bytes, size_t piece)
{
    order(cp, (struct stream_command){ .order = STREAM_WRITE, .bytes = bytes, .piece = piece });
}

void cp_end_stream(struct fake_cp *cp)
{
    order(cp, (struct stream_command){ .order = STREAM_END });
}

void cp_cut_stream(struct fake_cp *cp)
{
    order(cp, (struct stream_command){ .order = STREAM_CUT });
}

void cp_wait_stream_at(struct fake_cp *cp, size_t n, const char *file, int line)
{
    int64_t deadline = cp_deadline(cp);
    bool in_time = true;
    pthread_mutex_lock(&cp->lock);
    while ((cp->n_streams < n || cp->stream == NULL) && in_time)
        in_time = cp_wait_for_change(cp, deadline);
    bool there = cp->n_streams >= n && cp->stream != NULL;
    pthread_mutex_unlock(&cp->lock);
    if (!there)
        cp_give_up(cp, file, line, arena_printf(cp->w->arena, "event stream number %zu", n));
}

size_t cp_streams(struct fake_cp *cp)
{
    pthread_mutex_lock(&cp->lock);
    size_t n = cp->n_streams;
    pthread_mutex_unlock(&cp->lock);
    return n;
}

bool cp_stream_is_open(struct fake_cp *cp)
{
    pthread_mutex_lock(&cp->lock);
    bool open = cp->stream != NULL;
    pthread_mutex_unlock(&cp->lock);
    return open;
}

/* ---- frames ------------------------------------------------------------------------------- */

static const char *issued_at(struct fake_cp *cp, const struct cp_event *e)
{
    int64_t at = cp_now(cp) - e->age_s * MICROS_PER_SECOND;
    if (e->issued_at != NULL)
        return e->issued_at;
    if (cp->o.dialect == AGENT_V1)
        at -= at % MICROS_PER_SECOND;
    return timestamp_format(cp->w->arena, at);
}

static const char *fresh_id(struct fake_cp *cp)
{
    const struct uuid id = uuid_v7(clock_wall_micros());
    return uuid_text(cp->w->arena, &id);
}

static const char *payload_text(struct fake_cp *cp, struct cp_event *e)
{
    if (e->payload_text != NULL)
        return e->payload_text;
    return e->payload == NULL ? "{}" : json_dump(cp->w->arena, json_own(cp->w->arena, e->payload));
}

static struct envelope envelope_of(struct fake_cp *cp, struct cp_event *e)
{
    const struct signing_pair *key = e->key != NULL ? e->key : cp->node.key;
    return (struct envelope){
        .type = e->type != NULL ? e->type : "node_state_updated",
        .id = e->id != NULL ? e->id : fresh_id(cp),
        .scope = "domain:5d1e6ac4-0f6c-4d2e-8a6f-6f1c2b7d9e10",
        .key_id = e->key_id != NULL ? e->key_id : key->id,
        .issued_at = issued_at(cp, e),
        .nonce = e->nonce != NULL ? e->nonce : fresh_id(cp),
        .payload = payload_text(cp, e),
    };
}

static const char *signature_of(struct fake_cp *cp, const struct cp_event *e,
                                struct envelope signed_)
{
    struct arena *a = cp->w->arena;
    if (e->no_signature)
        return NULL;
    if (e->signature != NULL)
        return e->signature;
    if (e->signed_payload != NULL)
        signed_.payload = e->signed_payload;
    return signing_pair_sign(a, e->key != NULL ? e->key : cp->node.key,
                             envelope_signed_bytes(a, cp->o.dialect, &signed_));
}

/* Faults are signed as they are sent: the fault, and not the signature, must be the reason. */
static const char *line_of(struct fake_cp *cp, struct cp_event *e, struct envelope *env)
{
    if (e->line != NULL)
        return e->line;
    env->type = e->no_type ? NULL : env->type;
    env->id = e->no_id ? NULL : env->id;
    env->nonce = e->no_nonce ? NULL : env->nonce;
    env->issued_at = e->no_issued_at ? NULL : env->issued_at;
    env->payload = e->no_payload ? NULL : env->payload;
    return envelope_line(cp->w->arena, cp->o.dialect, env, signature_of(cp, e, *env));
}

static struct bytes frame_of(struct fake_cp *cp, const struct cp_event *e, const char *type,
                             const char *line)
{
    struct buffer b;
    const char *end = e->crlf ? "\r\n" : "\n";
    buffer_init_arena(&b, FRAME_CAP, cp->w->arena);
    cp->sse_id++;
    if (e->sse_id == NULL)
        buffer_printf(&b, "id: %llu%s", (unsigned long long)cp->sse_id, end);
    else if (e->sse_id[0] != '\0')
        buffer_printf(&b, "id: %s%s", e->sse_id, end);
    buffer_printf(&b, "event: %s%sdata: ", e->name != NULL ? e->name : type, end);
    buffer_text(&b, line);
    buffer_text(&b, end);
    if (!e->unfinished)
        buffer_text(&b, end);
    return (struct bytes){ (unsigned char *)b.data, b.len };
}

const char *cp_event(struct fake_cp *cp, struct cp_event event)
{
    struct envelope env = envelope_of(cp, &event);
    const char *type = env.type, *id = env.id;
    struct bytes frame = frame_of(cp, &event, type, line_of(cp, &event, &env));
    cp->last_event = frame;
    if (event.cut)
        frame.len /= 2;
    cp_raw(cp, frame, event.piece);
    if (event.cut)
        cp_cut_stream(cp);
    return id;
}

struct bytes cp_last_event(const struct fake_cp *cp)
{
    return cp->last_event;
}
