/* store/goose_table.h — goose_db_version, exactly as goose itself makes and reads it.
 *
 * Rows are history: the one with the highest id speaks for its version. goose 3 deletes a version's
 * rows when it goes down; older ones wrote a row with is_applied false, which is still understood.
 */
#ifndef PLEXSPHERE_STORE_GOOSE_TABLE_H
#define PLEXSPHERE_STORE_GOOSE_TABLE_H

#include <libpq-fe.h>

#include "common/base.h"
#include "common/error.h"

struct arena;

struct goose_applied {
    int64_t version;
    const char *at; /* UTC, "2026-11-22T04:55:00Z" */
};

struct goose_history {
    bool table_exists;
    bool empty;      /* the table is there and holds no row at all */
    int64_t current; /* the version goose calls current; 0: none but the first row */
    int64_t highest; /* the highest applied version; 0: none */
    struct goose_applied *applied;
    size_t n;
};

MUST_CHECK bool goose_history_read(struct arena *a, PGconn *c, struct goose_history *out,
                                   struct error *e);
const struct goose_applied *goose_history_find(const struct goose_history *h, int64_t version);

/* Makes the table when it is absent, and the row of version 0 when it is empty. */
MUST_CHECK bool goose_table_ensure(PGconn *c, const struct goose_history *h, struct error *e);
MUST_CHECK bool goose_table_add(PGconn *c, int64_t version, struct error *e);
MUST_CHECK bool goose_table_remove(PGconn *c, int64_t version, struct error *e);

/* Runs SQL without results; the error carries SQLSTATE and message. */
MUST_CHECK bool goose_execute(PGconn *c, const char *sql, struct error *e);

#endif
