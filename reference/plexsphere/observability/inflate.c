#include "reference/plexsphere/observability/inflate.h"

#include <string.h>
#include <zlib.h>

#include "common/arena.h"
#include "common/buffer.h"

enum { STEP = 64 * 1024, GZIP_ONLY = 16 };

/* One member, step by step, so that a bomb is stopped where the cap is. */
static enum inflate_result inflate_member(z_stream *z, struct buffer *out, unsigned char *step)
{
    int status;
    do {
        z->next_out = step;
        z->avail_out = STEP;
        status = inflate(z, Z_NO_FLUSH);
        if (status != Z_OK && status != Z_STREAM_END)
            return INFLATE_INVALID;
        if (!buffer_append(out, step, STEP - z->avail_out))
            return INFLATE_TOO_LARGE;
    } while (status != Z_STREAM_END);
    return INFLATE_OK;
}

enum inflate_result gzip_inflate(struct arena *a, struct bytes packed, size_t cap,
                                 struct bytes *out)
{
    struct buffer unpacked;
    z_stream z = { .next_in = (unsigned char *)(uintptr_t)packed.data,
                   .avail_in = (unsigned)packed.len };
    unsigned char *step = arena_alloc(a, STEP);
    enum inflate_result result;
    buffer_init_arena(&unpacked, cap, a);
    if (inflateInit2(&z, GZIP_ONLY + MAX_WBITS) != Z_OK)
        return INFLATE_INVALID;
    do {
        result = inflate_member(&z, &unpacked, step);
    } while (result == INFLATE_OK && z.avail_in > 0 && inflateReset(&z) == Z_OK);
    inflateEnd(&z);
    *out = (struct bytes){ (const unsigned char *)unpacked.data, unpacked.len };
    return result;
}
