#include "common/json.h"

#include <string.h>

#include "common/arena.h"
#include "common/file.h"
#include "common/testing.h"
#include "common/text.h"

static struct arena *a;
static json_t *v;
static struct error e;

static bool parse(const char *text)
{
    return json_parse(a, text, strlen(text), &v, &e);
}

/* Corner cases of RFC 8259: each of these is no JSON text. */
START_TEST(refuses_what_is_no_json_text)
{
    static const char *const bad[] = {
        "",
        " ",
        "{",
        "[",
        "[1,]",
        "{\"a\":1,}",
        "{\"a\"}",
        "{a:1}",
        "'a'",
        "[1 2]",
        "01",
        "-",
        "+1",
        "1.",
        ".5",
        "1e",
        "0x1",
        "NaN",
        "Infinity",
        "-Infinity",
        "tru",
        "True",
        "nul",
        "\"a",
        "\"\n\"",
        "\"\t\"",
        "\"\\x41\"",
        "\"\\u12\"",
        "\"\\u00zz\"",
        "// c\n1",
        "/**/1",
        "[1]]",
        "1 2",
        "{}{}",
        "null x",
        "\xef\xbb\xbf{}",
        "[\"a\",\n4\n,1,",
        "*",
        "]",
        "}",
        "\"\\ud800\"",
        "\"\\udc00\"",
        "\"\\ud800\\u0041\"",
        "\"\\ud800\\ud800\"",
        "\"\\u0000\"",
        "{\"\\u0000\":1}",
        "\"\xff\"",
        "\"\xc0\xaf\"",
        "\"\xed\xa0\x80\"",
        "{\"a\":1,\"a\":2}",
        "{\"a\":1,\"\\u0061\":2}",
        "[{\"x\":{\"k\":1,\"k\":1}}]",
        "9223372036854775808",
        "-9223372036854775809",
        "1e400",
        "-1e999",
    };
    a = arena_create();
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        ck_assert_msg(!parse(bad[i]), "%s", bad[i]);
        ck_assert_msg(text_starts(e.text, "line "), "%s: %s", bad[i], e.text);
    }
    ck_assert(!json_parse(a, "1\0", 2, &v, &e));
    ck_assert(!json_parse(a, "\"a\0b\"", 5, &v, &e));
    ck_assert(!json_parse(a, NULL, 0, &v, &e));
    ck_assert(!json_parse(a, "[1]", 2, &v, &e)); /* not past the length */
    arena_destroy(a);
}
END_TEST

START_TEST(says_where_and_why_without_quoting)
{
    a = arena_create();
    ck_assert(!parse("{\n  \"token\": hunter2\n}"));
    ck_assert_msg(text_starts(e.text, "line 2 column "), "%s", e.text);
    ck_assert_msg(!text_contains(e.text, "hunter2"), "%s", e.text);
    ck_assert(!parse("{\"hunter2\":1,\"hunter2\":2}"));
    ck_assert_msg(text_contains(e.text, "twice") && !text_contains(e.text, "hunter2"), "%s",
                  e.text);
    ck_assert(!parse("[99999999999999999999]"));
    ck_assert_msg(text_contains(e.text, "too large") && !text_contains(e.text, "999"), "%s",
                  e.text);
    ck_assert(!parse("[1] x"));
    ck_assert_msg(text_contains(e.text, "more text after the value"), "%s", e.text);
    arena_destroy(a);
}
END_TEST

static const char *brackets(size_t n, char open, char close)
{
    char *text = arena_alloc(a, 2 * n + 1);
    memset(text, open, n);
    memset(text + n, close, n);
    return text;
}

START_TEST(stops_at_64_levels)
{
    a = arena_create();
    ck_assert(parse(brackets(64, '[', ']')));
    ck_assert(!parse(brackets(65, '[', ']')));
    ck_assert_str_eq(e.text, "line 1 column 65: more than 64 levels");
    ck_assert(!parse(brackets(1000000, '[', ']')));
    ck_assert(!parse(brackets(100000, '{', '}')));
    /* Brackets inside text are no levels, wherever the text ends. */
    ck_assert(parse(arena_printf(a, "[\"\\\"%s\"]", brackets(100, '[', '{'))));
    ck_assert(parse(arena_printf(a, "[\"\\\\\",\"%s\"]", brackets(100, '[', '{'))));
    arena_destroy(a);
}
END_TEST

START_TEST(reads_any_value)
{
    a = arena_create();
    ck_assert(parse(" null\r\n\t") && json_is_null(v));
    ck_assert(parse("\"\\ud834\\udd1e \\u00e9\\/\"")); /* the clef of RFC 8259 §7 */
    ck_assert_str_eq(json_string_value(v), "\xf0\x9d\x84\x9e \xc3\xa9/");
    ck_assert(parse("9223372036854775807") && json_integer_value(v) == INT64_MAX);
    ck_assert(parse("-9223372036854775808") && json_integer_value(v) == INT64_MIN);
    ck_assert(parse("-0.5E+1") && json_real_value(v) == -5.0);
    ck_assert(parse("{\"\":{\"\":[]}}"));
    arena_destroy(a);
}
END_TEST

