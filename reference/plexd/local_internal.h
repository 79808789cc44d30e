/* plexd/local_internal.h — what the two files of the local server share: local_http.c lets in and
 * out, local_connection.c reads and answers. */
#ifndef PLEXD_LOCAL_INTERNAL_H
#define PLEXD_LOCAL_INTERNAL_H

#include "common/buffer.h"
#include "common/timestamp.h"
#include "reference/plexd/local_http.h"

enum { LOCAL_SCRATCH = 65536, LOCAL_LISTENERS = 2 };
#define SECONDS(n) ((n)*NANOS_PER_SECOND)

/* The states of a connection:
 *   HEAD    reading up to the empty line; idle while nothing of a request is there
 *   BODY    reading the body
 *   OWNED   the handler has the request; nothing is read
 *   SENDING an answer did not fit into the socket's buffer
 *   LINGER  answered and half closed: what still arrives is read over, for the client would see
 *           its connection reset instead of the answer */
enum connection_state { HEAD, BODY, OWNED, SENDING, LINGERING };

struct connection {
    struct local_server *server;
    struct watch watch;
    enum connection_state state;
    uint32_t watching;
    bool tcp, close_after, secret_out;
    bool in_handler; /* an answer from within it is followed up when it has returned */
    bool broken;     /* to be hung up by whoever runs it */
    int64_t deadline;
    struct buffer in, body; /* what came and is not yet taken; no memory while empty */
    size_t body_left;
    struct local_chunks chunks;
    struct local_head head;
    struct local_request request; /* with the arena */
    unsigned char *out;           /* what is left of an answer */
    size_t out_len, out_at;
};

struct listener {
    struct local_server *server;
    struct watch watch;
    bool tcp;
};

struct local_server {
    struct loop *loop;
    struct local_limits limits;
    void (*handle)(void *self, struct local_request *rq);
    void *self;
    struct listener listeners[LOCAL_LISTENERS];
    size_t n_listeners;
    bool paused, draining;
    void (*drained)(void *self);
    void *drained_self;
    struct connection **connections; /* `limits.connections` places, NULL where free */
    size_t n;
    struct timer sweep;
    int64_t date_second;
    char date[40];
    char scratch[LOCAL_SCRATCH];
};

/* local_http.c */
void connection_close(struct connection *c);
void connection_want(struct connection *c, uint32_t events);
void connection_deadline(struct connection *c, int64_t span);

/* local_connection.c */
void connection_ready(void *connection, uint32_t events);

#endif
