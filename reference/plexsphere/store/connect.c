#include "reference/plexsphere/store/connect.h"

#include <errno.h>
#include <poll.h>
#include <string.h>

#include "common/number.h"
#include "common/text.h"
#include "common/timestamp.h"

/* A port, or a list of them for several hosts; libpq looks at it only when it connects. */
static bool is_port_list(const char *text)
{
    while (*text) {
        size_t len = strcspn(text, ",");
        char port[8];
        int64_t value;
        if (len >= sizeof(port))
            return false;
        memcpy(port, text, len);
        port[len] = '\0';
        if (len > 0 && !number_parse(port, 1, 65535, &value))
            return false;
        text += len + (text[len] == ',');
    }
    return true;
}

/* libpq's own words about a bad DSN quote it, password and all: they are dropped. */
bool dsn_check(const char *dsn, struct error *e)
{
    if (text_blank(dsn))
        return error_set(e, "the DSN is blank");
    char *words = NULL;
    PQconninfoOption *options = PQconninfoParse(dsn, &words);
    PQfreemem(words);
    if (!options)
        return error_set(e, "the DSN is neither a postgres:// URI nor a libpq connection string");
    bool port_ok = true;
    for (const PQconninfoOption *o = options; o->keyword; o++)
        if (text_equal(o->keyword, "port") && o->val)
            port_ok = is_port_list(o->val);
    PQconninfoFree(options);
    return port_ok || error_set(e, "the DSN's port must be a number from 1 to 65535");
}

bool connection_error(PGconn *c, struct error *e)
{
    char line[ERROR_TEXT_CAP];
    const char *words = PQerrorMessage(c);
    size_t len = 0;
    for (; *words && len + 1 < sizeof(line); words++)
        line[len++] = *words == '\n' || *words == '\t' ? ' ' : *words;
    while (len > 0 && line[len - 1] == ' ')
        len--;
    line[len] = '\0';
    return error_set(e, "%s", len > 0 ? line : "the connection broke");
}

bool socket_ready(PGconn *c, short events, int64_t deadline)
{
    struct pollfd fd = { .fd = PQsocket(c), .events = events };
    for (;;) {
        int64_t left = deadline - clock_monotonic_nanos();
        if (left <= 0)
            return false;
        int ms = left / 1000000 >= 60000 ? 60000 : (int)(left / 1000000) + 1;
        int n = poll(&fd, 1, ms);
        if (n > 0)
            return true; /* POLLERR and POLLHUP too: libpq finds out what it is */
        if (n < 0 && errno != EINTR)
            return false;
    }
}

static void drop_notice(void *context, const PGresult *notice)
{
    (void)context;
    (void)notice;
}

/* A server that vanished must be noticed even when nothing is being sent. What the DSN says about
 * these wins, because it comes later. */
static PGconn *start(const char *dsn)
{
    static const char *const names[] = {
        "keepalives",       "keepalives_idle",  "keepalives_interval",
        "keepalives_count", "tcp_user_timeout", "dbname",
        "client_encoding",  "application_name", NULL
    };
    const char *const values[] = { "1", "10", "5", "3", "20000", dsn, "UTF8", "plexsphere", NULL };
    return PQconnectStartParams(names, values, 1);
}

static bool finish_connecting(PGconn *c, int64_t deadline, struct error *e)
{
    PostgresPollingStatusType want = PGRES_POLLING_WRITING;
    while (want != PGRES_POLLING_OK) {
        if (want == PGRES_POLLING_FAILED || PQstatus(c) == CONNECTION_BAD)
            return connection_error(c, e);
        if (!socket_ready(c, want == PGRES_POLLING_READING ? POLLIN : POLLOUT, deadline))
            return error_set(e, "the database server does not answer");
        want = PQconnectPoll(c);
    }
    return true;
}

static bool apply_settings(PGconn *c, const char *settings, int64_t deadline, struct error *e)
{
    if (!PQsendQuery(c, settings))
        return connection_error(c, e);
    bool ok = true;
    for (;;) {
        while (PQisBusy(c)) {
            if (!socket_ready(c, POLLIN, deadline))
                return error_set(e, "the database server does not answer");
            if (!PQconsumeInput(c))
                return connection_error(c, e);
        }
        PGresult *r = PQgetResult(c);
        if (!r)
            return ok;
        if (PQresultStatus(r) != PGRES_COMMAND_OK)
            ok = connection_error(c, e);
        PQclear(r);
    }
}

PGconn *connect_until(const char *dsn, const char *settings, int64_t deadline, struct error *e)
{
    PGconn *c = start(dsn);
    if (!c) {
        error_set(e, "no memory for a database connection");
        return NULL;
    }
    PQsetNoticeReceiver(c, drop_notice, NULL);
    if (finish_connecting(c, deadline, e) && apply_settings(c, settings, deadline, e))
        return c;
    PQfinish(c);
    return NULL;
}
