/* http/router.h — from method and raw path to an operation of the contract (SPEC PRB-009, PRB-010,
 * ORD-009).
 *
 * The raw path is split at '/' first and each segment is decoded afterwards, so that %2F never
 * makes a segment. A bad escape, %00 and bytes that are no UTF-8 are no path of ours. A literal
 * segment wins over a parameter. An action's last segment may also be written behind a colon:
 * /{id}/revoke and /{id}:revoke reach one row. */
#ifndef PLEXSPHERE_HTTP_ROUTER_H
#define PLEXSPHERE_HTTP_ROUTER_H

#include "common/base.h"
#include "reference/plexsphere/http/operation.h"

struct arena;

enum { ROUTE_PARAMS = 4, ROUTE_SEGMENTS = 10 };

enum routed { ROUTED, ROUTE_UNKNOWN, ROUTE_WRONG_METHOD };

struct route {
    enum operation_id id; /* ROUTED only */
    const char *names[ROUTE_PARAMS];
    const char *values[ROUTE_PARAMS]; /* decoded, arena */
    size_t n_params;
    const char *allow; /* ROUTE_WRONG_METHOD only: "GET, HEAD, PATCH" */
};

/* `path` without the query. HEAD is routed as GET. */
enum routed route_find(struct arena *a, const char *method, const char *path, struct route *out);

#endif
