/* suites/ingest/ingest.h — telemetry of a case's own Nodes. */
#ifndef SUITES_INGEST_H
#define SUITES_INGEST_H

#include <jansson.h>

#include "harness/judge.h"
#include "harness/world.h"
#include "suites/nodes/nodes.h"
#include "suites/common/gzip.h"

#define TELEMETRY                                                                                  \
    .needs = { "ingest", "registration", "bootstrap-tokens", "resources" }, .budget_ms = 30000
/* Numbers that no source states. */
#define TELEMETRY_BY_RULING                                                                        \
    .needs = { "ingest", "registration", "bootstrap-tokens", "resources", "rulings" },             \
    .budget_ms = 30000

/* What the rulings put in the place of numbers. */
enum { WIRE_CAP = 1024 * 1024, INFLATED_CAP = 8 * 1024 * 1024, RECORD_CAP = 1000 };

struct signal {
    const char *name; /* the last part of its path */
    const char *media_type;
    bool lines;
};
extern const struct signal signals[];
enum { METRICS, LOGS, AUDIT, SIGNALS };

/* A record that is accepted; a new reference. */
json_t *record_of(struct world *w, const struct signal *s);
/* A batch of `n` such records, as its signal wants them. */
struct bytes batch_of(struct world *w, const struct signal *s, size_t n);
/* The records, which are stolen, as one batch; NULL ends them. */
struct bytes batch_with(struct world *w, const struct signal *s, json_t *first, ...)
    __attribute__((sentinel));
struct bytes joined_bytes(struct world *w, struct bytes a, struct bytes b);

/* How a batch is sent: what is NULL is as it should be. */
struct sending {
    const char *bearer, *node; /* the Node's own */
    const char *encoding;      /* not sent */
    const char *sent_at;       /* now; "" is not sent */
    const char *media_type;    /* the signal's */
    const char *base_url;      /* the world's */
};
struct exchange *sending_as(struct world *w, const struct own_node *n, const struct signal *s,
                            struct bytes body, struct sending how);
#define sending(w, n, s, body, ...)                                                                \
    sending_as((w), (n), (s), (body), (struct sending){ __VA_ARGS__ })

/* 202, and so many records. */
void expect_taken(struct world *w, struct exchange *x, int64_t records);

#endif
