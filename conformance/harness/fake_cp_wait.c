/* harness/fake_cp_wait.c — what came, and waiting for what must come. */
#include <string.h>

#include "common/json.h"
#include "common/text.h"
#include "common/timestamp.h"
#include "harness/fake_cp_parts.h"
#include "harness/judge.h"
#include "harness/worker.h"
#include "harness/world_own.h"

bool cp_wait_for_change(struct fake_cp *cp, int64_t deadline)
{
    const struct timespec until = { .tv_sec = deadline / NANOS_PER_SECOND,
                                    .tv_nsec = deadline % NANOS_PER_SECOND };
    return pthread_cond_clockwait(&cp->changed, &cp->lock, CLOCK_MONOTONIC, &until) == 0;
}

/* An impostor agent sends nothing, however long one waits. */
int64_t cp_deadline(const struct fake_cp *cp)
{
    bool nothing = worker_impostor(cp->w) != IMPOSTOR_NONE;
    return clock_monotonic_nanos() + (nothing ? 0 : CP_WAIT_NANOS);
}

/* "POST /v1/register 201, GET @/state 200 (3 times)" */
static const char *what_came(struct fake_cp *cp)
{
    struct buffer b;
    const char *node = cp_pattern(cp, "@");
    buffer_init_arena(&b, 2048, cp->w->arena);
    pthread_mutex_lock(&cp->lock);
    for (const struct cp_request *r = cp->first; r != NULL;) {
        const struct cp_request *same = r;
        size_t n = 0;
        for (; same != NULL && text_equal(same->target, r->target) && same->status == r->status &&
               text_equal(same->method, r->method);
             same = same->next)
            n++;
        const char *at = text_starts(r->target, node) ? r->target + strlen(node) : r->target;
        buffer_printf(&b, "%s%s %s%.80s %d", b.len > 0 ? ", " : "", r->method,
                      at == r->target ? "" : "@", at, r->status);
        if (n > 1)
            buffer_printf(&b, " (%zu times)", n);
        r = same;
    }
    pthread_mutex_unlock(&cp->lock);
    return b.len > 0 ? b.data : "nothing";
}

void cp_give_up(struct fake_cp *cp, const char *file, int line, const char *what)
{
    fail_case(cp->w, file, line, "no %s within %d s; what the agent sent: %s", what,
              (int)(CP_WAIT_NANOS / NANOS_PER_SECOND), what_came(cp));
}

const char *cp_header(const struct cp_request *r, const char *name)
{
    for (size_t i = 0; i < r->n_headers; i++)
        if (text_equal_nocase(r->headers[i].name, name))
            return r->headers[i].value;
    return NULL;
}

/* With the lock. The n-th from 1, or NULL; *count: how many there are. */
static const struct cp_request *find(const struct fake_cp *cp, const char *method,
                                     const char *pattern, size_t n, size_t *count)
{
    const struct cp_request *found = NULL;
    *count = 0;
    for (const struct cp_request *r = cp->first; r != NULL; r = r->next)
        if (cp_matches(r, method, pattern) && ++*count == n)
            found = r;
    return found;
}

static const struct cp_request *wait_until(struct fake_cp *cp, const char *method, const char *path,
                                           size_t n, int64_t deadline)
{
    const char *pattern = cp_pattern(cp, path);
    const struct cp_request *found;
    size_t count;
    bool in_time = true;
    pthread_mutex_lock(&cp->lock);
    while ((found = find(cp, method, pattern, n, &count)) == NULL && in_time)
        in_time = cp_wait_for_change(cp, deadline);
    pthread_mutex_unlock(&cp->lock);
    return found;
}

bool cp_comes(struct fake_cp *cp, const char *method, const char *path, size_t n)
{
    /* Less than cases wait that need it: they judge whether it comes. */
    return wait_until(cp, method, path, n, cp_deadline(cp) - CP_WAIT_NANOS / 3 * 2) != NULL;
}

const struct cp_request *cp_wait_at(struct fake_cp *cp, const char *method, const char *path,
                                    size_t n, const char *file, int line)
{
    const struct cp_request *found = wait_until(cp, method, path, n, cp_deadline(cp));
    if (found == NULL)
        cp_give_up(cp, file, line, arena_printf(cp->w->arena, "%s %s number %zu", method, path, n));
    return found;
}

void cp_wait_refusals_at(struct fake_cp *cp, size_t n, const char *file, int line)
{
    int64_t deadline = cp_deadline(cp);
    bool in_time = true;
    pthread_mutex_lock(&cp->lock);
    while (cp->n_refusals < n && in_time)
        in_time = cp_wait_for_change(cp, deadline);
    bool enough = cp->n_refusals >= n;
    pthread_mutex_unlock(&cp->lock);
    if (!enough)
        cp_give_up(cp, file, line, arena_printf(cp->w->arena, "%zu refused TLS handshakes", n));
}

