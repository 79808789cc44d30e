/* tenancy/pool.h — address ranges out of result rows.
 *
 * A statement selects inet_send(column): the binary form tells family, length and address, and
 * spares us Postgres' own spelling, which writes some IPv6 ranges with a dotted tail that the
 * contract's pattern refuses. */
#ifndef PLEXSPHERE_TENANCY_POOL_H
#define PLEXSPHERE_TENANCY_POOL_H

#include "reference/plexsphere/store/db.h"
#include "reference/plexsphere/tenancy/cidr.h"

MUST_CHECK bool pool_of_row(const struct rows *r, int row, int column, struct cidr *out);
const char *pool_text(const struct rows *r, int row, int column); /* NULL for SQL NULL; arena */

#endif
