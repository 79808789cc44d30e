/* Fuzz target: the judge's reader of event streams; what is read does not depend on how the bytes
 * were cut into pieces, and nothing of the stream is lost. */
#include <stdlib.h>
#include <string.h>

#include "harness/sse_reader.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct heard {
    uint64_t sum;
    size_t n;
};

static void require(bool holds)
{
    if (!holds)
        abort();
}

static void add(struct heard *h, const void *data, size_t len)
{
    for (size_t i = 0; i < len; i++)
        h->sum = h->sum * 1099511628211u + ((const unsigned char *)data)[i] + 1;
}

static void block(void *self, const struct sse_block *b)
{
    struct heard *h = self;
    const char *text = b->kind == SSE_FRAME ? b->event : b->text;
    require(text != NULL && (b->kind != SSE_FRAME || b->id >= 0));
    require(b->kind != SSE_COMMENT || text[0] == ':');
    h->n++;
    add(h, &b->kind, sizeof b->kind);
    add(h, &b->id, sizeof b->id);
    add(h, text, strlen(text));
    add(h, b->data.data, b->data.len);
}

static size_t hear(const uint8_t *data, size_t size, size_t piece, struct heard *h)
{
    struct arena *a = arena_create();
    struct sse_reader *r = sse_reader_create(a, block, h);
    for (size_t at = 0; at < size; at += piece)
        sse_reader_feed(r, data + at, size - at < piece ? size - at : piece);
    size_t pending = sse_reader_pending(r);
    sse_reader_destroy(r);
    arena_destroy(a);
    return pending;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct heard whole = { 0 }, bytes = { 0 };
    size_t left = hear(data, size, size > 0 ? size : 1, &whole);
    require(left <= size && left == hear(data, size, 1, &bytes));
    require(whole.n == bytes.n && whole.sum == bytes.sum);
    require(left == size || whole.n > 0);
    return 0;
}
