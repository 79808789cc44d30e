/* http/pipeline.h — the interpreter of the steps (SPEC ORD-*). One of it, for every operation. */
#ifndef PLEXSPHERE_HTTP_PIPELINE_H
#define PLEXSPHERE_HTTP_PIPELINE_H

#include "reference/plexsphere/http/request.h"

/* What stands behind one operation of the contract. */
struct endpoint {
    const struct operation *op; /* NULL: not built */
    const void *state;
    bool on; /* its surface is configured */
};

/* Walks the row's steps over a request whose arena, app, method, path, query text, body and params
 * are set, and answers. A request that may write has been committed when this returns an answer
 * below 400. `raw_query` is the text behind '?', or NULL. */
struct answer pipeline_run(struct request *rq, const struct endpoint *endpoint,
                           enum operation_id id, const char *raw_query);

#endif
