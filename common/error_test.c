#include "common/error.h"

#include <errno.h>
#include <string.h>

#include "common/testing.h"
#include "common/text.h"

START_TEST(drops_the_text_when_nobody_wants_it)
{
    ck_assert(!error_set(NULL, "x %d", 1));
    ck_assert(!error_errno(NULL, ENOENT, "x"));
    ck_assert(!error_prefix(NULL, "x"));
}
END_TEST

START_TEST(is_one_line)
{
    struct error e = { "" };
    ck_assert(!error_set(&e, "first\nsecond\r\n\n"));
    ck_assert_str_eq(e.text, "first second");
}
END_TEST

START_TEST(cuts_at_the_cap_between_characters)
{
    struct error e;
    char long_text[2 * ERROR_TEXT_CAP + 1] = "";
    for (size_t at = 0; at + 3 < sizeof(long_text); at += 3)
        memcpy(long_text + at, "\xe2\x82\xac", 4); /* euro sign, three bytes */
    for (int shift = 0; shift < 3; shift++) {
        error_set(&e, "%.*s%s", shift, "ab", long_text);
        size_t len = strlen(e.text);
        ck_assert_uint_lt(len, ERROR_TEXT_CAP);
        ck_assert_uint_gt(len, ERROR_TEXT_CAP - 4);
        ck_assert(text_is_utf8(e.text, len));
    }
}
END_TEST

START_TEST(adds_the_words_of_errno)
{
    struct error e;
    error_errno(&e, ENOENT, "profile %s", "x.yaml");
    ck_assert_str_eq(e.text, "profile x.yaml: no such file or directory");
    error_errno(&e, 99999, "odd");
    ck_assert_str_eq(e.text, "odd: errno 99999");
}
END_TEST

START_TEST(puts_prefixes_before)
{
    struct error e;
    error_set(&e, "no such file");
    ck_assert(!error_prefix(&e, "profile %s", "x.yaml"));
    ck_assert_str_eq(e.text, "profile x.yaml: no such file");
    error_set(&e, "again: %s", e.text);
    ck_assert_str_eq(e.text, "again: profile x.yaml: no such file");
}
END_TEST

TESTS("common/error", drops_the_text_when_nobody_wants_it, is_one_line,
      cuts_at_the_cap_between_characters, adds_the_words_of_errno, puts_prefixes_before)
