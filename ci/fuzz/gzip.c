/* Fuzz target: compressed bodies. The first byte chooses: 0, the rest is what somebody sent and is
 * undone within its cap or refused; else the rest was packed by the agent, and comes back. */
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "common/arena.h"
#include "reference/plexsphere/http/gzip.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { CAP = 65536 };

static void require(bool holds)
{
    if (!holds)
        abort();
}

static struct bytes packed(struct arena *a, struct bytes plain)
{
    z_stream z = { .next_in = (unsigned char *)(uintptr_t)plain.data,
                   .avail_in = (unsigned)plain.len };
    size_t room = plain.len + plain.len / 100 + 64;
    unsigned char *out = arena_alloc(a, room);
    require(deflateInit2(&z, 6, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY) == Z_OK);
    z.next_out = out;
    z.avail_out = (unsigned)room;
    require(deflate(&z, Z_FINISH) == Z_STREAM_END);
    struct bytes result = { out, z.total_out };
    deflateEnd(&z);
    return result;
}

static void check_round(struct arena *a, struct bytes plain, size_t cap)
{
    struct bytes out, in = packed(a, plain);
    enum gunzip_result result = gunzip(a, in, cap, &out);
    require(result == (plain.len <= cap ? GUNZIP_OK : GUNZIP_TOO_LARGE));
    require(result != GUNZIP_OK ||
            (out.len == plain.len && (out.len == 0 || memcmp(out.data, plain.data, out.len) == 0)));
    if (in.len > 0 && gunzip(a, (struct bytes){ in.data, in.len - 1 }, CAP, &out) == GUNZIP_OK)
        abort(); /* cut short is not whole */
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    struct arena *a = arena_create();
    struct bytes rest = { data + 1, size - 1 }, out;
    if (data[0] != 0)
        check_round(a, rest, data[0] == 1 ? rest.len / 2 : CAP);
    else if (gunzip(a, rest, CAP, &out) == GUNZIP_OK)
        require(out.len <= CAP);
    arena_destroy(a);
    return 0;
}
