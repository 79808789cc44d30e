/* Questions about the database as a whole. The pool is in pool.c, transactions in tx.c, the wire in
 * exchange.c, the reading of results in rows.c, the meaning of failures in sqlstate.c. */
#include "reference/plexsphere/store/db.h"

#include "common/arena.h"
#include "common/timestamp.h"
#include "reference/plexsphere/store/connect.h"
#include "reference/plexsphere/store/exchange.h"

bool db_ping(struct db *db, int timeout_ms, struct error *e)
{
    int64_t deadline = clock_monotonic_nanos() + (int64_t)timeout_ms * 1000000;
    struct connection *c = pool_lease(db, deadline, e);
    if (!c)
        return false;
    PGresult *r = exchange_plain(c, "SELECT 1", deadline);
    bool ok = r && PQresultStatus(r) == PGRES_TUPLES_OK;
    if (!ok && PQstatus(c->pg) == CONNECTION_BAD)
        connection_error(c->pg, e);
    else if (!ok)
        error_set(e, "the database server gave no answer within %d ms", timeout_ms);
    PQclear(r);
    pool_give_back(db, c);
    return ok;
}

static const struct statement migrations_recorded = {
    .name = "migrations_recorded",
    .sql = "SELECT to_regclass('goose_db_version') IS NOT NULL",
};
/* A version's latest row decides: older goose records a down as a row with is_applied false. */
static const struct statement highest_migration = {
    .name = "highest_migration",
    .sql =
        "SELECT COALESCE(max(version_id), -1) FROM (SELECT DISTINCT ON (version_id) version_id,"
        " is_applied FROM goose_db_version ORDER BY version_id, id DESC) latest WHERE is_applied",
};

static bool read_version(struct tx *tx, int64_t *version)
{
    struct rows rows;
    if (sql_run(tx, &migrations_recorded, &rows, NULL, 0) != SQL_OK)
        return false;
    if (!row_bool(&rows, 0, 0))
        return true; /* stays -1 */
    if (sql_run(tx, &highest_migration, &rows, NULL, 0) != SQL_OK)
        return false;
    *version = row_int(&rows, 0, 0);
    return true;
}

bool db_migrated_to(struct db *db, int64_t *version, struct error *e)
{
    *version = -1;
    struct arena *a = arena_create();
    struct tx *tx = tx_begin(db, a);
    bool ok = read_version(tx, version);
    tx_end(tx);
    arena_destroy(a);
    return ok || error_set(e, "the migration version cannot be read from goose_db_version");
}
