/* observability/service.h — the gates of a batch behind the NSK's ladder, in the contract's order
 * (SPEC ING-*). */
#ifndef PLEXSPHERE_OBSERVABILITY_SERVICE_H
#define PLEXSPHERE_OBSERVABILITY_SERVICE_H

#include "reference/plexsphere/http/request.h"
#include "reference/plexsphere/nodes/nodes.h"
#include "reference/plexsphere/observability/budget.h"
#include "reference/plexsphere/observability/records.h"
#include "reference/plexsphere/ports/ingest_buffer.h"

enum { WIRE_BYTES_MAX = 1024 * 1024, INFLATED_BYTES_MAX = 8 * 1024 * 1024 };

struct ingest_state {
    struct nsk_gate gate;         /* first: see nodes.h */
    struct ingest_buffer *buffer; /* NULL: none was chosen, ingest is off */
    struct budgets *budgets;
};

/* What the headers say; read before any of the body is looked at. */
struct ingest_headers {
    bool gzip;
    int64_t sent_at;
};

enum ingest_gate {
    GATE_OPEN,
    GATE_ENCODING_UNSUPPORTED,
    GATE_SENT_AT_INVALID,
    GATE_NODE_BUDGET,
    GATE_DOMAIN_BUDGET,
    GATE_ENCODING_INVALID,
    GATE_INFLATED_TOO_LARGE,
    GATE_TOO_MANY_RECORDS,
    GATE_MALFORMED,
    GATE_BUFFER_UNAVAILABLE,
    GATE_FAILED,
};

enum ingest_gate ingest_read_headers(const char *encoding, const char *sent_at,
                                     struct ingest_headers *out);
/* Budgets, then the body. *retry_after_s is set when a budget is spent. */
enum ingest_gate ingest_admit(struct request *rq, const struct record_form *form,
                              const struct ingest_headers *headers, struct ingest_batch *out,
                              int64_t *retry_after_s);
enum ingest_gate ingest_publish(struct request *rq, const struct ingest_batch *batch,
                                const struct ingest_headers *headers);

#endif
