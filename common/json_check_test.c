#include "common/json_check.h"

#include <string.h>

#include "common/testing.h"

static bool check(const char *text)
{
    return json_check(BYTES_OF_TEXT(text));
}

START_TEST(takes_every_kind_of_value)
{
    static const char *const good[] = {
        "null",
        "true",
        "false",
        "0",
        "-0",
        "10.50",
        "-1e3",
        "1E+3",
        "1e-3",
        "12345678901234567890123",
        "1e999", /* json_parse() would refuse both */
        "\"\"",
        "\"\\u0000\"",
        "\"\\ud800\"",
        "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"",
        "\"\xc3\xa9\xf0\x9f\x98\x80\"",
        "[]",
        "[ ]",
        "[1, [2], {}]",
        "{}",
        "{ \"a\" : 1 , \"a\" : 2 }",
        " \t\r\n1 \t\r\n",
    };
    for (size_t i = 0; i < ARRAY_LEN(good); i++)
        ck_assert_msg(check(good[i]), "%s", good[i]);
}
END_TEST

START_TEST(refuses_what_is_not_json)
{
    static const char *const bad[] = {
        "",
        " ",
        "nul",
        "nulls",
        "+1",
        "01",
        "1.",
        ".5",
        "1e",
        "1e+",
        "--1",
        "-",
        "1 2",
        "\"",
        "\"\n\"",
        "\"\\x\"",
        "\"\\u12",
        "\"\\u12g4\"",
        "\"\\",
        "[",
        "[1",
        "[1,",
        "[1,]",
        "[,1]",
        "[1 2]",
        "]",
        "{",
        "{\"a\"",
        "{\"a\":",
        "{\"a\":1",
        "{\"a\":1,}",
        "{a:1}",
        "{1:1}",
        "{\"a\" 1}",
        "'a'",
        "// c\n1",
        "\xff",
        "\"\xff\"",
        "\"\xc3\"",
        "\"\xed\xa0\x80\"",
        "\xef\xbb\xbf"
        "1",
        "NaN",
        "Infinity",
        "tru",
        "1,",
    };
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        ck_assert_msg(!check(bad[i]), "%s", bad[i]);
    ck_assert(!json_check((struct bytes){ (const unsigned char *)"1\0", 2 }));
    ck_assert(!json_check((struct bytes){ (const unsigned char *)"\"a\0\"", 4 }));
    ck_assert(!json_check((struct bytes){ (const unsigned char *)"\"\\\0\"", 4 }));
}
END_TEST

START_TEST(ends_at_64_levels)
{
    char text[132] = { 0 };
    memset(text, '[', 64);
    memset(text + 64, ']', 64);
    ck_assert(check(text));
    memset(text, '[', 65);
    memset(text + 65, ']', 65);
    ck_assert(!check(text));
}
END_TEST

TESTS("common/json_check", takes_every_kind_of_value, refuses_what_is_not_json, ends_at_64_levels)
