#include "common/arena.h"
#include "common/testing.h"
#include "common/timestamp.h"

static void reads(const char *text, int64_t expected)
{
    int64_t out;
    ck_assert_msg(duration_parse(text, &out), "%s", text);
    ck_assert_msg(out == expected, "%s: %lld", text, (long long)out);
}

#define MINUTE (60 * NANOS_PER_SECOND)
#define HOUR (60 * MINUTE)

/* What Go's time package refuses, after its own test table. */
START_TEST(refuses_what_go_refuses)
{
    static const char *const bad[] = {
        "",
        "3",
        "-",
        "+",
        "s",
        ".",
        "-.",
        ".s",
        "+.s",
        "1d",
        "1 s",
        " 1s",
        "1s ",
        "1h 2m",
        "--1s",
        "0.0",
        "1e3s",
        "3000000h",
        "9223372036854775808ns",
        "9223372036854775.808us",
        "9223372036854ms775us808ns",
        "-9223372036854775809ns",
        "1S",
        "1sec",
        "\x85\x85",
        "9223372036854775807ns1ns",
        "99999999999999999999s",
    };
    int64_t out = 5;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        ck_assert_msg(!duration_parse(bad[i], &out), "%s", bad[i]);
    ck_assert(!duration_parse(NULL, &out));
    ck_assert_int_eq(out, 5);
}
END_TEST

/* After the same table. */
START_TEST(reads_what_go_reads)
{
    reads("0", 0);
    reads("-0", 0);
    reads("5s", 5 * NANOS_PER_SECOND);
    reads("1478s", 1478 * NANOS_PER_SECOND);
    reads("-5s", -5 * NANOS_PER_SECOND);
    reads("+5s", 5 * NANOS_PER_SECOND);
    reads("5.0s", 5 * NANOS_PER_SECOND);
    reads("5.6s", 5600000000);
    reads("5.s", 5 * NANOS_PER_SECOND);
    reads(".5s", 500000000);
    reads("1.004s", 1004000000);
    reads("100.00100s", 100001000000);
    reads("10ns", 10);
    reads("11us", 11000);
    reads("12\xc2\xb5s", 12000);
    reads("12\xce\xbcs", 12000);
    reads("13ms", 13000000);
    reads("15m", 15 * MINUTE);
    reads("3h30m", 3 * HOUR + 30 * MINUTE);
    reads("10.5s4m", 4 * MINUTE + 10500000000);
    reads("-2m3.4s", -(2 * MINUTE + 3400000000));
    reads("1h2m3s4ms5us6ns", HOUR + 2 * MINUTE + 3004005006);
    reads("39h9m14.425s", 39 * HOUR + 9 * MINUTE + 14425000000);
    reads("1h15m30.918273645s", HOUR + 15 * MINUTE + 30918273645);
    reads("52763797000ns", 52763797000);
    reads("0.3333333333333333333h", 20 * MINUTE);
    reads("9007199254740993ns", 9007199254740993);
    reads("9223372036854775807ns", INT64_MAX);
    reads("9223372036854775.807us", INT64_MAX);
    reads("9223372036s854ms775us807ns", INT64_MAX);
    reads("-9223372036854775808ns", INT64_MIN);
    reads("-9223372036854775.808us", INT64_MIN);
    reads("0.100000000000000000000h", 6 * MINUTE);
    reads("0.830103483285477580700h", 49 * MINUTE + 48372539827);
}
END_TEST

START_TEST(writes_as_go_writes)
{
    static const struct {
        int64_t nanos;
        const char *text;
    } rows[] = {
        { 0, "0s" },
        { 1, "1ns" },
        { 1100, "1.1\xc2\xb5s" },
        { 2200000, "2.2ms" },
        { 3300000000, "3.3s" },
        { 4 * MINUTE + 5 * NANOS_PER_SECOND, "4m5s" },
        { 4 * MINUTE + 5001000000, "4m5.001s" },
        { 5 * HOUR + 6 * MINUTE + 7001000000, "5h6m7.001s" },
        { 8 * MINUTE + 1, "8m0.000000001s" },
        { 5 * MINUTE, "5m0s" },
        { HOUR, "1h0m0s" },
        { -1500000000, "-1.5s" },
        { INT64_MAX, "2562047h47m16.854775807s" },
        { INT64_MIN, "-2562047h47m16.854775808s" },
    };
    struct arena *a = arena_create();
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        ck_assert_str_eq(duration_format(a, rows[i].nanos), rows[i].text);
        reads(rows[i].text, rows[i].nanos);
    }
    arena_destroy(a);
}
END_TEST

TESTS("common/duration", refuses_what_go_refuses, reads_what_go_reads, writes_as_go_writes)
