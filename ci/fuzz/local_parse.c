/* Fuzz target: what comes in over the Local Node API's doors. A head that is taken is made of
 * tokens and printable values inside its own bytes; a chunked body is the same however it arrives.
 */
#include <stdlib.h>
#include <string.h>

#include "common/arena.h"
#include "common/buffer.h"
#include "reference/plexd/local_parse.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds)
        abort();
}

static void check_head(struct arena *a, const char *text, size_t len)
{
    struct local_head h;
    size_t head = local_head_length(text, len);
    require(head <= len);
    char *copy = arena_copy(a, text, head);
    if (head == 0 || local_head_parse(copy, head, &h) != 0)
        return;
    require(h.path[0] == '/' && strpbrk(h.path, " ?#\r\n") == NULL && h.method[0] != '\0');
    require(h.content_length >= 0 && !(h.chunked && h.content_length > 0));
    require(h.n_headers <= LOCAL_HEADERS_MOST);
    for (size_t i = 0; i < h.n_headers; i++) {
        require(h.headers[i].name > copy && h.headers[i].value < copy + head);
        require(strpbrk(h.headers[i].name, ": \t\r\n") == NULL);
        require(strpbrk(h.headers[i].value, "\r\n") == NULL);
    }
}

static bool piece(void *self, const char *data, size_t len)
{
    return buffer_append(self, data, len);
}

static enum local_chunk feed(const char *data, size_t len, size_t step, struct buffer *body,
                             size_t *taken)
{
    struct local_chunks c = { 0 };
    enum local_chunk got = CHUNK_MORE;
    size_t at = 0;
    while (at < len && got == CHUNK_MORE) {
        size_t n = step < len - at ? step : len - at, rest = n;
        const char *p = data + at;
        got = local_chunks_feed(&c, &p, &rest, piece, body);
        at += n - rest;
    }
    *taken = at;
    return got;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = arena_create();
    struct buffer whole, bytes;
    size_t one, other;
    check_head(a, (const char *)data, size);
    buffer_init_arena(&whole, 1 << 20, a);
    buffer_init_arena(&bytes, 1 << 20, a);
    enum local_chunk at_once = feed((const char *)data, size, size, &whole, &one);
    enum local_chunk by_bytes = feed((const char *)data, size, 1, &bytes, &other);
    require(at_once == by_bytes && whole.len == bytes.len);
    require(memcmp(whole.data, bytes.data, whole.len) == 0);
    require(at_once != CHUNK_END || one == other);
    arena_destroy(a);
    return 0;
}
