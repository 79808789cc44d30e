#include "suites/common/gzip.h"

#include <zlib.h>

#include "harness/judge.h"

struct bytes gzipped(struct world *w, struct bytes plain)
{
    z_stream z = { .next_in = (unsigned char *)(uintptr_t)plain.data,
                   .avail_in = (unsigned)plain.len };
    if (deflateInit2(&z, 9, Z_DEFLATED, 16 + MAX_WBITS, 9, Z_DEFAULT_STRATEGY) != Z_OK)
        broken(w, "zlib cannot compress");
    size_t room = deflateBound(&z, plain.len);
    unsigned char *packed = arena_alloc(w->arena, room);
    z.next_out = packed;
    z.avail_out = (unsigned)room;
    int status = deflate(&z, Z_FINISH);
    deflateEnd(&z);
    if (status != Z_STREAM_END)
        broken(w, "zlib cannot compress");
    return (struct bytes){ packed, room - z.avail_out };
}
