#include "reference/plexd/gzip.h"

#include <zlib.h>

/* 15 bits of window, and 16 asks for gzip's own head and tail. The bound holds always, so one call
 * packs all of it. */
struct bytes gzip_pack(struct arena *a, struct bytes plain)
{
    z_stream z = { 0 };
    if (deflateInit2(&z, Z_DEFAULT_COMPRESSION, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK)
        return plain;
    uLong room = deflateBound(&z, (uLong)plain.len);
    unsigned char *out = arena_alloc(a, room);
    z.next_in = (z_const Bytef *)(uintptr_t)plain.data;
    z.avail_in = (uInt)plain.len;
    z.next_out = out;
    z.avail_out = (uInt)room;
    int result = deflate(&z, Z_FINISH);
    size_t len = room - z.avail_out;
    deflateEnd(&z);
    return result == Z_STREAM_END ? (struct bytes){ out, len } : plain;
}
