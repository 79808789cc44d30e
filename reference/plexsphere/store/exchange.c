#include "reference/plexsphere/store/exchange.h"

#include <inttypes.h>
#include <poll.h>

#include "common/arena.h"
#include "common/timestamp.h"
#include "reference/plexsphere/store/connect.h"
#include "reference/plexsphere/store/sqlstate.h"

enum { FORMAT_TEXT = 0, FORMAT_BINARY = 1 };

struct encoded {
    const char **values;
    int *lengths;
    int *formats;
};

static void encode_one(struct arena *a, const struct param *p, struct encoded *out, size_t i)
{
    switch (p->kind) {
    case PARAM_NULL: out->values[i] = NULL; return;
    case PARAM_TEXT: out->values[i] = p->text; return;
    case PARAM_INT: out->values[i] = arena_printf(a, "%" PRId64, p->number); return;
    case PARAM_BOOL: out->values[i] = p->number ? "t" : "f"; return;
    case PARAM_UUID: out->values[i] = uuid_text(a, &p->uuid); return;
    case PARAM_TIME: out->values[i] = timestamp_format(a, p->number); return;
    case PARAM_BYTES:
        out->values[i] = p->bytes.data ? (const char *)p->bytes.data : "";
        out->lengths[i] = (int)p->bytes.len;
        out->formats[i] = FORMAT_BINARY;
        return;
    }
}

static struct encoded encode(struct arena *a, const struct param *params, size_t n)
{
    struct encoded out = { arena_alloc_array(a, n + 1, sizeof(char *)),
                           arena_alloc_array(a, n + 1, sizeof(int)),
                           arena_alloc_array(a, n + 1, sizeof(int)) };
    for (size_t i = 0; i < n; i++)
        encode_one(a, &params[i], &out, i);
    return out;
}

static bool send_begin(PGconn *pg)
{
    return PQsendQueryParams(pg, "BEGIN", 0, NULL, NULL, NULL, NULL, FORMAT_TEXT) == 1;
}

static bool send_call(struct exchange *x, const struct sql_call *call, bool prepare)
{
    PGconn *pg = x->connection->pg;
    const struct statement *s = call->statement;
    struct encoded p = encode(x->arena, call->params, call->n_params);
    return (!prepare || PQsendPrepare(pg, s->name, s->sql, 0, NULL) == 1) &&
           PQsendQueryPrepared(pg, s->name, (int)call->n_params, p.values, p.lengths, p.formats,
                               FORMAT_TEXT) == 1;
}

/* Sending must read as well: a server whose own output is stuck would stop reading ours. */
static bool flush_until(PGconn *pg, int64_t deadline)
{
    for (;;) {
        int left = PQflush(pg);
        if (left <= 0)
            return left == 0;
        if (!socket_ready(pg, POLLIN | POLLOUT, deadline) || !PQconsumeInput(pg))
            return false;
    }
}

/* The next result, or NULL in *out where libpq marks the end of one command's results. */
static bool next_result(PGconn *pg, int64_t deadline, PGresult **out)
{
    *out = NULL;
    while (PQisBusy(pg))
        if (!socket_ready(pg, POLLIN, deadline) || !PQconsumeInput(pg))
            return false;
    *out = PQgetResult(pg);
    return true;
}

/* COPY never ends by itself, and no statement of ours copies. */
static bool is_copy(const PGresult *r)
{
    ExecStatusType status = PQresultStatus(r);
    return status == PGRES_COPY_IN || status == PGRES_COPY_OUT || status == PGRES_COPY_BOTH;
}

/* The one result of a command; what follows it up to the end mark is cleared. */
static bool command_result(PGconn *pg, int64_t deadline, PGresult **out)
{
    if (!next_result(pg, deadline, out) || !*out || is_copy(*out))
        return false;
    PGresult *more;
    for (;;) {
        if (!next_result(pg, deadline, &more))
            return false;
        if (!more)
            return PQstatus(pg) == CONNECTION_OK;
        PQclear(more);
    }
}

