#include "common/random.h"

#include <string.h>

#include "common/testing.h"

START_TEST(fills_exactly_what_it_is_given)
{
    unsigned char a[80] = { 0 }, b[80] = { 0 };
    random_bytes(a, 64);
    random_bytes(b, 64);
    ck_assert(memcmp(a, b, 64) != 0);
    for (size_t i = 64; i < sizeof(a); i++)
        ck_assert_uint_eq(a[i], 0);
    random_bytes(NULL, 0);
}
END_TEST

START_TEST(stays_below_the_limit_and_reaches_everything)
{
    unsigned seen[7] = { 0 };
    for (int i = 0; i < 7000; i++) {
        uint64_t r = random_below(7);
        ck_assert_uint_lt(r, 7);
        seen[r]++;
    }
    for (size_t i = 0; i < ARRAY_LEN(seen); i++)
        ck_assert_uint_gt(seen[i], 700); /* 1000 expected; below 700 is ten sigmas */
    ck_assert_uint_eq(random_below(1), 0);
    /* Just over half the range: nearly every second draw must be thrown away. */
    uint64_t wide = (UINT64_C(1) << 63) + 1;
    for (int i = 0; i < 100; i++)
        ck_assert_uint_lt(random_below(wide), wide);
}
END_TEST

/* The published outputs of splitmix64 for the seed 1234567. */
START_TEST(streams_splitmix64)
{
    static const uint64_t expected[] = {
        UINT64_C(6457827717110365317),  UINT64_C(3203168211198807973),
        UINT64_C(9817491932198370423),  UINT64_C(4593380528125082431),
        UINT64_C(16408922859458223821),
    };
    struct prng p = { 1234567 };
    for (size_t i = 0; i < ARRAY_LEN(expected); i++)
        ck_assert_uint_eq(prng_next(&p), expected[i]);
}
END_TEST

TESTS("common/random", fills_exactly_what_it_is_given, stays_below_the_limit_and_reaches_everything,
      streams_splitmix64)
