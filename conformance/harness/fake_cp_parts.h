/* harness/fake_cp_parts.h — between the files of the fake control plane; nobody else includes this.
 *
 * The case's thread and the connections' threads meet under `lock`; `changed` is broadcast whenever
 * something a case may wait for happened. What threads allocate comes from `arena`, under the lock.
 * The case's thread never leaves (longjmp) while it holds the lock. */
#ifndef HARNESS_FAKE_CP_PARTS_H
#define HARNESS_FAKE_CP_PARTS_H

#include <openssl/ssl.h>
#include <pthread.h>

#include "common/arena.h"
#include "common/buffer.h"
#include "harness/fake_cp.h"

#define CP_HEAD_CAP (64u * 1024)
#define CP_BODY_CAP (16u * 1024 * 1024)
#define CP_HEADERS_MAX 40
#define CP_WAIT_NANOS INT64_C(15000000000)

struct cp_queued {
    struct cp_answer answer;
    struct cp_queued *next;
};

struct cp_route {
    const char *method, *pattern; /* "@" is already written out */
    struct cp_answer standing;
    bool stands; /* there is a standing answer */
    struct cp_queued *queue, **queue_end;
    struct cp_route *next;
};

enum stream_order { STREAM_WRITE, STREAM_END, STREAM_CUT };

struct stream_command {
    enum stream_order order;
    struct bytes bytes;
    size_t piece;
    bool done;
    struct stream_command *next;
};

struct cp_connection {
    struct fake_cp *cp;
    pthread_t thread;
    int fd, wake; /* -1 once closed */
    SSL *ssl;     /* NULL: plain */
    struct buffer in;
    struct stream_command *commands;
    struct cp_connection *next;
};

/* A request as it is read; keep() makes a cp_request of it. */
struct cp_incoming {
    char *head; /* heap; cut into lines */
    const char *method, *target;
    struct http_header headers[CP_HEADERS_MAX];
    size_t n_headers;
    struct buffer body;
};

struct fake_cp {
    struct world *w;
    struct arena *arena;
    struct cp_options o;
    const char *url, *ca_file, *token, *project_id;
    struct dialect_node node;
    json_t *state; /* of the case's thread alone */
    SSL_CTX *tls;

    int listen_fd, wake;
    pthread_t acceptor;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool closing, offline, released;
    int64_t moved_s;

    struct cp_route *routes; /* the newest first */
    struct cp_request *first, **last;
    struct cp_connection *connections;
    struct cp_connection *stream; /* the one that is open, or NULL */
    size_t n_streams, n_refusals;
    uint64_t sse_id;
    struct bytes last_event; /* its whole frame */
};

const char *cp_pattern(struct fake_cp *cp, const char *path);
bool cp_matches(const struct cp_request *r, const char *method, const char *pattern);
/* Waits for a change; false when the deadline (monotonic nanoseconds) has passed. With the lock. */
bool cp_wait_for_change(struct fake_cp *cp, int64_t deadline);
/* The deadline for a wait of this case: now, when an impostor stands in for the agent. */
int64_t cp_deadline(const struct fake_cp *cp);
void cp_give_up(struct fake_cp *cp, const char *file, int line, const char *what) NO_RETURN;

/* fake_cp_serve.c */
void *cp_accept_connections(void *cp);
void cp_write_answer(struct cp_connection *c, const struct cp_answer *answer, bool *keep);
bool cp_send(struct cp_connection *c, const void *data, size_t len);
/* fake_cp_request.c */
/* False: the peer has gone, or this is no request. Release it either way. */
bool cp_read_request(struct cp_connection *c, struct cp_incoming *in);
void cp_incoming_release(struct cp_incoming *in);
const char *cp_header_of(const struct cp_incoming *in, const char *name); /* NULL: absent */
bool cp_gunzip(struct buffer *body);
/* fake_cp_events.c */
void cp_serve_stream(struct cp_connection *c);
/* fake_cp_tls.c: a throw-away authority and a certificate for 127.0.0.1; NULL: OpenSSL refused.
 * `ca_pem` gets the authority as PEM text. */
SSL_CTX *cp_tls_context(struct arena *a, const char **ca_pem);

#endif
