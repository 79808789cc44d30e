#include "harness/judge.h"

#include <stdarg.h>
#include <string.h>

#include "common/json.h"
#include "harness/case.h"
#include "harness/dialect.h"
#include "harness/exchange.h"
#include "harness/rules.h"
#include "harness/worker.h"
#include "harness/world_own.h"

/* ---- leaving ------------------------------------------------------------------------------ */

static void leave(struct world *w, enum verdict_kind verdict, const char *file, int line,
                  const char *format, va_list args) NO_RETURN;
static void leave(struct world *w, enum verdict_kind verdict, const char *file, int line,
                  const char *format, va_list args)
{
    const char *text = arena_vprintf(w->arena, format, args);
    if (w->own != NULL)
        text = redact_text(w->own->redact, w->arena, text);
    worker_leave(w, verdict, file, line, text);
}

void fail_case(struct world *w, const char *file, int line, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    leave(w, VERDICT_FAILED, file, line, format, args);
}

void unsupported(struct world *w, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    leave(w, VERDICT_UNSUPPORTED, NULL, 0, format, args);
}

void broken(struct world *w, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    leave(w, VERDICT_BROKEN, NULL, 0, format, args);
}

/* The place of a failed answer is its case: accept() and refuse() stand there. */
static void fail_exchange(const struct exchange *x, const char *format, ...) NO_RETURN
    PRINTF_LIKE(2, 3);
static void fail_exchange(const struct exchange *x, const char *format, ...)
{
    const struct case_row *row = x->w->row;
    va_list args;
    va_start(args, format);
    if (x->setup)
        format = arena_printf(x->w->arena, "set-up: %s", format);
    leave(x->w, VERDICT_FAILED, row == NULL ? NULL : row->file, row == NULL ? 0 : row->line, format,
          args);
}

/* ---- asking ------------------------------------------------------------------------------- */

char *path(struct world *w, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *text = arena_vprintf(w->arena, format, args);
    va_end(args);
    return text;
}

struct exchange *judged(struct exchange *x)
{
    x->judged = true;
    return x;
}

const char *reply_header(const struct reply *r, const char *name)
{
    return http_answer_header(&((const struct exchange *)r)->answer, name);
}

/* Before anybody has heard of the target, a refused connection says that there is none: that is not
 * a verdict on it. */
static void no_answer(const struct exchange *x) NO_RETURN;
static void no_answer(const struct exchange *x)
{
    if (x->unsent)
        broken(x->w, "%s: %s", exchange_title(x), x->error.text);
    if (x->ask.agent == NULL && !x->judged && x->result == HTTP_UNREACHABLE &&
        !atomic_load(&world_shared()->answered))
        broken(x->w, "the target %s does not answer: %s", x->w->base_url, x->error.text);
    fail_exchange(x, "%s: no answer: %s", exchange_title(x), x->error.text);
}

static void send_expecting(struct exchange *x, int status)
{
    x->expected = status;
    if (!exchange_send(x))
        no_answer(x);
}

static void judge_rules(const struct exchange *x)
{
    struct error e = { "" };
    if (!rules_hold(x, &e))
        fail_exchange(x, "%s answered %s: %s", exchange_title(x), exchange_outcome(x), e.text);
}

static void expect_status(const struct exchange *x, int status, const char *code)
{
    if (x->reply.status != status)
        fail_exchange(x, "%s answered %s, expected %d%s%s", exchange_title(x), exchange_outcome(x),
                      status, code == NULL ? "" : " ", code == NULL ? "" : code);
}

/* Ruling 3: a code the contract does not name itself is asserted only on targets that claim the
 * rulings. */
static bool code_counts(const struct exchange *x, int status, const char *code)
{
    return x->w->claims_rulings || x->ask.agent != NULL ||
           (x->op != NULL && contract_code(x->op->id, status, code) == CODE_NAMED);
}

static void expect_code(const struct exchange *x, int status, const char *code)
{
    const char *came = exchange_code(x);
    if (code != NULL && code_counts(x, status, code) && (came == NULL || strcmp(came, code) != 0))
        fail_exchange(x, "%s answered %s, expected %d %s", exchange_title(x), exchange_outcome(x),
                      status, code);
}

struct reply *exchange_set_up(struct exchange *x, int status)
{
    x->setup = true;
    send_expecting(x, status);
    expect_status(x, status, NULL);
    return &x->reply;
}

struct reply *judge_accept(struct exchange *x, int status)
{
    send_expecting(x, status);
    expect_status(x, status, NULL);
    judge_rules(x);
    return &x->reply;
}

struct reply *refuse(struct exchange *x, int status, const char *code)
{
    send_expecting(x, status);
    expect_status(x, status, code);
    expect_code(x, status, code);
    judge_rules(x);
    return &x->reply;
}

