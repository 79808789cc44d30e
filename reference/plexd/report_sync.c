/* Rounds of sending (SPEC ARP-*).
 *
 * The first change after a quiet time starts one wait of `debounce`; then a round takes what is
 * pending, in the order of the first unsent change of each key, and sends each key's latest state,
 * `report_batch` at a time, one request after the other:
 *
 *     2xx                         taken; what was written meanwhile stays pending
 *     404 to a delete by itself   taken: there is nothing to delete any more (v1)
 *     401, 408, 429, 5xx, none    the round ends, all that is left waits for the next one
 *     403 node_id_mismatch        the same: as a 401 it refuses the Node's key
 *     another 4xx, of several     the span is halved, to find whom it means
 *     another 4xx, of one         parked */
#include <stdio.h>
#include <stdlib.h>

#include "common/arena.h"
#include "common/log.h"
#include "common/memory.h"
#include "common/text.h"
#include "common/timestamp.h"
#include "reference/plexd/problem.h"
#include "reference/plexd/reports_internal.h"

enum { RETRY_AFTER_MOST = 3600, BATCH_BYTES = 256 << 10 /* of payloads in one request */ };

static void send_next(struct reports *r);

void report_sync_wake(struct reports *r)
{
    if (r->http != NULL && !r->timer.armed && !r->round.due)
        timer_set(r->loop, &r->timer, r->debounce);
}

/* ---- beginning and end of a round ---- */

static int by_since(const void *left, const void *right)
{
    const struct entry *a = *(struct entry *const *)left, *b = *(struct entry *const *)right;
    return (a->since > b->since) - (a->since < b->since);
}

static void begin(struct reports *r)
{
    struct round *o = &r->round;
    *o = (struct round){ .active = true };
    o->list = mem_alloc_array(r->n + 1, sizeof *o->list);
    o->sent = mem_alloc_array(r->n + 1, sizeof *o->sent);
    for (size_t i = 0; i < r->n; i++)
        if (r->entries[i]->state == REPORT_PENDING) {
            o->list[o->n++] = r->entries[i];
            r->entries[i]->in_round = true;
        }
    if (o->n > 0) {
        qsort(o->list, o->n, sizeof(struct entry *), by_since);
        o->waiting[o->depth++] = (struct span){ 0, o->n };
    }
}

static void free_round(struct reports *r)
{
    for (size_t i = 0; i < r->round.n; i++)
        r->round.list[i]->in_round = false;
    mem_free(r->round.list);
    mem_free(r->round.sent);
    r->round.list = NULL;
    r->round.sent = NULL;
    r->round.n = 0;
    r->round.active = false;
}

static bool pending(const struct reports *r)
{
    for (size_t i = 0; i < r->n; i++)
        if (r->entries[i]->state == REPORT_PENDING)
            return true;
    return false;
}

static void log_round(const struct reports *r, const char *failure)
{
    char puts[24], deletes[24];
    snprintf(puts, sizeof puts, "%zu", r->round.puts);
    snprintf(deletes, sizeof deletes, "%zu", r->round.deletes);
    if (failure != NULL)
        log_line(LOG_WARN, "report sync failed", "component", "nodeapi", "entries_count", puts,
                 "deleted_count", deletes, "error", failure, NULL);
    else if (r->round.puts + r->round.deletes > 0)
        log_line(LOG_INFO, "report sync completed", "component", "nodeapi", "entries_count", puts,
                 "deleted_count", deletes, NULL);
}

static void end(struct reports *r, const char *failure, int retry_after)
{
    bool due = r->round.due && failure == NULL;
    int64_t wait = r->debounce;
    if (retry_after > 0 && failure != NULL) {
        int64_t asked = retry_after < RETRY_AFTER_MOST ? retry_after : RETRY_AFTER_MOST;
        wait = asked * NANOS_PER_SECOND > wait ? asked * NANOS_PER_SECOND : wait;
    }
    log_round(r, failure);
    free_round(r);
    r->round.due = false;
    reports_sweep(r);
    reports_journal_step(r); /* what was taken or parked leaves the journal, or is marked there */
    if (failure != NULL)
        timer_set(r->loop, &r->timer, wait);
    else if (due)
        timer_set(r->loop, &r->timer, 0);
    else if (pending(r))
        report_sync_wake(r);
}

void report_sync_fire(void *self)
{
    struct reports *r = self;
    if (r->round.active) {
        r->round.due = true;
        return;
    }
    begin(r);
    send_next(r);
}

