#include "reference/plexsphere/http/gzip.h"

#include <zlib.h>

#include "common/arena.h"
#include "common/buffer.h"

enum { GZIP_ONLY = 15 + 16, PIECE = 8192 };

static enum gunzip_result inflate_all(z_stream *z, struct buffer *out)
{
    unsigned char piece[PIECE];
    int state = Z_OK;
    while (state == Z_OK) {
        z->next_out = piece;
        z->avail_out = sizeof piece;
        state = inflate(z, Z_NO_FLUSH);
        if (!buffer_append(out, piece, sizeof piece - z->avail_out))
            return GUNZIP_TOO_LARGE;
    }
    return state == Z_STREAM_END && z->avail_in == 0 ? GUNZIP_OK : GUNZIP_BAD;
}

enum gunzip_result gunzip(struct arena *a, struct bytes in, size_t cap, struct bytes *out)
{
    struct buffer plain;
    z_stream z = { .next_in = (z_const Bytef *)(uintptr_t)in.data, .avail_in = (uInt)in.len };
    if (in.len > UINT32_MAX || inflateInit2(&z, GZIP_ONLY) != Z_OK)
        return GUNZIP_BAD;
    buffer_init_arena(&plain, cap, a);
    enum gunzip_result result = inflate_all(&z, &plain);
    inflateEnd(&z);
    *out = (struct bytes){ (const unsigned char *)plain.data, plain.len };
    return result;
}
