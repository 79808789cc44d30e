/* http/server.h — the listener, the workers, and what lies between (SPEC LIFE-001).
 *
 * One event thread (libmicrohttpd, epoll) parses and sends. A complete request is suspended and
 * handed to one of the workers, which runs the pipeline and resumes the connection: nothing slow
 * ever holds the event thread. A stream (answer.h) leaves the server: its socket is taken over, and
 * what is left of it here is nothing. */
#ifndef PLEXSPHERE_HTTP_SERVER_H
#define PLEXSPHERE_HTTP_SERVER_H

#include "common/base.h"
#include "common/error.h"
#include "reference/plexsphere/http/pipeline.h"

struct app;
struct server;

struct server_options {
    const char *host;                 /* numeric address: "127.0.0.1", "::1", "0.0.0.0" */
    int port;                         /* 0: a free one */
    int workers;                      /* 1..64 */
    const struct endpoint *endpoints; /* OPERATION_COUNT of them, by id */
    /* Paths outside the contract (/livez, /readyz); returns status 0 when it has none of that name.
     */
    struct answer (*probe)(struct request *rq);
};

/* Fails when the address cannot be bound. The options must hold until server_stop(). */
MUST_CHECK bool server_start(struct app *app, const struct server_options *o, struct server **out,
                             struct error *e);
int server_port(const struct server *s);
/* Takes no new connections, finishes what is in flight (at most grace_ms), closes the rest, frees.
 */
void server_stop(struct server *s, int grace_ms);

#endif
