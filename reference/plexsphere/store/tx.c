/* A leased connection for one request (db.h).
 *
 *     reading ──tx_write──▶ writing ──statement──▶ begun ──tx_commit / tx_rollback──▶ reading
 *                                                    └──a statement fails──▶ failed: only
 *                                                       tx_rollback (or tx_commit, refused) leads
 * out
 *
 * The connection is leased with the first statement: a request that is refused before it asks the
 * database anything costs the pool nothing. */
#include <string.h>

#include "common/arena.h"
#include "common/log.h"
#include "common/number.h"
#include "common/text.h"
#include "common/timestamp.h"
#include "reference/plexsphere/store/exchange.h"
#include "reference/plexsphere/store/sqlstate.h"

#define LEASE_WAIT (5 * NANOS_PER_SECOND)
/* Beyond the session's own statement_timeout: only a server that hangs gets this far. */
#define ANSWER_WAIT (20 * NANOS_PER_SECOND)

enum { LATER_MOST = 16 };

struct tx {
    struct db *db;
    struct arena *arena;
    struct connection *connection;     /* NULL before the first statement */
    bool unavailable;                  /* no lease was to be had: not asked for again */
    bool writing;                      /* tx_write() was called */
    bool begun;                        /* BEGIN was carried out */
    bool revokes;                      /* tx_revokes() was called */
    uint64_t epoch;                    /* of revocations, when this began */
    enum sql_result failed;            /* the first failure since tx_write(); SQL_OK: none */
    char constraint[64];               /* Postgres names have 63 bytes at most */
    struct sql_call later[LATER_MOST]; /* not sent yet */
    size_t n_later;
};

struct tx *tx_begin(struct db *db, struct arena *a)
{
    struct tx *tx = arena_alloc(a, sizeof(*tx));
    tx->db = db;
    tx->arena = a;
    tx->epoch = db_epoch(db);
    return tx;
}

void tx_revokes(struct tx *tx)
{
    tx->revokes = true;
}

uint64_t tx_epoch(const struct tx *tx)
{
    return tx->epoch;
}

struct arena *tx_arena(const struct tx *tx)
{
    return tx->arena;
}

const char *sql_constraint(const struct tx *tx)
{
    return tx->constraint;
}

static bool have_connection(struct tx *tx)
{
    if (!tx->connection && !tx->unavailable) {
        struct error why = { "" };
        tx->connection = pool_lease(tx->db, clock_monotonic_nanos() + LEASE_WAIT, &why);
        tx->unavailable = !tx->connection;
        if (tx->unavailable)
            log_line(LOG_DEBUG, "no database connection", "error", why.text, NULL);
    }
    return tx->connection && !tx->connection->broken;
}

static void clear_result(void *result)
{
    PQclear(result);
}

static int rows_changed(PGresult *r)
{
    int64_t n;
    return number_parse(PQcmdTuples(r), 0, INT32_MAX, &n) ? (int)n : 0;
}

static void keep_rows(struct tx *tx, const struct sql_call *call, PGresult *r)
{
    if (!call->rows) {
        PQclear(r);
        return;
    }
    int n = PQresultStatus(r) == PGRES_TUPLES_OK ? PQntuples(r) : rows_changed(r);
    *call->rows = (struct rows){ .result = r, .n = n, .arena = tx->arena };
    arena_defer(tx->arena, clear_result, r);
}

/* The server's message may quote a parameter, so it is logged only where it cannot. What was merely
 * skipped after a failure has no SQLSTATE and no line. */
static void log_failure(const struct statement *s, const PGresult *r)
{
    const char *sqlstate = PQresultErrorField(r, PG_DIAG_SQLSTATE);
    const char *message = PQresultErrorField(r, PG_DIAG_MESSAGE_PRIMARY);
    if (message && sqlstate_message_is_safe(sqlstate))
        log_line(LOG_ERROR, "statement failed", "statement", s->name, "sqlstate", sqlstate,
                 "message", message, NULL);
    else if (sqlstate)
        log_line(LOG_ERROR, "statement failed", "statement", s->name, "sqlstate", sqlstate, NULL);
}

static void note_failure(struct tx *tx, const struct sql_call *call, PGresult *r)
{
    const char *name = PQresultErrorField(r, PG_DIAG_CONSTRAINT_NAME);
    if (name && !*tx->constraint)
        strncpy(tx->constraint, name, sizeof(tx->constraint) - 1);
    if (call->result == SQL_FAILED)
        log_failure(call->statement, r);
    if (tx->writing && tx->failed == SQL_OK)
        tx->failed = call->result;
    PQclear(r);
}

static enum sql_result settle(struct tx *tx, struct sql_call *calls, PGresult **results, size_t n)
{
    enum sql_result first = SQL_OK;
    for (size_t i = 0; i < n; i++) {
        struct sql_call *call = &calls[i];
        if (call->result == SQL_OK)
            keep_rows(tx, call, results[i]);
        else
            note_failure(tx, call, results[i]);
        if (first == SQL_OK)
            first = call->result;
    }
    return first;
}

/* Every call answers the same: nothing was, or could be, sent. */
static enum sql_result refuse_all(struct sql_call *calls, size_t n, enum sql_result why)
{
    for (size_t i = 0; i < n; i++)
        calls[i].result = why;
    return why;
}

