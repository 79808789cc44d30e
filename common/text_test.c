#include "common/text.h"

#include <string.h>

#include "common/arena.h"
#include "common/testing.h"

START_TEST(nothing_is_true_of_null)
{
    ck_assert(text_equal(NULL, NULL) && text_equal_nocase(NULL, NULL));
    ck_assert(!text_equal(NULL, "") && !text_equal("", NULL) && !text_equal_nocase("", NULL));
    ck_assert(!text_starts(NULL, "") && !text_ends(NULL, "") && !text_contains(NULL, ""));
    ck_assert(text_blank(NULL) && !text_is_kebab(NULL, 9));
}
END_TEST

START_TEST(compares)
{
    ck_assert(!text_equal("a", "A") && text_equal_nocase("aZ9[", "Az9["));
    ck_assert(!text_equal_nocase("[", "{") && !text_equal_nocase("ab", "abc"));
    ck_assert(text_starts("abc", "ab") && text_starts("abc", "") && !text_starts("ab", "abc"));
    ck_assert(text_ends("abc", "bc") && text_ends("abc", "") && !text_ends("bc", "abc"));
    ck_assert(text_contains("abc", "b") && !text_contains("abc", "ac"));
    ck_assert(text_blank("") && text_blank(" \t\r\n\v\f") && !text_blank(" . "));
    ck_assert(!text_blank("\xc2\xa0")); /* a no-break space is no ASCII space */
}
END_TEST

START_TEST(makes_copies)
{
    struct arena *a = arena_create();
    ck_assert_str_eq(text_trim(a, " \n a b\t "), "a b");
    ck_assert_str_eq(text_trim(a, "  "), "");
    ck_assert_str_eq(text_replace_char(a, "a-b-c", '-', '_'), "a_b_c");
    ck_assert_str_eq(text_lower(a, "ABC\xc3\x84z"), "abc\xc3\x84z");
    arena_destroy(a);
}
END_TEST

START_TEST(splits_and_keeps_empty_parts)
{
    struct arena *a = arena_create();
    size_t n;
    char **parts = text_split(a, ",a,,b,", ',', &n);
    ck_assert_uint_eq(n, 5);
    ck_assert_str_eq(parts[0], "");
    ck_assert_str_eq(parts[1], "a");
    ck_assert_str_eq(parts[2], "");
    ck_assert_str_eq(parts[3], "b");
    ck_assert_str_eq(parts[4], "");
    ck_assert_ptr_null(parts[5]);
    parts = text_split(a, "", ',', NULL);
    ck_assert_str_eq(parts[0], "");
    ck_assert_ptr_null(parts[1]);
    arena_destroy(a);
}
END_TEST

START_TEST(matches_patterns)
{
    static const struct {
        const char *pattern, *text;
        bool matches;
    } rows[] = {
        { "", "", true },
        { "", "a", false },
        { "*", "", true },
        { "?", "", false },
        { "a?c", "abc", true },
        { "a?c", "ac", false },
        { "REG-*", "REG-014", true },
        { "*/oversized", "derived/X/oversized", true },
        { "*a*b*c*", "xaybzc", true },
        { "*a*b*c*", "xaycz", false },
        { "a*b", "a*b", true },
        { "[ab]", "a", false },
        { "[ab]", "[ab]", true },
        { "*ab", "aab", true },
        { "abc", "ab", false },
        { "ab", "abc", false },
        { "**", "x", true },
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        ck_assert_msg(text_glob(rows[i].pattern, rows[i].text) == rows[i].matches, "%s %s",
                      rows[i].pattern, rows[i].text);
}
END_TEST

START_TEST(a_hostile_pattern_takes_no_exponential_time)
{
    char text[5001];
    memset(text, 'a', 5000);
    text[5000] = '\0';
    ck_assert(!text_glob("*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*b", text));
}
END_TEST

START_TEST(knows_kebab_case)
{
    ck_assert(text_is_kebab("a", 1) && text_is_kebab("a-1-b", 5) && text_is_kebab("007", 9));
    ck_assert(!text_is_kebab("", 9) && !text_is_kebab("-a", 9) && !text_is_kebab("a-", 9));
    ck_assert(!text_is_kebab("a--b", 9) && !text_is_kebab("A", 9) && !text_is_kebab("a_b", 9));
    ck_assert(!text_is_kebab("abcdef", 5) && text_is_kebab("abcde", 5));
    ck_assert(!text_is_kebab("a\n", 9));
}
END_TEST

/* Rows after Markus Kuhn's decoder test and Unicode Table 3-7. */
START_TEST(judges_utf8)
{
    static const char *const good[] = {
        "",
        "a",
        "\x7f",
        "\xc2\x80",
        "\xdf\xbf",
        "\xe0\xa0\x80",
        "\xed\x9f\xbf",
        "\xee\x80\x80",
        "\xef\xbf\xbf",
        "\xf0\x90\x80\x80",
        "\xf4\x8f\xbf\xbf",
        "\xce\xba\xe1\xbd\xb9\xcf\x83",
    };
    static const char *const bad[] = {
        "\x80",
        "\xbf",
        "\xc0\x80",
        "\xc0\xaf",
        "\xc1\xbf",
        "\xc2",
        "\xc2x",
        "\xe0\x80\xaf",
        "\xe0\x9f\xbf",
        "\xed\xa0\x80",
        "\xed\xbf\xbf",
        "\xe2\x82",
        "\xf0\x8f\xbf\xbf",
        "\xf0\x90\x80",
        "\xf4\x90\x80\x80",
        "\xf5\x80\x80\x80",
        "\xfe",
        "\xff",
        "a\xe2\x28\xa1",
    };
    for (size_t i = 0; i < ARRAY_LEN(good); i++)
        ck_assert_msg(text_is_utf8(good[i], strlen(good[i])), "good %zu", i);
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        ck_assert_msg(!text_is_utf8(bad[i], strlen(bad[i])), "bad %zu", i);
    ck_assert(text_is_utf8("a\0b", 3));
    ck_assert_uint_eq(text_utf8_sequence("", 0), 0);
    ck_assert_uint_eq(text_utf8_length("a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80"), 4);
}
END_TEST

START_TEST(compares_secrets)
{
    ck_assert(bytes_equal_constant_time("abcd", "abcd", 4));
    ck_assert(!bytes_equal_constant_time("abcd", "abce", 4));
    ck_assert(!bytes_equal_constant_time("Abcd", "abcd", 4));
    ck_assert(bytes_equal_constant_time("a", "b", 0));
}
END_TEST

TESTS("common/text", nothing_is_true_of_null, compares, makes_copies, splits_and_keeps_empty_parts,
      matches_patterns, a_hostile_pattern_takes_no_exponential_time, knows_kebab_case, judges_utf8,
      compares_secrets)
