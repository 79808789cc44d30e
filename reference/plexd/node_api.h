/* plexd/node_api.h — the Local Node API: 11 routes on a Unix socket and, if wanted, on TCP behind a
 * bearer token (SPEC API-*, seed 002). Bodies exactly as the seed prints them. */
#ifndef PLEXD_NODE_API_H
#define PLEXD_NODE_API_H

#include "common/base.h"
#include "common/error.h"
#include "reference/plexd/cache.h"
#include "reference/plexd/config.h"
#include "reference/plexd/http.h"
#include "reference/plexd/identity.h"
#include "reference/plexd/loop.h"
#include "reference/plexd/reports.h"
#include "reference/plexd/wire.h"

struct node_api;

struct node_api_options {
    const struct plexd_config *config;
    const struct identity *identity; /* read at each use: a rotated key counts at once */
    const struct wire *wire;
    struct loop *loop;
    struct http *http; /* secrets are fetched through it, each time */
    struct cache *cache;
    struct reports *reports;
};
/* Everything behind the pointers must outlive it. */
MUST_CHECK bool node_api_open(const struct node_api_options *o, struct node_api **out,
                              struct error *e);
int node_api_port(const struct node_api *n); /* of the TCP listener; 0: none */

/* Lets nobody in any more, runs the loop until what is in flight is answered, for at most
 * shutdown_timeout, and removes the socket file. So it is called when loop_run() has returned,
 * before cache, reports, http and disk go. NULL is fine. */
void node_api_close(struct node_api *n);

#endif
