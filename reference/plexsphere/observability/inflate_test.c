/* gzip within a cap (ING-009, ING-014, ING-015). The first vector is gzip's own output. */
#include "reference/plexsphere/observability/inflate.h"

#include <string.h>
#include <zlib.h>

#include "common/arena.h"
#include "common/encoding.h"
#include "common/testing.h"

/* printf 'hello\n' | gzip -n */
#define HELLO "1f8b0800000000000003cb48cdc9c9e7020020303a3606000000"

static struct bytes of_hex(struct arena *a, const char *hex)
{
    struct bytes out;
    ck_assert(hex_decode(a, hex, strlen(hex), &out));
    return out;
}

static struct bytes packed(struct arena *a, size_t n)
{
    z_stream z = { .avail_in = (unsigned)n };
    unsigned char *plain = arena_alloc(a, n + 1);
    memset(plain, 'a', n);
    z.next_in = plain;
    ck_assert_int_eq(deflateInit2(&z, 9, Z_DEFLATED, 16 + MAX_WBITS, 9, Z_DEFAULT_STRATEGY), Z_OK);
    size_t room = deflateBound(&z, n);
    z.next_out = arena_alloc(a, room);
    z.avail_out = (unsigned)room;
    struct bytes out = { z.next_out, 0 };
    ck_assert_int_eq(deflate(&z, Z_FINISH), Z_STREAM_END);
    out.len = room - z.avail_out;
    deflateEnd(&z);
    return out;
}

START_TEST(what_is_no_gzip)
{
    static const char *const bad[] = {
        "",
        "1f8b",
        "7b7d",
        "1f8b0800000000000003cb48cdc9c9e7020020303a36060000",   /* cut short */
        "1f8b0800000000000003cb48cdc9c9e7020020303a3706000000", /* checksum */
        "1f8b0800000000000003cb48cdc9c9e7020020303a3607000000", /* length */
        "1f8b0900000000000003cb48cdc9c9e7020020303a3606000000", /* method */
        HELLO "00",                                             /* something behind it */
        HELLO "1f8b",                                           /* half a member behind it */
        "789ccb48cdc9c9e7020008580217",                         /* zlib's own wrapper */
    };
    struct arena *a = arena_create();
    struct bytes out;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        ck_assert_msg(gzip_inflate(a, of_hex(a, bad[i]), 1000, &out) == INFLATE_INVALID, "%s",
                      bad[i]);
    arena_destroy(a);
}
END_TEST

START_TEST(members_become_one_body)
{
    struct arena *a = arena_create();
    struct bytes out;
    ck_assert_int_eq(gzip_inflate(a, of_hex(a, HELLO), 6, &out), INFLATE_OK);
    ck_assert_uint_eq(out.len, 6);
    ck_assert_mem_eq(out.data, "hello\n", 6);
    ck_assert_int_eq(gzip_inflate(a, of_hex(a, HELLO HELLO), 12, &out), INFLATE_OK);
    ck_assert_mem_eq(out.data, "hello\nhello\n", 12);
    arena_destroy(a);
}
END_TEST

START_TEST(the_cap_is_exact_over_all_members)
{
    struct arena *a = arena_create();
    struct bytes out;
    ck_assert_int_eq(gzip_inflate(a, of_hex(a, HELLO), 5, &out), INFLATE_TOO_LARGE);
    ck_assert_int_eq(gzip_inflate(a, of_hex(a, HELLO HELLO), 11, &out), INFLATE_TOO_LARGE);
    ck_assert_int_eq(gzip_inflate(a, packed(a, 300000), 300000, &out), INFLATE_OK);
    ck_assert_uint_eq(out.len, 300000);
    ck_assert_int_eq(gzip_inflate(a, packed(a, 300001), 300000, &out), INFLATE_TOO_LARGE);
    arena_destroy(a);
}
END_TEST

/* What is used does not grow with what the bomb would become. */
START_TEST(a_bomb_stops_at_the_cap)
{
    struct arena *a = arena_create(), *small = arena_create();
    struct bytes bomb = packed(a, 64 * 1024 * 1024), out;
    ck_assert_uint_lt(bomb.len, 128 * 1024);
    ck_assert_int_eq(gzip_inflate(small, bomb, 1024 * 1024, &out), INFLATE_TOO_LARGE);
    ck_assert_uint_lt(arena_used(small), 4 * 1024 * 1024);
    arena_destroy(small);
    arena_destroy(a);
}
END_TEST

TESTS("observability/inflate", what_is_no_gzip, members_become_one_body,
      the_cap_is_exact_over_all_members, a_bomb_stops_at_the_cap)
