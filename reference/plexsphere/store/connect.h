/* store/connect.h — a Postgres connection made within a deadline. Used by the pool and the
 * migrator.
 *
 * Deadlines are values of clock_monotonic_nanos(). Error lines name host, role and cause as libpq
 * tells them, never the DSN or the password. */
#ifndef PLEXSPHERE_STORE_CONNECT_H
#define PLEXSPHERE_STORE_CONNECT_H

#include <libpq-fe.h>

#include "common/base.h"
#include "common/error.h"

/* Is it a connection string or URI that libpq reads? Says nothing about the server. */
MUST_CHECK bool dsn_check(const char *dsn, struct error *e);

/* Connects and runs `settings` (SET …; SET …), or gives NULL. The caller ends it with PQfinish().
 */
PGconn *connect_until(const char *dsn, const char *settings, int64_t deadline, struct error *e);

/* Waits until the socket is ready for `events` (poll's) or the deadline has passed. */
MUST_CHECK bool socket_ready(PGconn *c, short events, int64_t deadline);

/* libpq's last message on one line. */
bool connection_error(PGconn *c, struct error *e);

#endif
