#include "reference/plexsphere/observability/service.h"

#include "common/arena.h"
#include "common/log.h"
#include "common/text.h"
#include "common/timestamp.h"
#include "reference/plexsphere/observability/inflate.h"

/* ING-005, ING-006: an absent or empty encoding is none. The time is read for the log alone: no
 * window is put around it. */
enum ingest_gate ingest_read_headers(const char *encoding, const char *sent_at,
                                     struct ingest_headers *out)
{
    out->gzip = text_equal_nocase(encoding, "gzip");
    if (!out->gzip && !text_blank(encoding) && !text_equal_nocase(encoding, "identity"))
        return GATE_ENCODING_UNSUPPORTED;
    return sent_at && timestamp_parse(sent_at, &out->sent_at) ? GATE_OPEN : GATE_SENT_AT_INVALID;
}

static enum ingest_gate unpack(struct request *rq, bool gzip, struct bytes *body)
{
    *body = rq->body;
    if (!gzip)
        return GATE_OPEN;
    switch (gzip_inflate(rq->arena, rq->body, INFLATED_BYTES_MAX, body)) {
    case INFLATE_OK: return GATE_OPEN;
    case INFLATE_INVALID: return GATE_ENCODING_INVALID;
    case INFLATE_TOO_LARGE: return GATE_INFLATED_TOO_LARGE;
    }
    return GATE_FAILED;
}

static enum ingest_gate take_records(struct request *rq, const struct record_form *form,
                                     struct bytes body, struct ingest_batch *out)
{
    struct bytes *records;
    *out = (struct ingest_batch){
        .signal = form->signal,
        .domain_id = rq->node.domain_id,
        .project_id = rq->node.project_id,
        .node_id = rq->node.node_id,
        .received_at = rq->now,
    };
    enum records_result result = records_read(rq->arena, form, body, &records, &out->n);
    out->records = records;
    switch (result) {
    case RECORDS_OK: return GATE_OPEN;
    case RECORDS_TOO_MANY: return GATE_TOO_MANY_RECORDS;
    case RECORDS_MALFORMED: return GATE_MALFORMED;
    }
    return GATE_FAILED;
}

/* ING-020: what is charged is what came over the wire, before it is unpacked. */
enum ingest_gate ingest_admit(struct request *rq, const struct record_form *form,
                              const struct ingest_headers *headers, struct ingest_batch *out,
                              int64_t *retry_after_s)
{
    const struct ingest_state *state = rq->state;
    struct bytes body;
    switch (budgets_charge(state->budgets, &rq->node.node_id, &rq->node.domain_id,
                           (int64_t)rq->body.len, rq->now, retry_after_s)) {
    case BUDGET_PAID: break;
    case BUDGET_NODE_EXHAUSTED: return GATE_NODE_BUDGET;
    case BUDGET_DOMAIN_EXHAUSTED: return GATE_DOMAIN_BUDGET;
    }
    enum ingest_gate gate = unpack(rq, headers->gzip, &body);
    return gate == GATE_OPEN ? take_records(rq, form, body, out) : gate;
}

/* ING-006: a batch may say any time, also one so far away that nanoseconds cannot count it. */
static int64_t lag_of(int64_t received_at, int64_t sent_at)
{
    const int64_t most = INT64_MAX / 1000;
    int64_t micros = received_at - sent_at;
    return (micros > most ? most : micros < -most ? -most : micros) * 1000;
}

/* ING-029: lag, bytes and records of what was taken; nothing of what is in it. */
static void note(struct request *rq, const struct ingest_batch *batch,
                 const struct ingest_headers *headers)
{
    struct arena *a = rq->arena;
    log_line(LOG_DEBUG, "telemetry taken", "signal", batch->signal, "node",
             uuid_text(a, &batch->node_id), "records", arena_printf(a, "%zu", batch->n), "bytes",
             arena_printf(a, "%zu", rq->body.len), "lag",
             duration_format(a, lag_of(batch->received_at, headers->sent_at)), NULL);
}

enum ingest_gate ingest_publish(struct request *rq, const struct ingest_batch *batch,
                                const struct ingest_headers *headers)
{
    const struct ingest_state *state = rq->state;
    switch (state->buffer->publish(state->buffer, rq->tx, batch)) {
    case INGEST_BUFFERED: note(rq, batch, headers); return GATE_OPEN;
    case INGEST_UNAVAILABLE: return GATE_BUFFER_UNAVAILABLE;
    case INGEST_FAILED: break;
    }
    return GATE_FAILED;
}
