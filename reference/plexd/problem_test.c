#include "reference/plexd/problem.h"

#include "common/testing.h"

START_TEST(only_a_name_is_taken_from_a_body)
{
    static const struct {
        const char *body, *code;
    } rows[] = {
        { "{\"code\":\"token_consumed\"}", "token_consumed" },
        { "{\"code\":\"x y\"}", "" },
        { "{\"code\":\"\\n\"}", "" },
        { "{\"code\":\"Token\"}", "" },
        { "{\"code\":7}", "" },
        { "{\"title\":\"token_consumed\"}", "" },
        { "[]", "" },
        { "", "" },
        { "{\"code\":\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"}", "" }
    };
    struct arena *a = arena_create();
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        ck_assert_str_eq(problem_code(a, BYTES_OF_TEXT(rows[i].body)), rows[i].code);
    arena_destroy(a);
}
END_TEST

START_TEST(an_answer_is_told_in_few_words)
{
    struct arena *a = arena_create();
    struct http_answer refused = { .status = 403, .body = BYTES_OF_TEXT("{\"code\":\"a_b\"}") };
    struct http_answer bare = { .status = 503, .body = BYTES_OF_TEXT("<html>") };
    struct http_answer none = { .status = 0, .error = { "Connection refused" } };
    ck_assert_str_eq(problem_text(a, &refused), "403 a_b");
    ck_assert_str_eq(problem_text(a, &bare), "503");
    ck_assert_str_eq(problem_text(a, &none), "no answer: Connection refused");
    arena_destroy(a);
}
END_TEST

TESTS("plexd/problem", only_a_name_is_taken_from_a_body, an_answer_is_told_in_few_words)
