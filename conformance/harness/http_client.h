/* harness/http_client.h — one request, one answer, over libcurl.
 *
 * A client keeps one easy handle and with it its connections: one client per worker, never shared.
 * What is asked is what is sent: no redirect, proxy of the environment, .netrc, path clean-up,
 * Expect or Accept-Encoding. HTTP/1.1. An answer is kept whole up to 8 MiB, headers included; a
 * longer one is no answer. Everything of an answer lives in the arena given to http_send(). */
#ifndef HARNESS_HTTP_CLIENT_H
#define HARNESS_HTTP_CLIENT_H

#include <stdatomic.h>

#include "common/arena.h"
#include "common/base.h"
#include "common/error.h"

struct profile;
struct http_client;

#define HTTP_ANSWER_CAP (8u * 1024 * 1024)

struct http_header {
    const char *name, *value;
};

struct http_request {
    const char *method;
    const char *url;                   /* whole, sent as it is */
    const struct http_header *headers; /* a value "" is sent as an empty header */
    size_t n_headers;
    struct bytes body;
    const char *unix_socket; /* NULL: TCP, as the URL says; else never a kept connection */
    int uid;                 /* connects as this user (root only); 0: as we are */
    bool http10;             /* an http_stream alone: HTTP/1.0 */
    bool has_body;           /* PUT, POST and PATCH without one send Content-Length: 0 */
    int timeout_ms;
};

struct http_answer {
    int status;
    const struct http_header *headers; /* as received, in order */
    size_t n_headers;
    struct bytes body; /* NUL-terminated */
    int64_t elapsed_us;
    bool cut; /* an event stream: its head is all there is */
};

enum http_result {
    HTTP_ANSWERED,
    HTTP_UNREACHABLE, /* no connection, or no name */
    HTTP_TIMED_OUT,
    HTTP_FAILED, /* connected, and then no complete answer */
};

/* CA file, client certificate, proxy and rate limit come from the profile. `next_slot` is shared by
 * all workers of a run and spaces their requests (nanoseconds of the monotonic clock); NULL when
 * the profile has no rate limit. Never NULL. */
struct http_client *http_client_create(const struct profile *p, _Atomic int64_t *next_slot);
void http_client_destroy(struct http_client *c); /* NULL is fine */

/* The error says what went wrong, e.g. "connection refused"; only after another result than
 * HTTP_ANSWERED. */
MUST_CHECK enum http_result http_send(struct http_client *c, struct arena *a,
                                      const struct http_request *rq, struct http_answer *out,
                                      struct error *e);
/* Several at once. */
struct http_parcel {
    struct http_client *client; /* one that no other parcel uses */
    const struct http_request *request;
    struct http_answer *answer;
    struct error *error;
    enum http_result result; /* set when it has ended */
};
void http_send_together(struct arena *a, struct http_parcel *parcels, size_t n);

/* First header of that name in any case, or NULL. */
const char *http_answer_header(const struct http_answer *answer, const char *name);

#endif