struct reply *refuse_permission(struct exchange *x, const char *reason)
{
    send_expecting(x, 403);
    expect_status(x, 403, "permission_denied");
    const json_t *body = x->reply.json;
    const char *came = json_text(body, "reason"), *code = exchange_code(x);
    if (came == NULL)
        fail_exchange(x, "%s answered %s without a reason, expected PermissionDenied",
                      exchange_title(x), exchange_outcome(x));
    if (reason != NULL && strcmp(came, reason) != 0)
        fail_exchange(x, "%s answered 403 with reason %.60s, expected %s", exchange_title(x), came,
                      reason);
    const char *correlation = json_text(body, "correlation_id");
    if (correlation == NULL || correlation[0] == '\0')
        fail_exchange(x, "%s answered 403 without a correlation_id", exchange_title(x));
    /* The code is optional in the schema; when it is there it says this. */
    if (code == NULL ? x->w->claims_rulings : strcmp(code, "permission_denied") != 0)
        fail_exchange(x, "%s answered %s, expected 403 permission_denied", exchange_title(x),
                      exchange_outcome(x));
    judge_rules(x);
    return &x->reply;
}

static const char *statuses_text(const struct exchange *x, const int *statuses)
{
    const char *text = arena_printf(x->w->arena, "%d", statuses[0]);
    for (size_t i = 1; statuses[i] != 0; i++)
        text = arena_printf(x->w->arena, "%s or %d", text, statuses[i]);
    return text;
}

struct reply *refuse_any(struct exchange *x, const int *statuses)
{
    send_expecting(x, statuses[0]);
    for (size_t i = 0; statuses[i] != 0; i++)
        if (x->reply.status == statuses[i]) {
            judge_rules(x);
            return &x->reply;
        }
    fail_exchange(x, "%s answered %s, expected %s", exchange_title(x), exchange_outcome(x),
                  statuses_text(x, statuses));
}

/* An impostor with the right status must know one: the operation's own success. */
static int first_success(const struct exchange *x)
{
    bool listed = false;
    if (x->dialect != NULL)
        return dialect_success(x->dialect);
    for (int status = 200; x->op != NULL && status < 300; status++) {
        (void)contract_response(x->op, status, &listed);
        if (listed)
            return status;
    }
    return 404;
}

struct reply *send_and_judge(struct exchange *x)
{
    send_expecting(x, first_success(x));
    judge_rules(x);
    return &x->reply;
}

void send_together(struct exchange *const *xs, size_t n)
{
    for (size_t i = 0; i < n; i++)
        xs[i]->expected = first_success(xs[i]);
    exchanges_send(xs, n);
}

bool send_quietly(struct exchange *x, struct reply **out)
{
    bool answered = exchange_send(x);
    *out = answered ? &x->reply : NULL;
    return answered;
}

/* ---- what came back ----------------------------------------------------------------------- */

json_t *expect_member(struct reply *r, const char *pointer)
{
    const struct exchange *x = exchange_of(r);
    json_t *value = r->json == NULL ? NULL : json_at(r->json, pointer);
    if (value == NULL)
        fail_exchange(x, "%s answered %s without %s", exchange_title(x), exchange_outcome(x),
                      pointer);
    return value;
}

const char *expect_text(struct reply *r, const char *pointer)
{
    const struct exchange *x = exchange_of(r);
    const json_t *value = expect_member(r, pointer);
    if (!json_is_string(value))
        fail_exchange(x, "%s answered %s: %s is no text", exchange_title(x), exchange_outcome(x),
                      pointer);
    return json_string_value(value);
}

int64_t expect_int(struct reply *r, const char *pointer)
{
    const struct exchange *x = exchange_of(r);
    const json_t *value = expect_member(r, pointer);
    if (!json_is_integer(value))
        fail_exchange(x, "%s answered %s: %s is no whole number", exchange_title(x),
                      exchange_outcome(x), pointer);
    return json_integer_value(value);
}

void expect_absent(struct reply *r, const char *pointer)
{
    const struct exchange *x = exchange_of(r);
    if (r->json != NULL && json_at(r->json, pointer) != NULL)
        fail_exchange(x, "%s answered %s with %s, which must be absent", exchange_title(x),
                      exchange_outcome(x), pointer);
}

void expect_equal(struct reply *r, const char *pointer, const char *text)
{
    const struct exchange *x = exchange_of(r);
    const char *came = expect_text(r, pointer);
    if (strcmp(came, text) != 0)
        fail_exchange(x, "%s answered %s: %s is \"%.200s\", expected \"%.200s\"", exchange_title(x),
                      exchange_outcome(x), pointer, came, text);
}

void expect_header(struct reply *r, const char *name, const char *value)
{
    const struct exchange *x = exchange_of(r);
    const char *came = reply_header(r, name);
    if (came == NULL)
        fail_exchange(x, "%s answered %s without header %s", exchange_title(x), exchange_outcome(x),
                      name);
    if (value != NULL && strcmp(came, value) != 0)
        fail_exchange(x, "%s answered %s: header %s is \"%.200s\", expected \"%.200s\"",
                      exchange_title(x), exchange_outcome(x), name, came, value);
}
