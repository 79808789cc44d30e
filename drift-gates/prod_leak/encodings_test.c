#include "drift-gates/prod_leak/encodings.h"

#include "common/random.h"
#include "common/testing.h"

static void expect(enum encoding e, const char *value, const char *whole, const char *form)
{
    struct arena *a = arena_create();
    struct bytes got = encoding_apply(a, e, BYTES_OF_TEXT(value));
    ck_assert_msg(got.len == strlen(whole) && memcmp(got.data, whole, got.len) == 0, "%.*s",
                  (int)got.len, (const char *)got.data);
    got = encoding_form(a, e, BYTES_OF_TEXT(value));
    ck_assert_msg(got.len == strlen(form) && (got.len == 0 || memcmp(got.data, form, got.len) == 0),
                  "%.*s", (int)got.len, (const char *)got.data);
    arena_destroy(a);
}

/* Checked by hand against `base64`, `xxd` and a browser's encodeURIComponent. */
START_TEST(values_are_written_as_programs_write_them)
{
    expect(ENCODING_PLAIN, "a/b?", "a/b?", "a/b?");
    expect(ENCODING_BASE64, "dec0de", "ZGVjMGRl", "ZGVjMGRl");
    expect(ENCODING_BASE64, "a/b?", "YS9iPw", "YS9iP");
    expect(ENCODING_BASE64_1, "dec0de", "LmRlYzBkZQ", "RlYzBkZ");
    expect(ENCODING_BASE64_2, "dec0de", "Li5kZWMwZGU", "kZWMwZG");
    expect(ENCODING_BASE64, "~~~???", "fn5+Pz8/", "fn5+Pz8/");
    expect(ENCODING_BASE64URL, "~~~???", "fn5-Pz8_", "fn5-Pz8_");
    expect(ENCODING_HEX, "a/\xff", "612fff", "612fff");
    expect(ENCODING_HEX_UPPER, "a/\xff", "612FFF", "612FFF");
    expect(ENCODING_PERCENT, "a/ b~", "a%2F%20b~", "a%2F%20b~");
    expect(ENCODING_PERCENT_LOWER, "a/b", "a%2fb", "a%2fb");
    expect(ENCODING_PERCENT_ALL, "a/", "%61%2F", "%61%2F");
    expect(ENCODING_JSON, "a/\"\n", "a\\/\\\"\\n", "a\\/\\\"\\n");
    expect(ENCODING_JSON_U, "a/", "\\u0061\\u002f", "\\u0061\\u002f");
    expect(ENCODING_JSON_U_UPPER, "a/", "\\u0061\\u002F", "\\u0061\\u002F");
    expect(ENCODING_JSON, "abc", "abc", "");    /* as plain */
    expect(ENCODING_PERCENT, "abc", "abc", ""); /* as plain */
    expect(ENCODING_BASE64_WRAPPED, "dec0de", "ZGVjM\n  GRl", "");
}
END_TEST

static bool holds(struct bytes text, struct bytes part)
{
    return part.len == 0 || memmem(text.data, text.len, part.data, part.len) != NULL;
}

/* Whatever stands before and after: the form is there. */
START_TEST(a_form_is_in_every_text_that_holds_the_value)
{
    struct arena *a = arena_create();
    for (int round = 0; round < 2000; round++) {
        unsigned char text[120];
        random_bytes(text, sizeof(text));
        size_t at = random_below(50), len = 6 + random_below(50);
        struct bytes value = { text + at, len }, whole = { text, sizeof(text) };
        enum encoding base64 = ENCODING_BASE64 + (enum encoding)(at % 3);
        enum encoding url = ENCODING_BASE64URL + (enum encoding)(at % 3);
        ck_assert(encoding_form(a, base64, value).len > 0);
        ck_assert(
            holds(encoding_apply(a, ENCODING_BASE64, whole), encoding_form(a, base64, value)));
        ck_assert(
            holds(encoding_apply(a, ENCODING_BASE64URL, whole), encoding_form(a, url, value)));
        for (enum encoding e = ENCODING_HEX; e < ENCODING_JSON; e++)
            ck_assert(holds(encoding_apply(a, e, whole), encoding_form(a, e, value)));
        arena_reset(a);
    }
    arena_destroy(a);
}
END_TEST

TESTS("drift-gates/encodings", values_are_written_as_programs_write_them,
      a_form_is_in_every_text_that_holds_the_value)
