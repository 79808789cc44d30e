/* store/exchange.h — statements to the server and results back, in one flush and within a deadline.
 *
 * libpq's pipeline mode carries everything: BEGIN, Parse of what this connection has not seen, Bind
 * and Execute leave together, so that a statement costs one round trip on its first run too.
 *
 * Formats: parameters travel as text whose type the server infers from the statement, because a
 * type that depended on the first call's values (p_uuid of NULL) would stick to the prepared
 * statement; only bytea is binary, to save its doubling. Results are text throughout, since libpq's
 * choice covers all columns of a result: rows.c reads each kind from its text form. Private to
 * store/. */
#ifndef PLEXSPHERE_STORE_EXCHANGE_H
#define PLEXSPHERE_STORE_EXCHANGE_H

#include "reference/plexsphere/store/pool.h"

struct exchange {
    struct connection *connection;
    struct arena *arena;
    bool begin;             /* send BEGIN first */
    struct sql_call *calls; /* `result` is filled in each */
    PGresult **results;     /* one per call, the caller's to PQclear; NULL when it never came */
    size_t n;
};

/* False when the connection broke or the deadline passed; the connection is then marked broken.
 * *begun tells whether BEGIN was carried out. */
MUST_CHECK bool exchange_run(struct exchange *x, bool *begun, int64_t deadline);

/* BEGIN's counterpart: COMMIT or ROLLBACK on its own. NULL when the connection broke. */
PGresult *exchange_plain(struct connection *c, const char *sql, int64_t deadline);

#endif
