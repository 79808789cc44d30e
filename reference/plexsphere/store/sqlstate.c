#include "reference/plexsphere/store/sqlstate.h"

#include "common/text.h"

static const struct {
    const char *prefix; /* a whole SQLSTATE or its class */
    enum sql_result result;
} meanings[] = {
    { "23505", SQL_UNIQUE },      /* unique_violation */
    { "23P01", SQL_EXCLUSION },   /* exclusion_violation */
    { "23503", SQL_FOREIGN_KEY }, /* foreign_key_violation */
    { "23514", SQL_CHECK },       /* check_violation */
    { "22", SQL_CHECK },          /* data exception */
    { "55P03", SQL_BUSY },        /* lock_not_available */
    { "40001", SQL_BUSY },        /* serialization_failure */
    { "40P01", SQL_BUSY },        /* deadlock_detected */
    { "57014", SQL_BUSY }, /* statement_timeout: waited too long for a lock or for the machine */
    { "08", SQL_UNAVAILABLE },    /* connection exception */
    { "57P", SQL_UNAVAILABLE },   /* shutting down, crashed, starting up */
    { "53", SQL_UNAVAILABLE },    /* out of connections, memory or disk */
    { "58", SQL_UNAVAILABLE },    /* the server's own input or output failed */
    { "25006", SQL_UNAVAILABLE }, /* read_only_sql_transaction: a standby answered */
    { "25P03", SQL_UNAVAILABLE }, /* idle_in_transaction_session_timeout */
};

enum sql_result sqlstate_result(const char *sqlstate)
{
    if (!sqlstate || !*sqlstate)
        return SQL_UNAVAILABLE;
    for (size_t i = 0; i < ARRAY_LEN(meanings); i++)
        if (text_starts(sqlstate, meanings[i].prefix))
            return meanings[i].result;
    return SQL_FAILED;
}

/* 0A000 and 26000 come when a migration changed what a prepared statement returns, or when
 * something between us and the server forgot it: a new connection prepares it anew. */
bool sqlstate_spoils_connection(const char *sqlstate)
{
    return sqlstate_result(sqlstate) == SQL_UNAVAILABLE || text_equal(sqlstate, "0A000") ||
           text_equal(sqlstate, "26000");
}

bool sqlstate_message_is_safe(const char *sqlstate)
{
    return sqlstate && text_starts(sqlstate, "42");
}
