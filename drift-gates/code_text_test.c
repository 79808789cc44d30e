#include "drift-gates/code_text.h"

#include "common/testing.h"
#include "common/text.h"

static void expect(const char *path, const char *text, const char *expected)
{
    struct arena *a = arena_create();
    struct bytes got = code_text(a, path, bytes_of_text(text));
    ck_assert_str_eq(arena_strndup(a, (const char *)got.data, got.len), expected);
    arena_destroy(a);
}

START_TEST(comments_become_blanks_and_literals_stay)
{
    expect("a.c", "int a; // b\nc", "int a;     \nc");
    expect("a.c", "a/*b\nc*/d", "a   \n   d");
    expect("a.c", "/**/x/*/y*/z", "    x      z");
    expect("a.c", "\"/*\" '\"' // \"\nx", "\"/*\" '\"'     \nx");
    expect("a.c", "\"a\\\"//\" b", "\"a\\\"//\" b");
    expect("a.c", "\"open // not\nx // y", "\"open // not\nx     ");
    expect("a.go", "`//\n\"` // x", "`//\n\"`     ");
    expect("a.c", "` // x", "`     ");
    expect("a.c", "/* never closed\n x", "               \n  ");
    expect("a.c", "a /", "a /");
    expect("a.c", "\"\\", "\"\\");
    expect("a.c", "/*/", "   ");
    expect("a.c", "", "");
}
END_TEST

START_TEST(tests_are_no_sources)
{
    ck_assert(code_text_is_source("a/b.c") && code_text_is_source("x.go"));
    ck_assert(!code_text_is_source("a/b_test.c") && !code_text_is_source("a/testdata/b.c"));
    ck_assert(!code_text_is_source("x.test.ts") && !code_text_is_source("x.md"));
}
END_TEST

TESTS("drift-gates/code_text", comments_become_blanks_and_literals_stay, tests_are_no_sources)
