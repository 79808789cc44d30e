/* plexd/local_http.h — a small HTTP/1.1 server on the loop, for local clients (SPEC API-*).
 *
 * No client can hold it up: connections, heads and bodies are capped, each stage has a deadline, a
 * full house lets its longest idle guest go. A request is answered at once or later; between the
 * two its connection is only watched for going away.
 *
 * Why not libmicrohttpd: see docs/node-api.md. */
#ifndef PLEXD_LOCAL_HTTP_H
#define PLEXD_LOCAL_HTTP_H

#include "common/arena.h"
#include "common/base.h"
#include "common/error.h"
#include "reference/plexd/local_parse.h"
#include "reference/plexd/loop.h"

enum { LOCAL_BODY_MOST = 1 << 20 };

struct local_server;

struct local_request {
    const char *method, *path;     /* the path still encoded, without the query */
    const struct local_head *head; /* for local_head_find() */
    struct bytes body;
    bool too_large; /* the body was longer than LOCAL_BODY_MOST; it is empty then */
    bool tcp;
    int fd;          /* for SO_PEERCRED */
    struct arena *a; /* until it is answered or abandoned */
    /* Set by whoever answers later: the client has gone, the request is no more. */
    void (*abandoned)(void *self);
    void *self;
};

struct local_answer {
    int status;
    struct bytes body; /* JSON; none with 204 */
    const char *allow; /* NULL: no Allow field */
    bool secret;       /* Cache-Control: no-store, and every copy of the body is wiped */
};
/* Once per request. Copies what cannot be sent at once; the request is gone when it returns. */
void local_answer(struct local_request *rq, const struct local_answer *answer);

struct local_limits {
    size_t connections;
    int64_t idle, receive,
        send; /* nanoseconds: between requests, for one request, without progress */
};
extern const struct local_limits local_limits_default;

struct local_server *local_server_create(struct loop *l, const struct local_limits *limits,
                                         void (*handle)(void *self, struct local_request *rq),
                                         void *self);
/* `fd` listens; the server closes it. At most 2. */
MUST_CHECK bool local_server_listen(struct local_server *s, int fd, bool tcp, struct error *e);
/* Nobody is let in any more; idle connections go, the others after their answer. */
void local_server_drain(struct local_server *s, void (*drained)(void *self), void *self);
size_t local_server_connections(const struct local_server *s);
void local_server_destroy(struct local_server *s); /* what is still there is abandoned */

#endif
