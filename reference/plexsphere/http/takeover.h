/* http/takeover.h — a connection's socket on its way from libmicrohttpd to a stream (SPEC EVT-050).
 */
#ifndef PLEXSPHERE_HTTP_TAKEOVER_H
#define PLEXSPHERE_HTTP_TAKEOVER_H

#include "common/base.h"
#include "reference/plexsphere/http/request.h"

/* Starts answer->stream on a descriptor of its own for the connection behind `fd`, or drops it:
 * false. */
bool takeover(int fd, const struct answer *answer, struct request *rq, bool http10);

#endif
