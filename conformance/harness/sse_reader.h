/* harness/sse_reader.h — a strict reader of event streams (SPEC EVT-*).
 *
 * It knows the contract's framing and nothing more liberal: `id:`, `event:`, `data:` in this order,
 * one space behind each colon, LF, an empty line; or a comment of one line and an empty line. What
 * else comes is garbage, kept as it came. Bytes may arrive cut anywhere. */
#ifndef HARNESS_SSE_READER_H
#define HARNESS_SSE_READER_H

#include "common/arena.h"
#include "common/base.h"

#define SSE_BLOCK_CAP (2u * 1024 * 1024)

enum sse_kind {
    SSE_FRAME,
    SSE_COMMENT, /* `text` is the line without its LF, colon included */
    SSE_GARBAGE, /* `text` is the block as it came, cut to 200 bytes */
};

struct sse_block {
    enum sse_kind kind;
    int64_t id;
    const char *event;
    struct bytes data;
    const char *text;
};

struct sse_reader;

/* `block` is called once a block; what it gets holds as long as the arena. */
struct sse_reader *sse_reader_create(struct arena *a,
                                     void (*block)(void *self, const struct sse_block *b),
                                     void *self);
void sse_reader_feed(struct sse_reader *r, const void *data, size_t len);
/* Bytes of a block that is not complete. */
size_t sse_reader_pending(const struct sse_reader *r);
void sse_reader_destroy(struct sse_reader *r);

#endif