/* Sends what there is, in one flush. */
static void send_all(struct tx *tx, struct sql_call *calls, PGresult **results, size_t n)
{
    struct exchange x = { .connection = tx->connection,
                          .arena = tx->arena,
                          .begin = tx->writing && !tx->begun,
                          .calls = calls,
                          .results = results,
                          .n = n };
    refuse_all(calls, n, SQL_UNAVAILABLE); /* until its result has come */
    bool whole = exchange_run(&x, &tx->begun, clock_monotonic_nanos() + ANSWER_WAIT);
    if (!whole) /* outside a transaction the server commits last of all: nothing is certain */
        refuse_all(calls, n, SQL_UNAVAILABLE);
    if (!whole || tx->connection->broken)
        log_line(LOG_WARN, "database connection dropped", "statement", calls[0].statement->name,
                 NULL);
}

/* What was left for later comes first, and its failure is not the caller's own. */
static enum sql_result run_behind_later(struct tx *tx, struct sql_call *calls, size_t n)
{
    size_t before = tx->n_later;
    struct sql_call *all = arena_alloc_array(tx->arena, before + n, sizeof *all);
    PGresult **results = arena_alloc_array(tx->arena, before + n, sizeof *results);
    memcpy(all, tx->later, before * sizeof *all);
    memcpy(all + before, calls, n * sizeof *all);
    tx->n_later = 0;
    send_all(tx, all, results, before + n);
    enum sql_result ignored = settle(tx, all, results, before);
    enum sql_result first = settle(tx, all + before, results + before, n);
    for (size_t i = 0; i < n; i++)
        calls[i].result = all[before + i].result;
    (void)ignored; /* tx->failed has it */
    return first;
}

enum sql_result sql_run_all(struct tx *tx, struct sql_call *calls, size_t n)
{
    tx->constraint[0] = '\0';
    for (size_t i = 0; i < n; i++)
        if (calls[i].rows)
            *calls[i].rows = (struct rows){ .arena = tx->arena };
    if (tx->failed != SQL_OK) /* the server would say 25P02 */
        return refuse_all(calls, n, tx->failed == SQL_UNAVAILABLE ? SQL_UNAVAILABLE : SQL_FAILED);
    if (!have_connection(tx)) {
        tx->failed = tx->writing ? SQL_UNAVAILABLE : SQL_OK;
        return refuse_all(calls, n, SQL_UNAVAILABLE);
    }
    return run_behind_later(tx, calls, n);
}

static struct param copy_of(struct arena *a, const struct param *p)
{
    struct param copy = *p;
    if (p->kind == PARAM_TEXT)
        copy.text = arena_strdup(a, p->text);
    if (p->kind == PARAM_BYTES && p->bytes.len > 0) {
        unsigned char *bytes = arena_alloc(a, p->bytes.len);
        memcpy(bytes, p->bytes.data, p->bytes.len);
        copy.bytes.data = bytes;
    }
    return copy;
}

enum sql_result sql_later(struct tx *tx, const struct statement *s, const struct param *params,
                          size_t n_params)
{
    if (!tx->writing || tx->failed != SQL_OK || tx->n_later == LATER_MOST)
        return sql_run(tx, s, NULL, params, n_params);
    struct param *copies = arena_alloc_array(tx->arena, n_params + 1, sizeof *copies);
    for (size_t i = 0; i < n_params; i++)
        copies[i] = copy_of(tx->arena, &params[i]);
    tx->later[tx->n_later++] =
        (struct sql_call){ .statement = s, .params = copies, .n_params = n_params };
    return SQL_OK;
}

enum sql_result sql_run(struct tx *tx, const struct statement *s, struct rows *rows,
                        const struct param *params, size_t n_params)
{
    struct sql_call call = { .statement = s, .rows = rows, .params = params, .n_params = n_params };
    return sql_run_all(tx, &call, 1);
}

void tx_write(struct tx *tx)
{
    tx->writing = true;
}

static void forget_transaction(struct tx *tx)
{
    tx->writing = tx->begun = tx->revokes = false;
    tx->failed = SQL_OK;
    tx->n_later = 0;
}

void tx_rollback(struct tx *tx)
{
    if (tx->begun && !tx->connection->broken)
        PQclear(exchange_plain(tx->connection, "ROLLBACK", clock_monotonic_nanos() + ANSWER_WAIT));
    forget_transaction(tx);
}

/* COMMIT of an aborted transaction succeeds with the tag ROLLBACK: only the tag tells. */
static enum sql_result commit_once(struct tx *tx)
{
    static const struct statement commit = { "commit", "COMMIT" };
    struct rows done;
    struct sql_call call = { .statement = &commit, .rows = &done };
    enum sql_result r = sql_run_all(tx, &call, 1);
    if (r == SQL_OK && !text_equal(PQcmdStatus(done.result), "COMMIT"))
        r = SQL_FAILED;
    return r != SQL_FAILED || tx->failed == SQL_OK ? r : tx->failed;
}

enum sql_result tx_commit(struct tx *tx)
{
    if (tx->failed != SQL_OK) {
        enum sql_result why = tx->failed;
        tx_rollback(tx);
        return why;
    }
    if (!tx->begun && tx->n_later == 0) { /* nothing was written */
        forget_transaction(tx);
        return SQL_OK;
    }
    enum sql_result result = commit_once(tx);
    /* Also when nobody can tell whether it was committed. */
    if (tx->revokes)
        pool_note_revocation(tx->db);
    if (result != SQL_OK)
        tx_rollback(tx);
    forget_transaction(tx);
    return result;
}

void tx_end(struct tx *tx)
{
    if (tx->begun)
        tx_rollback(tx);
    if (tx->connection)
        pool_give_back(tx->db, tx->connection);
    tx->connection = NULL;
    tx->unavailable = true; /* a statement after the end is a mistake, not a new lease */
}
