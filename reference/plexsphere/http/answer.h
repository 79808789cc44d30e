/* http/answer.h — what leaves. Built by value; nothing is freed by handlers. */
#ifndef PLEXSPHERE_HTTP_ANSWER_H
#define PLEXSPHERE_HTTP_ANSWER_H

#include <jansson.h>

#include "common/base.h"
#include "reference/plexsphere/http/problem.h"

struct request;

struct answer_header {
    const char *name, *value; /* hold until the answer is sent (arena or static) */
};

/* A body without an end. Whoever makes one takes the connection's socket over once the answer is
 * settled: the server calls exactly one of the two, once, on the worker's thread. Rows that write
 * or audit their grants have none: a commit that fails would lose it. */
struct answer_stream {
    /* `fd` is non-blocking and the stream's to close. `head` is status line and headers, to be sent
     * first, and holds until this returns. What follows goes out in chunks when `chunked`, else as
     * it is. */
    void (*start)(struct answer_stream *self, int fd, struct bytes head, bool chunked);
    void (*drop)(struct answer_stream *self); /* nothing will be sent: HEAD, or no descriptor */
};

struct answer {
    int status; /* 0: "go on": the step has nothing against the request */
    struct bytes body;
    const char *media_type;
    enum problem problem; /* PROBLEM_NONE unless it is one */
    struct answer_header headers[6];
    size_t n_headers;
    struct answer_stream *stream; /* NULL: `body` is all */
};

static inline struct answer answer_go_on(void)
{
    return (struct answer){ 0 };
}

struct answer answer_json(struct request *rq, int status, json_t *body); /* steals the reference */
struct answer answer_no_content(void);                                   /* 204 */
struct answer answer_text(int status, const char *media_type, struct bytes body);
struct answer answer_with_header(struct answer a, const char *name, const char *value);

struct answer answer_problem(struct request *rq, enum problem p);
struct answer answer_problem_detail(struct request *rq, enum problem p, const char *format, ...)
    PRINTF_LIKE(3, 4);
/* With extension members (child_counts); steals `members`. */
struct answer answer_problem_with(struct request *rq, enum problem p, const char *detail,
                                  json_t *members);
/* 403 PermissionDenied: `code` is permission_denied, node_id_mismatch or nsk_node_mismatch. */
struct answer answer_permission_denied(struct request *rq, const char *code, const char *reason,
                                       json_t *relation_path);
/* 500 internal; the cause went to the log. Also what a broken datastore gives: 503
 * authz_unavailable on a gated operation, 500 elsewhere. */
struct answer answer_internal(struct request *rq);
/* Asks it once more. */
bool answer_datastore_is_gone(struct request *rq);

#endif
