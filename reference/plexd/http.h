/* plexd/http.h — calls to the control plane, over libcurl's multi interface on the loop (SPEC
 * AGT-*).
 *
 * HTTP/1.1, TLS 1.2 at least, no proxy of the environment, no redirect, no .netrc. The credential
 * is put into the Authorization header here and nowhere else; no error and no log line holds it. */
#ifndef PLEXD_HTTP_H
#define PLEXD_HTTP_H

#include "common/arena.h"
#include "common/base.h"
#include "common/error.h"
#include "reference/plexd/loop.h"

struct http;
struct http_call;

struct http_options {
    const char *base_url;                     /* trailing slashes are dropped */
    const char *ca_file;                      /* NULL: the system's */
    const char *unix_socket;                  /* NULL: TCP, as the address says */
    bool insecure;                            /* logged at WARN by whoever sets it */
    int64_t connect_timeout, request_timeout; /* nanoseconds; 10 s and 30 s */
    const char *version;                      /* "plexd/<version>" is the User-Agent */
};
MUST_CHECK bool http_create(struct loop *l, const struct http_options *o, struct http **out,
                            struct error *e);
/* Open calls end without a callback. Not from within one. NULL is fine. */
void http_destroy(struct http *h);
/* The bearer of all later calls; copied, wiped with its successor. NULL: none. */
void http_set_bearer(struct http *h, const char *bearer);

struct http_header {
    const char *name, *value;
};
/* What came back. Everything holds until the callback returns. */
struct http_answer {
    int status; /* 0: no answer; `error` says why */
    struct error error;
    int retry_after;   /* seconds; -1 when absent, no integer or more than a day */
    struct bytes body; /* NUL-terminated, decoded; at most 10 MiB, more is no answer */
    const struct http_header *headers;
    size_t n_headers;
};
const char *http_answer_header(const struct http_answer *a, const char *name); /* NULL: absent */

struct http_request {
    const char *method, *path; /* path from the slash, encoded */
    struct bytes body;
    bool gzip;              /* a body over 1,024 bytes goes out compressed: the MVP dialect only */
    const char *media_type; /* NULL: application/json when there is a body */
    const char *accept;     /* NULL: application/json, of a stream text/event-stream */
    struct http_header headers[4];
    size_t n_headers;
    const char *bearer; /* instead of the one that is set; NULL: that one */
    void (*done)(void *self, const struct http_answer *answer);
    void *self;

    /* A stream: `data` gets the body piece by piece (nothing is kept for `done`), there is no
     * request timeout, and `idle` nanoseconds without a byte end it as status 0. `head` is called
     * once with the status; false from either ends the call as status 0. `done` tells of the end:
     * status is that of the head when the server closed the stream in order. */
    bool stream;
    int64_t idle;
    bool (*head)(void *self, int status);
    bool (*data)(void *self, struct bytes piece);
};
/* Copies what it needs. `done` is called once, never from within http_start(); the call is gone
 * when it returns. Both may be called from every callback. */
struct http_call *http_start(struct http *h, const struct http_request *r);
void http_cancel(struct http_call *c); /* without `done`; NULL is fine */

#endif
