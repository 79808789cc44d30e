#include "common/timestamp.h"

#include <string.h>

#include "common/arena.h"
#include "common/random.h"
#include "common/testing.h"

START_TEST(refuses_what_rfc_3339_does_not_know)
{
    static const char *const bad[] = {
        "",
        "2026",
        "2026-11-22",
        "2026-11-22T04:55:00",
        "2026-11-22T04:55:00+0100",
        "2026-11-22T04:55:00+01",
        "2026-11-22T04:55Z",
        "2026-11-22 04:55:00Z",
        "2026-11-22T04:55:00.Z",
        "2026-11-22T04:55:00,5Z",
        "2026-11-22T04:55:00.1234567890Z",
        "2026-11-22T04:55:00Zx",
        " 2026-11-22T04:55:00Z",
        "2026-13-01T00:00:00Z",
        "2026-00-01T00:00:00Z",
        "2026-02-29T00:00:00Z",
        "1900-02-29T00:00:00Z",
        "2026-04-31T00:00:00Z",
        "2026-11-00T00:00:00Z",
        "2026-11-22T24:00:00Z",
        "2026-11-22T23:60:00Z",
        "1990-12-31T23:59:60Z",
        "1990-12-31T15:59:60-08:00",
        "2026-11-22T04:55:00+24:00",
        "2026-11-22T04:55:00+01:60",
        "2026-11-22T04:55:00z0",
        "0000-01-01T00:00:00Z",
        "0001-01-01T00:00:00+00:01",
        "9999-12-31T23:59:59-00:01",
        "12026-11-22T04:55:00Z",
        "2026-1-22T04:55:00Z",
        "+026-11-22T04:55:00Z",
    };
    int64_t out = 5;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        ck_assert_msg(!timestamp_parse(bad[i], &out), "%s", bad[i]);
    ck_assert(!timestamp_parse(NULL, &out));
    ck_assert_int_eq(out, 5);
}
END_TEST

static void reads(const char *text, int64_t expected)
{
    int64_t out;
    ck_assert_msg(timestamp_parse(text, &out), "%s", text);
    ck_assert_msg(out == expected, "%s: %lld", text, (long long)out);
}

/* The examples of RFC 3339 §5.8, but the leap seconds; numbers from GNU date. */
START_TEST(reads_the_examples_of_rfc_3339)
{
    reads("1985-04-12T23:20:50.52Z", 482196050 * MICROS_PER_SECOND + 520000);
    reads("1996-12-19T16:39:57-08:00", 851042397 * MICROS_PER_SECOND);
    reads("1996-12-20T00:39:57Z", 851042397 * MICROS_PER_SECOND);
    reads("1937-01-01T12:00:27.87+00:20", INT64_C(-1041337173) * MICROS_PER_SECOND + 870000);
}
END_TEST

START_TEST(reads_edges)
{
    reads("1970-01-01T00:00:00Z", 0);
    reads("1970-01-01t00:00:00z", 0);
    reads("1970-01-01T00:00:00-00:00", 0);
    reads("1969-12-31T23:59:59.9999999Z", -1); /* cut, not rounded */
    reads("2000-02-29T00:00:00Z", INT64_C(951782400) * MICROS_PER_SECOND);
    reads("0001-01-01T00:00:00Z", INT64_C(-62135596800) * MICROS_PER_SECOND);
    reads("9999-12-31T23:59:59.999999Z", INT64_C(253402300799) * MICROS_PER_SECOND + 999999);
    reads("2026-11-22T04:55:00.000000001+23:59", INT64_C(1795236960) * MICROS_PER_SECOND);
}
END_TEST

START_TEST(writes_rfc_3339)
{
    struct arena *a = arena_create();
    int64_t t = INT64_C(1795323300) * MICROS_PER_SECOND; /* 2026-11-22T04:55:00Z */
    ck_assert_str_eq(timestamp_format(a, t), "2026-11-22T04:55:00Z");
    ck_assert_str_eq(timestamp_format(a, t + 123456), "2026-11-22T04:55:00.123456Z");
    ck_assert_str_eq(timestamp_format(a, t + 120000), "2026-11-22T04:55:00.12Z");
    ck_assert_str_eq(timestamp_format(a, t + 1), "2026-11-22T04:55:00.000001Z");
    ck_assert_str_eq(timestamp_format(a, -1), "1969-12-31T23:59:59.999999Z");
    ck_assert_str_eq(timestamp_format(a, INT64_MIN), "0001-01-01T00:00:00Z");
    ck_assert_str_eq(timestamp_format(a, INT64_MAX), "9999-12-31T23:59:59.999999Z");
    ck_assert_str_eq(timestamp_format_millis(a, t), "2026-11-22T04:55:00.000Z");
    ck_assert_str_eq(timestamp_format_millis(a, t + 123999), "2026-11-22T04:55:00.123Z");
    arena_destroy(a);
}
END_TEST

/* The example of RFC 9110 §5.6.7. */
START_TEST(writes_http_dates)
{
    struct arena *a = arena_create();
    ck_assert_str_eq(timestamp_format_http(a, 784111777 * MICROS_PER_SECOND),
                     "Sun, 06 Nov 1994 08:49:37 GMT");
    ck_assert_str_eq(timestamp_format_http(a, 0), "Thu, 01 Jan 1970 00:00:00 GMT");
    ck_assert_str_eq(timestamp_format_http(a, INT64_C(1795323300) * MICROS_PER_SECOND),
                     "Sun, 22 Nov 2026 04:55:00 GMT");
    arena_destroy(a);
}
END_TEST

START_TEST(reads_what_it_wrote)
{
    struct prng p = { 7 };
    const int64_t first = INT64_C(-62135596800) * MICROS_PER_SECOND;
    for (int i = 0; i < 5000; i++) {
        struct arena *a = arena_create();
        int64_t t = first + (int64_t)(prng_next(&p) % UINT64_C(315537897600000000)), back;
        ck_assert(timestamp_parse(timestamp_format(a, t), &back));
        ck_assert_int_eq(back, t);
        arena_destroy(a);
    }
}
END_TEST

START_TEST(keeps_two_clocks)
{
    ck_assert_int_gt(clock_wall_micros(), INT64_C(1700000000) * MICROS_PER_SECOND);
    int64_t before = clock_monotonic_nanos();
    ck_assert_int_ge(clock_monotonic_nanos(), before);
}
END_TEST

TESTS("common/timestamp", refuses_what_rfc_3339_does_not_know, reads_the_examples_of_rfc_3339,
      reads_edges, writes_rfc_3339, writes_http_dates, reads_what_it_wrote, keeps_two_clocks)
