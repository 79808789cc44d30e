#include "reference/plexsphere/events/last_event_id.h"

#include "common/testing.h"

static void refused(const char *text)
{
    bool given;
    int64_t seq;
    ck_assert_msg(!last_event_id_read(text, &given, &seq), "'%s' was read", text);
}

static int64_t read_as(const char *text)
{
    bool given;
    int64_t seq = -1;
    ck_assert_msg(last_event_id_read(text, &given, &seq), "'%s' was refused", text);
    ck_assert(given);
    return seq;
}

START_TEST(what_is_no_number_is_refused)
{
    static const char *const bad[] = {
        "-1",
        "-0",
        "+1",
        "1.0",
        "1e3",
        "0x10",
        "abc",
        "1 ",
        " 1",
        "1,2",
        "0-1",
        "0+1",
        "٣",
        "--",
        "0.5",
        "9223372036854775808",
        "18446744073709551616",
        "99999999999999999999999999999999999999",
    };
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        refused(bad[i]);
}
END_TEST

START_TEST(every_number_is_read)
{
    ck_assert_int_eq(read_as("0"), 0);
    ck_assert_int_eq(read_as("00"), 0);
    ck_assert_int_eq(read_as("7"), 7);
    ck_assert_int_eq(read_as("007"), 7);
    ck_assert_int_eq(read_as("9223372036854775807"), INT64_MAX);
}
END_TEST

START_TEST(absent_and_empty_are_one)
{
    bool given = true;
    int64_t seq;
    ck_assert(last_event_id_read(NULL, &given, &seq) && !given);
    given = true;
    ck_assert(last_event_id_read("", &given, &seq) && !given);
}
END_TEST

TESTS("events/last_event_id", what_is_no_number_is_refused, every_number_is_read,
      absent_and_empty_are_one)