static bool read_sync(PGconn *pg, int64_t deadline)
{
    PGresult *r;
    if (!next_result(pg, deadline, &r))
        return false;
    bool ok = PQresultStatus(r) == PGRES_PIPELINE_SYNC;
    PQclear(r);
    return ok;
}

/* Keeps the first failure of BEGIN, Parse and Execute: what follows it says "aborted" only. */
static void keep_result(PGresult **kept, PGresult *r)
{
    if (*kept && PQresultStatus(*kept) == PGRES_FATAL_ERROR) {
        PQclear(r);
        return;
    }
    PQclear(*kept);
    *kept = r;
}

static enum sql_result result_of(const PGresult *r)
{
    ExecStatusType status = PQresultStatus(r);
    if (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK)
        return SQL_OK;
    if (status == PGRES_FATAL_ERROR)
        return sqlstate_result(PQresultErrorField(r, PG_DIAG_SQLSTATE));
    return SQL_FAILED; /* not carried out, because an earlier one failed */
}

/* The result of one of a call's commands, into the call's result; *done tells whether it succeeded.
 */
static bool read_part(struct exchange *x, size_t i, bool *done, int64_t deadline)
{
    PGresult *r = NULL;
    if (!command_result(x->connection->pg, deadline, &r)) {
        PQclear(r);
        return false;
    }
    *done = PQresultStatus(r) == PGRES_COMMAND_OK;
    keep_result(&x->results[i], r);
    return true;
}

static bool read_call(struct exchange *x, size_t i, bool prepared_here, bool *begun,
                      int64_t deadline)
{
    bool done = false;
    if (x->begin && i == 0 && !read_part(x, i, begun, deadline))
        return false;
    if (prepared_here && !read_part(x, i, &done, deadline))
        return false;
    if (done)
        connection_remember_prepared(x->connection, x->calls[i].statement);
    if (!read_part(x, i, &done, deadline))
        return false;
    const PGresult *r = x->results[i];
    x->calls[i].result = result_of(r);
    if (PQresultStatus(r) == PGRES_FATAL_ERROR &&
        sqlstate_spoils_connection(PQresultErrorField(r, PG_DIAG_SQLSTATE)))
        x->connection->broken = true;
    return true;
}

/* Is the same statement sent, and so prepared, by an earlier call of this exchange? */
static bool sent_before(const struct exchange *x, size_t i)
{
    for (size_t j = 0; j < i; j++)
        if (x->calls[j].statement == x->calls[i].statement)
            return true;
    return false;
}

bool exchange_run(struct exchange *x, bool *begun, int64_t deadline)
{
    PGconn *pg = x->connection->pg;
    bool *prepare = arena_alloc_array(x->arena, x->n, sizeof(bool));
    bool ok = !x->begin || send_begin(pg);
    for (size_t i = 0; ok && i < x->n; i++) {
        prepare[i] =
            !connection_has_prepared(x->connection, x->calls[i].statement) && !sent_before(x, i);
        ok = send_call(x, &x->calls[i], prepare[i]);
    }
    /* One Sync for all: the server answers in one piece, and we wake up once. */
    ok = ok && PQpipelineSync(pg) == 1 && flush_until(pg, deadline);
    for (size_t i = 0; ok && i < x->n; i++)
        ok = read_call(x, i, prepare[i], begun, deadline);
    ok = ok && read_sync(pg, deadline);
    if (!ok)
        x->connection->broken = true;
    return ok;
}

PGresult *exchange_plain(struct connection *c, const char *sql, int64_t deadline)
{
    PGresult *r = NULL;
    if (PQsendQueryParams(c->pg, sql, 0, NULL, NULL, NULL, NULL, FORMAT_TEXT) == 1 &&
        PQpipelineSync(c->pg) == 1 && flush_until(c->pg, deadline) &&
        command_result(c->pg, deadline, &r) && read_sync(c->pg, deadline))
        return r;
    PQclear(r);
    c->broken = true;
    return NULL;
}
