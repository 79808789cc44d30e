/* peers/endpoints.h — keeping what Nodes report of their endpoints (SPEC MSH-*). */
#ifndef PLEXSPHERE_PEERS_ENDPOINTS_H
#define PLEXSPHERE_PEERS_ENDPOINTS_H

#include "common/timestamp.h"
#include "reference/plexsphere/peers/endpoint.h"
#include "reference/plexsphere/store/db.h"

/* No operation sets another (ruling: node-surfaces 3.2). */
#define ENDPOINT_TTL (300 * MICROS_PER_SECOND)

enum endpoint_result {
    ENDPOINT_OK,
    ENDPOINT_NO_PEER, /* the Node takes no part in the mesh */
    ENDPOINT_GONE,    /* it left meanwhile */
    ENDPOINT_FAILED,
};

/* Everything or nothing: tx is writing. */
enum endpoint_result endpoint_accept(struct tx *tx, const struct uuid *node,
                                     const struct endpoint_report *report, int64_t now);
/* The second half of it: the write to a Node that was just seen live. */
enum endpoint_result endpoint_record(struct tx *tx, const struct uuid *node,
                                     const struct endpoint_report *report, int64_t now);
/* Announces at most `limit` endpoints whose time is over; *n is how many. tx is writing. */
MUST_CHECK enum sql_result endpoints_sweep(struct tx *tx, int64_t now, int limit, size_t *n);

#endif
