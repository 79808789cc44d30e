/* PostNodeMetrics, PostNodeLogs, PostNodeAudit: one ladder of gates, three forms of a record. */
#include <string.h>

#include "common/log.h"
#include "common/memory.h"
#include "common/text.h"
#include "common/timestamp.h"
#include "reference/plexsphere/app_life.h"
#include "reference/plexsphere/observability/ingest.h"
#include "reference/plexsphere/observability/observability.h"
#include "reference/plexsphere/observability/service.h"

enum { EXPIRY_EVERY_S = 60 };
#define BUFFER_RETRY_AFTER "5"

struct ingest_input {
    struct ingest_headers headers;
    struct ingest_batch batch;
};

static struct answer later(struct request *rq, enum problem p, json_t *members, const char *after)
{
    return answer_with_header(answer_problem_with(rq, p, NULL, members), "Retry-After", after);
}

static struct answer answer_gate(struct request *rq, enum ingest_gate gate, int64_t retry_after_s)
{
    const char *after = arena_printf(rq->arena, "%lld", (long long)retry_after_s);
    switch (gate) {
    case GATE_OPEN: return answer_go_on();
    case GATE_ENCODING_UNSUPPORTED: return answer_problem(rq, PROBLEM_INGEST_ENCODING_UNSUPPORTED);
    case GATE_SENT_AT_INVALID: return answer_problem(rq, PROBLEM_INGEST_SENT_AT_INVALID);
    case GATE_NODE_BUDGET: return later(rq, PROBLEM_PER_NODE_RATE_LIMITED, NULL, after);
    case GATE_DOMAIN_BUDGET:
        return later(rq, PROBLEM_CAPACITY_EXCEEDED,
                     json_pack("{s:s}", "dimension", "observability_ingest"), after);
    case GATE_ENCODING_INVALID: return answer_problem(rq, PROBLEM_INGEST_ENCODING_INVALID);
    case GATE_INFLATED_TOO_LARGE: return answer_problem(rq, PROBLEM_INGEST_BODY_TOO_LARGE);
    case GATE_TOO_MANY_RECORDS: return answer_problem(rq, PROBLEM_INGEST_BATCH_TOO_MANY_RECORDS);
    case GATE_MALFORMED: return answer_problem(rq, PROBLEM_INGEST_BATCH_MALFORMED);
    case GATE_BUFFER_UNAVAILABLE:
        return later(rq, PROBLEM_INGEST_BUFFER_UNAVAILABLE, NULL, BUFFER_RETRY_AFTER);
    case GATE_FAILED: break;
    }
    return answer_internal(rq);
}

/* Stands where others read their query: before the body is measured. */
static struct answer read_headers(struct request *rq)
{
    struct ingest_input *in = arena_alloc(rq->arena, sizeof *in);
    rq->input = in;
    return answer_gate(rq,
                       ingest_read_headers(request_header(rq, "Content-Encoding"),
                                           request_header(rq, "X-Plexsphere-Sent-At"),
                                           &in->headers),
                       0);
}

static struct answer admit(struct request *rq, const struct record_form *form)
{
    struct ingest_input *in = rq->input;
    int64_t retry_after_s = 0;
    enum ingest_gate gate = ingest_admit(rq, form, &in->headers, &in->batch, &retry_after_s);
    return answer_gate(rq, gate, retry_after_s);
}

static struct answer admit_metrics(struct request *rq)
{
    return admit(rq, &metric_samples);
}

static struct answer admit_logs(struct request *rq)
{
    return admit(rq, &log_lines);
}

static struct answer admit_audit(struct request *rq)
{
    return admit(rq, &audit_events);
}

static struct answer take_batch(struct request *rq)
{
    const struct ingest_input *in = rq->input;
    enum ingest_gate gate = ingest_publish(rq, &in->batch, &in->headers);
    if (gate != GATE_OPEN)
        return answer_gate(rq, gate, 0);
    json_t *body = json_object();
    json_object_set_new(body, "accepted_at", json_string(timestamp_format(rq->arena, rq->now)));
    json_object_set_new(body, "records", json_integer((json_int_t)in->batch.n));
    return answer_json(rq, 202, body);
}

static bool has_buffer(const void *state)
{
    const struct ingest_state *s = state;
    return s->buffer != NULL;
}

/* Not `writes`: a batch is one statement, or no statement at all. */
#define INGEST(operation, admission)                                                               \
    {                                                                                              \
        .id = operation, .auth = AUTH_NODE, .steps = STEPS_GATE_FIRST, .body_cap = WIRE_BYTES_MAX, \
        .too_large = PROBLEM_INGEST_BODY_TOO_LARGE, .raw_body = true, .provisioned = has_buffer,   \
        .query = read_headers, .decode = admission, .handle = take_batch                           \
    }

static const struct operation operations[] = {
    INGEST(OP_PostNodeMetrics, admit_metrics),
    INGEST(OP_PostNodeLogs, admit_logs),
    INGEST(OP_PostNodeAudit, admit_audit),
};

static void destroy_budgets(void *thing)
{
    budgets_destroy(thing);
}

static void destroy_buffer(void *buffer)
{
    ingest_nats_destroy(buffer);
}

static struct ingest_buffer *buffer_of(struct app *app, const char *where)
{
    if (text_equal(where, "postgres:"))
        return &ingest_postgres;
    struct ingest_buffer *b = ingest_nats_create(where);
    arena_defer(app->arena, destroy_buffer, b);
    return b;
}

static enum configured configure(struct app *app, void **state, struct error *e)
{
    struct observability_config config;
    struct ingest_state *s = arena_alloc(app->arena, sizeof *s);
    *state = s;
    enum configured result =
        production_observability_config_from_env(app->arena, &app->env, &config, e);
    memcpy(s->gate.wrap_key, config.nsk_wrap_key, sizeof s->gate.wrap_key);
    mem_wipe(&config.nsk_wrap_key, sizeof config.nsk_wrap_key);
    if (result != CONFIGURED_ON || !config.ingest)
        return result;
    s->budgets = budgets_create(config.of_node, config.of_domain);
    arena_defer(app->arena, destroy_budgets, s->budgets);
    s->buffer = buffer_of(app, config.ingest);
    return CONFIGURED_ON;
}

/* ING-028: a failure is tried again with the next round; publishing tells of it meanwhile. */
static void expire_once(struct app *app, struct ingest_buffer *buffer)
{
    struct arena *a = arena_create();
    struct tx *tx = tx_begin(app->db, a);
    if (buffer->expire(buffer, tx, app_clock_now(&app->clock)) != INGEST_BUFFERED)
        log_line(LOG_WARN, "what is too old stays in the ingest buffer for now", NULL);
    tx_end(tx);
    arena_destroy(a);
}

static void keep_short(struct app *app, void *state)
{
    const struct ingest_state *s = state;
    if (!s->buffer || !s->buffer->expire)
        return;
    do {
        expire_once(app, s->buffer);
    } while (!app_wait(EXPIRY_EVERY_S * NANOS_PER_SECOND));
}

const struct surface surface_observability = {
    .name = "observability",
    .configure = configure,
    .operations = operations,
    .n_operations = ARRAY_LEN(operations),
    .background = keep_short,
};
