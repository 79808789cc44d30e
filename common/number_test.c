#include "common/number.h"

#include "common/testing.h"

START_TEST(refuses_what_is_not_the_whole_number)
{
    static const char *const bad[] = { "",
                                       " 1",
                                       "1 ",
                                       "+1",
                                       "01",
                                       "00",
                                       "-0",
                                       "-",
                                       "-01",
                                       "1.0",
                                       "1e3",
                                       "0x1",
                                       "1_000",
                                       "1\n",
                                       "--1",
                                       "a",
                                       "9223372036854775808",
                                       "-9223372036854775809",
                                       "99999999999999999999999" };
    int64_t out = 77;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        ck_assert_msg(!number_parse(bad[i], INT64_MIN, INT64_MAX, &out), "'%s'", bad[i]);
    ck_assert(!number_parse(NULL, 0, 1, &out));
    ck_assert_int_eq(out, 77);
}
END_TEST

START_TEST(reads_numbers_to_the_ends_of_the_range)
{
    int64_t out;
    ck_assert(number_parse("0", 0, 0, &out) && out == 0);
    ck_assert(number_parse("-7", -7, 0, &out) && out == -7);
    ck_assert(number_parse("9223372036854775807", 0, INT64_MAX, &out) && out == INT64_MAX);
    ck_assert(number_parse("-9223372036854775808", INT64_MIN, 0, &out) && out == INT64_MIN);
    ck_assert(!number_parse("8", 0, 7, &out) && !number_parse("-1", 0, 7, &out));
    ck_assert(number_parse("7", 0, 7, &out));
}
END_TEST

START_TEST(reads_reals_as_json_writes_them)
{
    static const char *const bad[] = { "",    "+1",    "01",    ".5", "1.", "1e", "1e+", "inf",
                                       "nan", "0x1p3", "1e400", "-",  " 1", "1 ", "1,5", "-1e999" };
    double out = 0;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        ck_assert_msg(!number_parse_real(bad[i], &out), "'%s'", bad[i]);
    ck_assert(!number_parse_real(NULL, &out));
    ck_assert(number_parse_real("-0.5e+1", &out) && out == -5.0);
    ck_assert(number_parse_real("0", &out) && out == 0.0);
    ck_assert(number_parse_real("1E-2", &out) && out == 0.01);
    ck_assert(number_parse_real("123.25", &out) && out == 123.25);
}
END_TEST

TESTS("common/number", refuses_what_is_not_the_whole_number, reads_numbers_to_the_ends_of_the_range,
      reads_reals_as_json_writes_them)