void report_sync_stop(struct reports *r)
{
    timer_cancel(r->loop, &r->timer);
    http_cancel(r->round.call);
    r->round.call = NULL;
    if (r->round.active)
        free_round(r);
}

/* ---- answers ---- */

static void taken(struct reports *r, size_t i)
{
    struct entry *e = r->round.list[i];
    if (e->now == NULL)
        r->round.deletes++;
    else
        r->round.puts++;
    e->since = r->round.sent[i] + 1;
    if (e->changed == r->round.sent[i])
        e->state = REPORT_SENT;
    r->compact = true;
}

static void park(struct reports *r, size_t i, int status)
{
    struct entry *e = r->round.list[i];
    char code[16];
    if (e->changed != r->round.sent[i])
        return; /* written anew meanwhile: that is another report */
    snprintf(code, sizeof code, "%d", status);
    log_line(LOG_WARN, "report refused, parked until it is written anew", "component", "nodeapi",
             "key", e->key, "status", code, NULL);
    e->state = REPORT_PARKED;
    r->compact = true;
}

static bool is_retried(int status)
{
    return status < 200 || (status >= 300 && status < 400) || status == 408 || status == 429 ||
           status >= 500;
}

static void refused(struct reports *r, int status)
{
    struct span s = r->round.flying;
    size_t middle = s.from + (s.to - s.from) / 2;
    if (s.to - s.from == 1) {
        park(r, s.from, status);
        return;
    }
    r->round.waiting[r->round.depth++] = (struct span){ middle, s.to };
    r->round.waiting[r->round.depth++] = (struct span){ s.from, middle };
}

/* ARP-011: nothing is wrong with the report, and it must not be lost for it. */
static bool refuses_the_key(const struct http_answer *answer)
{
    if (answer->status != 403)
        return answer->status == 401;
    struct arena *a = arena_create();
    bool mismatch = text_equal(problem_code(a, answer->body), "node_id_mismatch");
    arena_destroy(a);
    return mismatch;
}

static void answered(void *self, const struct http_answer *answer)
{
    struct reports *r = self;
    struct span s = r->round.flying;
    char failure[64];
    r->round.call = NULL;
    if ((answer->status >= 200 && answer->status < 300) ||
        (answer->status == 404 && r->wire->report_batch == 1 &&
         r->round.list[s.from]->now == NULL)) {
        for (size_t i = s.from; i < s.to; i++)
            taken(r, i);
    } else if (is_retried(answer->status) || refuses_the_key(answer)) {
        snprintf(failure, sizeof failure, "status %d", answer->status);
        end(r, answer->status == 0 ? answer->error.text : failure, answer->retry_after);
        return;
    } else {
        refused(r, answer->status);
    }
    send_next(r);
}

/* ---- sending ---- */

static size_t size_of(const struct entry *e)
{
    return e->now == NULL ? 0 : e->now->payload.len;
}

static struct report_change change_of(const struct entry *e)
{
    struct report_change c = { .key = e->key, .deleted = e->now == NULL };
    if (e->now != NULL) {
        c.content_type = e->now->content_type;
        c.payload = e->now->payload;
        c.version = e->now->version;
        c.updated_at = e->now->updated_at;
    }
    return c;
}

/* What goes out next; what of the topmost span does not fit goes back. */
static struct span take_span(struct reports *r)
{
    struct round *o = &r->round;
    struct span s = o->waiting[--o->depth];
    size_t to = s.from + 1, bytes = size_of(o->list[s.from]);
    while (to < s.to && to - s.from < r->wire->report_batch &&
           bytes + size_of(o->list[to]) <= BATCH_BYTES)
        bytes += size_of(o->list[to++]);
    if (to < s.to)
        o->waiting[o->depth++] = (struct span){ to, s.to };
    return (struct span){ s.from, to };
}

static void send_next(struct reports *r)
{
    struct round *o = &r->round;
    if (o->depth == 0) {
        end(r, NULL, -1);
        return;
    }
    struct span s = take_span(r);
    struct arena *a = arena_create();
    size_t n = s.to - s.from;
    struct report_change *changes = arena_alloc_array(a, n, sizeof *changes);
    for (size_t i = 0; i < n; i++) {
        changes[i] = change_of(o->list[s.from + i]);
        o->sent[s.from + i] = o->list[s.from + i]->changed;
    }
    struct http_request rq = { 0 };
    r->wire->report_request(a, r->node_id, changes, n, &rq);
    rq.done = answered;
    rq.self = r;
    o->flying = s;
    o->call = http_start(r->http, &rq);
    arena_destroy(a);
}