void cp_wait_answered_at(struct fake_cp *cp, const char *method, const char *path, const char *file,
                         int line)
{
    const char *pattern = cp_pattern(cp, path);
    int64_t deadline = cp_deadline(cp);
    const struct cp_request *last = NULL;
    size_t count;
    bool in_time = true;
    pthread_mutex_lock(&cp->lock);
    do {
        (void)find(cp, method, pattern, 0, &count);
        last = find(cp, method, pattern, count, &count);
    } while ((last == NULL || last->status == 0) &&
             (in_time = in_time && cp_wait_for_change(cp, deadline)));
    bool answered = last != NULL && last->status != 0;
    pthread_mutex_unlock(&cp->lock);
    if (!answered)
        cp_give_up(cp, file, line, arena_printf(cp->w->arena, "answered %s %s", method, path));
}

size_t cp_count(struct fake_cp *cp, const char *method, const char *path)
{
    const char *pattern = cp_pattern(cp, path);
    size_t count;
    pthread_mutex_lock(&cp->lock);
    (void)find(cp, method, pattern, 0, &count);
    pthread_mutex_unlock(&cp->lock);
    return count;
}

const struct cp_request *cp_first(struct fake_cp *cp, const char *method, const char *path)
{
    const char *pattern = cp_pattern(cp, path);
    size_t count;
    pthread_mutex_lock(&cp->lock);
    const struct cp_request *found = find(cp, method, pattern, 1, &count);
    pthread_mutex_unlock(&cp->lock);
    return found;
}

json_t *cp_json(struct fake_cp *cp, const struct cp_request *r)
{
    json_t *body = NULL;
    struct error e = { "" };
    const char *media = cp_header(r, "Content-Type");
    if (media == NULL || !text_starts(media, "application/json"))
        fail_case(cp->w, NULL, 0, "%s %s came as %s, expected application/json", r->method, r->path,
                  media == NULL ? "no media type" : media);
    if (!json_parse(cp->w->arena, r->body.data, r->body.len, &body, &e))
        fail_case(cp->w, NULL, 0, "%s %s came with a body that is no JSON: %s", r->method, r->path,
                  e.text);
    return body;
}

/* ---- reports ------------------------------------------------------------------------------ */

static bool is_report(struct fake_cp *cp, const struct cp_request *r)
{
    if (cp->o.dialect == AGENT_MVP)
        return cp_matches(r, "POST", cp_pattern(cp, "@/report"));
    const char *reports = cp_pattern(cp, "@/state/reports/*");
    return cp_matches(r, "PUT", reports) || cp_matches(r, "DELETE", reports);
}

/* A copy of the list's heads, so that nothing is judged with the lock held. */
static struct cp_request **report_requests(struct fake_cp *cp, int status, size_t *n)
{
    size_t most = 1;
    pthread_mutex_lock(&cp->lock);
    for (const struct cp_request *r = cp->first; r != NULL; r = r->next)
        most++;
    struct cp_request **out = arena_alloc_array(cp->w->arena, most, sizeof *out);
    *n = 0;
    for (struct cp_request *r = cp->first; r != NULL; r = r->next)
        if (is_report(cp, r) && (status == 0 || r->status == status ||
                                 (status == 200 && r->status >= 200 && r->status < 300)))
            out[(*n)++] = r;
    pthread_mutex_unlock(&cp->lock);
    return out;
}

size_t cp_reports(struct fake_cp *cp, int status, struct sent_report **out)
{
    struct arena *a = cp->w->arena;
    size_t n_requests, n = 0;
    struct cp_request **requests = report_requests(cp, status, &n_requests);
    *out = NULL;
    for (size_t i = 0; i < n_requests; i++) {
        struct sent_report *some;
        size_t n_some;
        const char *why;
        const struct cp_request *r = requests[i];
        if (!dialect_reports(a, cp->o.dialect, r->method, r->path, r->body, &some, &n_some, &why))
            fail_case(cp->w, NULL, 0, "%s %s is no report: %s", r->method, r->path, why);
        struct sent_report *all = arena_alloc_array(a, n + n_some + 1, sizeof *all);
        if (n > 0)
            memcpy(all, *out, n * sizeof *all);
        memcpy(all + n, some, n_some * sizeof *all);
        *out = all;
        n += n_some;
    }
    return n;
}

struct sent_report *cp_wait_reports_at(struct fake_cp *cp, int status, size_t n, const char *file,
                                       int line)
{
    struct sent_report *out;
    int64_t deadline = cp_deadline(cp);
    bool in_time = true;
    while (cp_reports(cp, status, &out) < n && in_time) {
        pthread_mutex_lock(&cp->lock);
        in_time = cp_wait_for_change(cp, deadline);
        pthread_mutex_unlock(&cp->lock);
    }
    if (cp_reports(cp, status, &out) < n)
        cp_give_up(cp, file, line,
                   arena_printf(cp->w->arena, "%zu reported changes (answered %d)", n, status));
    return out;
}
