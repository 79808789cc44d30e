/* plexd/local_parse.h — HTTP/1.1 request heads and chunked bodies, strictly (RFC 9112). Pure.
 *
 * Refused: bare CR or LF, white space before a colon, folded lines, two Host or Content-Length
 * fields, Content-Length beside Transfer-Encoding, any coding but one "chunked": whatever two
 * readers could understand differently. */
#ifndef PLEXD_LOCAL_PARSE_H
#define PLEXD_LOCAL_PARSE_H

#include "common/base.h"

enum { LOCAL_HEAD_MOST = 16384, LOCAL_HEADERS_MOST = 64 };

struct local_header {
    const char *name, *value;
};
struct local_head {
    const char *method, *path; /* the path still encoded, without the query */
    struct local_header headers[LOCAL_HEADERS_MOST];
    size_t n_headers;
    bool keep_alive, chunked, expects_continue;
    int64_t content_length; /* 0 when absent */
};

/* Bytes of the head that `data` begins with, its empty line included; 0: not all there yet. */
size_t local_head_length(const char *data, size_t len);
/* `text` is such a head; NULs are written into it and *out points there. The answer is 0 or the
 * status of the refusal. */
int local_head_parse(char *text, size_t len, struct local_head *out);
/* NULL: absent. */
const char *local_head_find(const struct local_head *head, const char *name);

/* A chunked body, fed as it arrives; begin with zeros. */
struct local_chunks {
    int state;
    uint64_t left;
    size_t line; /* bytes of the current size line or of the trailers */
    bool any_digit;
};
enum local_chunk { CHUNK_MORE, CHUNK_END, CHUNK_BAD };
/* Takes from *data until the end of the body or of the data; calls `piece` for what is body. */
enum local_chunk local_chunks_feed(struct local_chunks *c, const char **data, size_t *len,
                                   bool (*piece)(void *self, const char *data, size_t len),
                                   void *self);

#endif
