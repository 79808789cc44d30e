#include "reference/plexsphere/http/gzip.h"

#include <string.h>
#include <zlib.h>

#include "common/arena.h"
#include "common/testing.h"

static struct arena *arena;

static struct bytes coded(const void *data, size_t len)
{
    uLong most = compressBound((uLong)len) + 32;
    unsigned char *out = arena_alloc(arena, most);
    z_stream z = { .next_in = (z_const Bytef *)(uintptr_t)data,
                   .avail_in = (uInt)len,
                   .next_out = out,
                   .avail_out = (uInt)most };
    ck_assert_int_eq(deflateInit2(&z, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
    ck_assert_int_eq(deflate(&z, Z_FINISH), Z_STREAM_END);
    deflateEnd(&z);
    return (struct bytes){ out, (size_t)z.total_out };
}

START_TEST(what_is_not_gzip_is_bad)
{
    struct bytes out;
    arena = arena_create();
    struct bytes good = coded("hello hello hello", 17);
    ck_assert_int_eq(gunzip(arena, BYTES_OF_TEXT("{}"), 99, &out), GUNZIP_BAD);
    ck_assert_int_eq(gunzip(arena, (struct bytes){ NULL, 0 }, 99, &out), GUNZIP_BAD);
    for (size_t cut = 1; cut < good.len; cut++)
        ck_assert_int_eq(gunzip(arena, (struct bytes){ good.data, cut }, 99, &out), GUNZIP_BAD);
    unsigned char *more = arena_alloc(arena, good.len + 1);
    memcpy(more, good.data, good.len);
    ck_assert_int_eq(gunzip(arena, (struct bytes){ more, good.len + 1 }, 99, &out), GUNZIP_BAD);
    more[good.len - 5] ^= 1; /* its checksum */
    ck_assert_int_eq(gunzip(arena, (struct bytes){ more, good.len }, 99, &out), GUNZIP_BAD);
    arena_destroy(arena);
}
END_TEST

START_TEST(exactly_the_cap_comes_out)
{
    enum { SIZE = 100000 };
    struct bytes out;
    arena = arena_create();
    char *zeros = arena_alloc(arena, SIZE);
    memset(zeros, 'z', SIZE);
    struct bytes small = coded(zeros, SIZE);
    ck_assert_int_eq(gunzip(arena, small, SIZE - 1, &out), GUNZIP_TOO_LARGE);
    ck_assert_int_eq(gunzip(arena, small, SIZE, &out), GUNZIP_OK);
    ck_assert_uint_eq(out.len, SIZE);
    ck_assert_mem_eq(out.data, zeros, SIZE);
    struct bytes nothing = coded("", 0);
    ck_assert_int_eq(gunzip(arena, nothing, 0, &out), GUNZIP_OK);
    ck_assert_uint_eq(out.len, 0);
    arena_destroy(arena);
}
END_TEST

TESTS("http/gzip", what_is_not_gzip_is_bad, exactly_the_cap_comes_out)