START_TEST(writes_in_order_sorted_and_pretty)
{
    a = arena_create();
    ck_assert(parse("{\"b\": [1, {\"z\": true, \"a\": null}], \"B\": \"\\u00e9\\n\", \"a\": {}}"));
    ck_assert_str_eq(json_dump(a, v),
                     "{\"b\":[1,{\"z\":true,\"a\":null}],\"B\":\"\xc3\xa9\\n\",\"a\":{}}");
    ck_assert_str_eq(json_dump_sorted(a, v),
                     "{\"B\":\"\xc3\xa9\\n\",\"a\":{},\"b\":[1,{\"a\":null,\"z\":true}]}");
    ck_assert_str_eq(json_dump_pretty(a, json_member(v, "b")),
                     "[\n  1,\n  {\n    \"z\": true,\n    \"a\": null\n  }\n]");
    ck_assert_str_eq(json_dump(a, json_own(a, json_string("x"))), "\"x\"");
    arena_destroy(a);
}
END_TEST

START_TEST(answers_only_for_the_right_type)
{
    a = arena_create();
    ck_assert(parse("{\"t\":\"x\",\"i\":7,\"r\":7.5,\"b\":true,\"n\":null,\"l\":[\"x\",1]}"));
    ck_assert_str_eq(json_text(v, "t"), "x");
    ck_assert_ptr_null(json_text(v, "i"));
    ck_assert_ptr_null(json_text(v, "n"));
    ck_assert_ptr_null(json_text(v, "absent"));
    ck_assert_ptr_null(json_text(NULL, "t"));
    ck_assert_ptr_null(json_text(json_member(v, "l"), "t"));
    ck_assert_int_eq(json_int(v, "i", 1), 7);
    ck_assert_int_eq(json_int(v, "r", 1), 1);
    ck_assert_int_eq(json_int(v, "t", 1), 1);
    ck_assert(json_flag(v, "b", false) && json_flag(v, "i", true) && !json_flag(NULL, "b", false));
    ck_assert(json_is_null(json_member(v, "n")));
    ck_assert_ptr_null(json_member(NULL, "n"));
    ck_assert(json_array_has_text(json_member(v, "l"), "x"));
    ck_assert(!json_array_has_text(json_member(v, "l"), "1"));
    ck_assert(!json_array_has_text(v, "x") && !json_array_has_text(NULL, "x"));
    arena_destroy(a);
}
END_TEST

/* The document and the pointers of RFC 6901 §5. */
START_TEST(follows_json_pointers)
{
    static const struct {
        const char *pointer;
        int value;
    } rows[] = { { "/", 0 },     { "/a~1b", 1 }, { "/c%d", 2 }, { "/e^f", 3 }, { "/g|h", 4 },
                 { "/i\\j", 5 }, { "/k\"l", 6 }, { "/ ", 7 },   { "/m~0n", 8 } };
    static const char *const nowhere[] = { "foo",
                                           "/foo/2",
                                           "/foo/-",
                                           "/foo/00",
                                           "/foo/-1",
                                           "/foo/",
                                           "/absent",
                                           "/a~1b/x",
                                           "/m~n",
                                           "/m~",
                                           "/m~2n",
                                           "/foo/0/",
                                           "/foo/9223372036854775808",
                                           "#/foo" };
    a = arena_create();
    ck_assert(parse("{\"foo\":[\"bar\",\"baz\"],\"\":0,\"a/b\":1,\"c%d\":2,\"e^f\":3,\"g|h\":4,"
                    "\"i\\\\j\":5,\"k\\\"l\":6,\" \":7,\"m~n\":8}"));
    ck_assert_ptr_eq(json_at(v, ""), v);
    ck_assert_ptr_eq(json_at(v, "/foo"), json_member(v, "foo"));
    ck_assert_str_eq(json_string_value(json_at(v, "/foo/0")), "bar");
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        ck_assert_msg(json_is_integer(json_at(v, rows[i].pointer)) &&
                          json_integer_value(json_at(v, rows[i].pointer)) == rows[i].value,
                      "%s", rows[i].pointer);
    for (size_t i = 0; i < ARRAY_LEN(nowhere); i++)
        ck_assert_msg(json_at(v, nowhere[i]) == NULL, "%s", nowhere[i]);
    ck_assert_ptr_null(json_at(NULL, "/foo"));
    arena_destroy(a);
}
END_TEST

START_TEST(names_the_file)
{
    a = arena_create();
    char *folder;
    ck_assert_msg(directory_make_temporary(a, "/tmp/json_test", &folder, &e), "%s", e.text);
    char *path = path_join(a, folder, "x.json");
    ck_assert(!json_parse_file(a, path, 100, &v, &e));
    ck_assert_str_eq(e.text, arena_printf(a, "%s: no such file or directory", path));
    ck_assert(file_write_atomic(path, "[1,\n2", 5, 0600, &e));
    ck_assert(!json_parse_file(a, path, 100, &v, &e));
    ck_assert_msg(text_starts(e.text, arena_printf(a, "%s: line 2 column ", path)), "%s", e.text);
    ck_assert(file_write_atomic(path, "[1]", 3, 0600, &e));
    ck_assert(!json_parse_file(a, path, 2, &v, &e));
    ck_assert(json_parse_file(a, path, 3, &v, &e));
    ck_assert_str_eq(json_dump(a, v), "[1]");
    ck_assert(directory_remove(folder, &e));
    arena_destroy(a);
}
END_TEST

TESTS("common/json", refuses_what_is_no_json_text, says_where_and_why_without_quoting,
      stops_at_64_levels, reads_any_value, writes_in_order_sorted_and_pretty,
      answers_only_for_the_right_type, follows_json_pointers, names_the_file)
