/* harness/http_stream.h — one answer that goes on: a GET whose body is read piece by piece.
 *
 * A stream has a connection of its own. Bytes are taken only while http_stream_read() runs, so that
 * a case that does not read is a slow reader. */
#ifndef HARNESS_HTTP_STREAM_H
#define HARNESS_HTTP_STREAM_H

#include "common/arena.h"
#include "harness/http_client.h"

struct http_stream;

/* Returns when the head is complete; `out` then has status and headers. What of the body came with
 * it waits for the first read. */
MUST_CHECK enum http_result http_stream_open(const struct profile *p, struct arena *a,
                                             const struct http_request *rq,
                                             struct http_stream **out, struct http_answer *head,
                                             struct error *e);
enum stream_read { STREAM_DATA, STREAM_SILENT, STREAM_ENDED };
/* Waits at most that long for more; the bytes hold until the next call. */
enum stream_read http_stream_read(struct http_stream *s, int timeout_ms, struct bytes *out);
void http_stream_close(struct http_stream *s); /* NULL is fine */

#endif
