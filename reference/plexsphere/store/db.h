/* store/db.h — Postgres: a pool of connections, prepared statements, transactions.
 *
 * A worker thread leases one connection as a `struct tx` for one request. Reads run without BEGIN
 * (one statement, one snapshot, one round trip). The first statement after tx_write() is preceded
 * by BEGIN in the same flush; tx_commit() ends it, with what sql_later() left. A connection that
 * broke is replaced on the next lease.
 *
 * A statement is a static value with a process-wide unique name; it is prepared on a connection
 * when it first runs there. SQL takes $1…; every time comes in as a parameter (clock/clock.h),
 * never now(). */
#ifndef PLEXSPHERE_STORE_DB_H
#define PLEXSPHERE_STORE_DB_H

#include "common/base.h"
#include "common/error.h"
#include "common/uuid.h"

struct arena;
struct db;
struct tx;

struct statement {
    const char *name; /* "domain_by_id" */
    const char *sql;
};

enum sql_result {
    SQL_OK,
    SQL_UNIQUE,      /* 23505 */
    SQL_EXCLUSION,   /* 23P01 */
    SQL_FOREIGN_KEY, /* 23503 */
    SQL_CHECK,       /* 23514, 22xxx: the database refused a value */
    SQL_BUSY, /* 55P03 lock_not_available, 40001, 40P01, 57014 (timeout): try again or say so */
    SQL_UNAVAILABLE, /* no connection, or it broke under the statement */
    SQL_FAILED,      /* anything else; logged with its SQLSTATE, never with parameters */
};

/* Parameters. Text pointers must hold until the call returns. Postgres infers each one's type from
 * the statement; where it cannot ("$1 IS NULL", jsonb_build_object('k', $1)) the SQL says it:
 * "$1::uuid". */
struct param {
    enum {
        PARAM_NULL,
        PARAM_TEXT,
        PARAM_INT,
        PARAM_BOOL,
        PARAM_UUID,
        PARAM_BYTES,
        PARAM_TIME
    } kind;
    const char *text;
    int64_t number; /* INT, BOOL, TIME in microseconds since 1970 */
    struct bytes bytes;
    struct uuid uuid;
};
static inline struct param p_null(void)
{
    return (struct param){ .kind = PARAM_NULL };
}
/* NULL text is SQL NULL. */
static inline struct param p_text(const char *t)
{
    return (struct param){ .kind = t ? PARAM_TEXT : PARAM_NULL, .text = t };
}
static inline struct param p_int(int64_t n)
{
    return (struct param){ .kind = PARAM_INT, .number = n };
}
static inline struct param p_bool(bool b)
{
    return (struct param){ .kind = PARAM_BOOL, .number = b };
}
static inline struct param p_time(int64_t micros)
{
    return (struct param){ .kind = PARAM_TIME, .number = micros };
}
static inline struct param p_uuid(const struct uuid *u)
{
    return u ? (struct param){ .kind = PARAM_UUID, .uuid = *u } : p_null();
}
static inline struct param p_bytes(const void *data, size_t len)
{
    return (struct param){ .kind = PARAM_BYTES, .bytes = { data, len } };
}

/* Result rows; they live in the tx's arena. Column numbers start at 0. */
struct rows {
    void *result; /* PGresult */
    int n;        /* rows returned, or rows changed by a statement that returns none */
    struct arena *arena;
};

/* Runs one statement. `rows` may be NULL. */
MUST_CHECK enum sql_result sql_run(struct tx *tx, const struct statement *s, struct rows *rows,
                                   const struct param *params, size_t n_params);
#define SQL(tx, statement, rows, ...)                                                              \
    sql_run((tx), (statement), (rows), (const struct param[]){ __VA_ARGS__ },                      \
            sizeof((const struct param[]){ __VA_ARGS__ }) / sizeof(struct param))

/* Several statements in one flush and one wait: authentication, permission and row cost one round
 * trip. All of them or, after the first that fails, none: that one's `result` says why, those after
 * it were not carried out (SQL_FAILED), those before it keep their rows, and outside tx_write()
 * their writes are undone. The first result that is not SQL_OK is returned. */
struct sql_call {
    const struct statement *statement;
    struct rows *rows; /* may be NULL */
    const struct param *params;
    size_t n_params;
    enum sql_result result; /* out */
};
MUST_CHECK enum sql_result sql_run_all(struct tx *tx, struct sql_call *calls, size_t n);

/* A write that goes with the transaction's next statement, or with its COMMIT, in the same flush:
 * for writes whose failure is nobody's to interpret. It shows there as SQL_FAILED, at COMMIT as
 * what it was, and undoes the transaction like any other. Parameters are copied; outside tx_write()
 * this is sql_run(). */
MUST_CHECK enum sql_result sql_later(struct tx *tx, const struct statement *s,
                                     const struct param *params, size_t n_params);
#define SQL_LATER(tx, statement, ...)                                                              \
    sql_later((tx), (statement), (const struct param[]){ __VA_ARGS__ },                            \
              sizeof((const struct param[]){ __VA_ARGS__ }) / sizeof(struct param))

/* The name of the constraint the last statement broke, "" when none: to tell two uniques apart. */
const char *sql_constraint(const struct tx *tx);

bool row_is_null(const struct rows *r, int row, int column);
const char *row_text(const struct rows *r, int row, int column); /* NULL for SQL NULL; arena */
int64_t row_int(const struct rows *r, int row, int column);      /* 0 for SQL NULL */
bool row_bool(const struct rows *r, int row, int column);
struct uuid row_uuid(const struct rows *r, int row, int column); /* nil for SQL NULL */
struct bytes row_bytes(const struct rows *r, int row, int column);
int64_t row_time(const struct rows *r, int row, int column); /* microseconds; timestamptz columns */

/* The pool. `size` connections at most, opened when first needed. Fails only on a malformed DSN. */
MUST_CHECK bool db_open(const char *dsn, int size, struct db **out, struct error *e);
void db_close(struct db *db);
/* Is the database there? One round trip on a pooled connection, bounded by timeout_ms. */
MUST_CHECK bool db_ping(struct db *db, int timeout_ms, struct error *e);
/* The highest goose version applied; -1 when the table is absent or empty. */
MUST_CHECK bool db_migrated_to(struct db *db, int64_t *version, struct error *e);

/* Leases a connection until tx_end(). Never NULL: when there is none the first statement answers
 * SQL_UNAVAILABLE. Results live in `a`. */
struct tx *tx_begin(struct db *db, struct arena *a);
void tx_write(struct tx *tx);                        /* from here on one transaction */
MUST_CHECK enum sql_result tx_commit(struct tx *tx); /* SQL_OK for a tx that never wrote */
void tx_rollback(struct tx *tx); /* what was written since tx_write() is undone */
void tx_end(struct tx *tx);      /* rolls back what was not committed, gives back */
struct arena *tx_arena(const struct tx *tx);

/* Answers that are kept for an outage never outlive a revocation. Whoever takes a key, a token or a
 * relation away says so inside its transaction; the epoch moves on with its commit. An answer is
 * kept under the epoch its own transaction began in, and is worth nothing in a later one. Of this
 * process alone: what other replicas revoke is not heard of here. */
void tx_revokes(struct tx *tx);
uint64_t tx_epoch(const struct tx *tx); /* as it was at tx_begin() */
uint64_t db_epoch(const struct db *db);

#endif
