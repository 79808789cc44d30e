#include "reference/plexd/follow.h"

#include <string.h>

#include "common/arena.h"
#include "common/log.h"
#include "common/memory.h"
#include "common/timestamp.h"
#include "reference/plexd/follow_plan.h"
#include "reference/plexd/problem.h"
#include "reference/plexd/sse.h"

#define PROBLEM_CAP 4096

struct follow {
    struct follow_options o;
    struct http_call *call;
    struct timer again;
    struct follow_plan plan;
    struct arena *arena; /* of one event, or one answer */
    struct sse parser;
    struct buffer problem;        /* the body of an answer that is no stream */
    char last_id[SSE_ID_CAP + 1]; /* in memory only: a new process reconciles anyway */
    bool has_last_id;
    int status; /* of the head; 0 before it */
    int64_t opened;
};

static bool is_open(const struct follow *f)
{
    return f->status >= 200 && f->status < 300;
}

/* ---- events ---- */

static void unbelieved(const struct envelope *ev, enum verified result)
{
    log_line(LOG_ERROR, "event verification failed", "event_type", ev->type, "event_id", ev->id,
             "error", verified_text(result), NULL);
}

static void read_event(struct follow *f, struct bytes data)
{
    struct envelope ev;
    struct error e;
    if (!f->o.wire->envelope(f->arena, data, &ev, &e)) {
        log_line(LOG_ERROR, "failed to parse event envelope", "error", e.text, NULL);
        return;
    }
    enum verified result = verifier_check(f->o.verifier, &ev, loop_wall(f->o.loop));
    if (result != VERIFIED)
        unbelieved(&ev, result);
    else
        f->o.event(f->o.self, &ev);
}

static void on_event(void *self, const char *id, bool dropped, struct bytes data)
{
    struct follow *f = self;
    if (id != NULL) {
        memcpy(f->last_id, id, strlen(id) + 1);
        f->has_last_id = true;
    }
    if (dropped) {
        /* AEV-012: the cursor has moved, so it does not come again; what it said is asked for. */
        log_line(LOG_WARN, "event too large, dropped", "id", id != NULL ? id : "", NULL);
        f->o.poll(f->o.self);
        return;
    }
    arena_reset(f->arena);
    read_event(f, data);
}

/* ---- the connection ---- */

static void try_again_in(struct follow *f, int64_t wait)
{
    timer_set(f->o.loop, &f->again, wait);
}

static bool on_head(void *self, int status)
{
    struct follow *f = self;
    f->status = status;
    if (!is_open(f))
        return true;
    f->opened = loop_now(f->o.loop);
    if (follow_plan_connected(&f->plan))
        log_line(LOG_INFO, "SSE reconnected from polling fallback", NULL);
    else
        log_line(LOG_DEBUG, "SSE connected", NULL);
    f->o.connected(f->o.self);
    return true;
}

static bool on_data(void *self, struct bytes piece)
{
    struct follow *f = self;
    if (is_open(f))
        sse_feed(&f->parser, piece);
    else
        buffer_append(&f->problem, piece.data, piece.len);
    return true;
}

static void tell_failure(struct follow *f, const struct http_answer *answer, bool was_polling,
                         const struct follow_step *step)
{
    struct http_answer whole = *answer;
    whole.body = (struct bytes){ (const unsigned char *)f->problem.data, f->problem.len };
    const char *why = problem_text(f->arena, &whole);
    const char *delay = duration_format(f->arena, step->wait);
    if (step->stop)
        log_line(LOG_ERROR, "permanent failure, stopping reconnection", "error", why, NULL);
    else if (step->poll && !was_polling)
        log_line(LOG_WARN, "SSE unavailable, falling back to polling", "error", why, NULL);
    else if (answer->status == 429)
        log_line(LOG_WARN, "rate limited, respecting server retry-after", "delay", delay, NULL);
    else
        log_line(LOG_WARN, "transient error, backing off", "error", why, "delay", delay, NULL);
}

static void on_done(void *self, const struct http_answer *answer)
{
    struct follow *f = self;
    f->call = NULL;
    arena_reset(f->arena);
    if (is_open(f)) {
        int64_t lived = loop_now(f->o.loop) - f->opened;
        log_line(LOG_INFO, "SSE connection dropped, reconnecting", "reason",
                 answer->status == 0 ? answer->error.text : "closed by the server", NULL);
        try_again_in(f, follow_plan_ended(&f->plan, lived).wait);
        return;
    }
    bool was_polling = f->plan.polling;
    struct follow_step step =
        follow_plan_failed(&f->plan, answer->status, answer->retry_after, loop_now(f->o.loop));
    tell_failure(f, answer, was_polling, &step);
    if (step.poll)
        f->o.poll(f->o.self);
    if (step.stop)
        f->o.refused(f->o.self, answer->status);
    else
        try_again_in(f, step.wait);
}

static void connect_now(void *self)
{
    struct follow *f = self;
    f->status = 0;
    sse_reset(&f->parser);
    buffer_clear(&f->problem);
    arena_reset(f->arena);
    struct http_request r = {
        .method = "GET",
        .path = wire_node_path(f->arena, f->o.node_id, "/events"),
        .headers = { { "Last-Event-ID", f->last_id } },
        .n_headers = f->has_last_id ? 1 : 0,
        .stream = true,
        .idle = f->o.idle,
        .head = on_head,
        .data = on_data,
        .done = on_done,
        .self = f,
    };
    f->call = http_start(f->o.http, &r);
}

struct follow *follow_start(const struct follow_options *o)
{
    struct follow *f = mem_alloc(sizeof *f);
    f->o = *o;
    f->arena = arena_create();
    f->again = (struct timer){ .fire = connect_now, .self = f };
    sse_init(&f->parser, on_event, f);
    buffer_init(&f->problem, PROBLEM_CAP);
    try_again_in(f, 0);
    return f;
}

void follow_stop(struct follow *f)
{
    if (f == NULL)
        return;
    timer_cancel(f->o.loop, &f->again);
    http_cancel(f->call);
    sse_release(&f->parser);
    buffer_release(&f->problem);
    arena_destroy(f->arena);
    mem_free(f);
}
