/* store/sqlstate.h — what a failed result means to a caller (db.h, enum sql_result). */
#ifndef PLEXSPHERE_STORE_SQLSTATE_H
#define PLEXSPHERE_STORE_SQLSTATE_H

#include "reference/plexsphere/store/db.h"

/* NULL or "" is a failure without a SQLSTATE, which libpq gives when the connection broke. */
enum sql_result sqlstate_result(const char *sqlstate);

/* Does the server drop the plan or the connection after it? Then the connection is not used again.
 */
bool sqlstate_spoils_connection(const char *sqlstate);

/* May the server's message be logged? Only where it names parts of the schema, never values. */
bool sqlstate_message_is_safe(const char *sqlstate);

#endif
