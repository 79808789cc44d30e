/* http/page.h — limit and cursor of a list (SPEC CUR-001, CUR-009). */
#ifndef PLEXSPHERE_HTTP_PAGE_H
#define PLEXSPHERE_HTTP_PAGE_H

#include "reference/plexsphere/http/request.h"

/* Fills rq->page: limit 1..200, 50 when absent, never clamped. Otherwise 400 invalid_limit; 400
 * invalid_cursor for a cursor that is there and empty. What the cursor says is settled by
 * cursor_open(). */
struct answer page_read(struct request *rq);

#endif
