#include "common/yaml.h"

#include <string.h>

#include "common/arena.h"
#include "common/buffer.h"
#include "common/file.h"
#include "common/json.h"
#include "common/testing.h"
#include "common/text.h"

static struct arena *a;
static json_t *v;
static struct error e;

static bool parse(const char *text)
{
    return yaml_parse(a, text, strlen(text), &v, &e);
}

static void reads(const char *yaml, const char *json)
{
    ck_assert_msg(parse(yaml), "%s: %s", yaml, e.text);
    char *got = json_dump(a, v);
    ck_assert_msg(strcmp(got, json) == 0, "%s: %s, expected %s", yaml, got, json);
}

static void refuses(const char *yaml, const char *error)
{
    ck_assert_msg(!parse(yaml), "%s", yaml);
    ck_assert_msg(strcmp(e.text, error) == 0, "%s: %s", yaml, e.text);
}

/* Every row was compared with sigs.k8s.io/yaml 1.4.0. */
START_TEST(reads_plain_scalars_as_kubernetes)
{
    static const struct {
        const char *plain, *json;
    } rows[] = {
        { "y", "true" },
        { "Y", "true" },
        { "yes", "true" },
        { "Yes", "true" },
        { "YES", "true" },
        { "on", "true" },
        { "On", "true" },
        { "ON", "true" },
        { "true", "true" },
        { "True", "true" },
        { "TRUE", "true" },
        { "n", "false" },
        { "N", "false" },
        { "no", "false" },
        { "No", "false" },
        { "NO", "false" },
        { "off", "false" },
        { "Off", "false" },
        { "OFF", "false" },
        { "false", "false" },
        { "False", "false" },
        { "FALSE", "false" },
        { "yEs", "\"yEs\"" },
        { "oN", "\"oN\"" },
        { "tRUE", "\"tRUE\"" },
        { "~", "null" },
        { "null", "null" },
        { "Null", "null" },
        { "NULL", "null" },
        { "", "null" },
        { "nULL", "\"nULL\"" },
        { "0", "0" },
        { "-0", "0" },
        { "+7", "7" },
        { "0777", "511" },
        { "-0777", "-511" },
        { "0o777", "511" },
        { "0O777", "511" },
        { "0o8", "\"0o8\"" },
        { "08", "8" },
        { "1_000", "1000" },
        { "1__0", "10" },
        { "1_", "1" },
        { "_1", "\"_1\"" },
        { "0x1F", "31" },
        { "0X1f", "31" },
        { "-0x1F", "-31" },
        { "0x", "\"0x\"" },
        { "0xg", "\"0xg\"" },
        { "0b101", "5" },
        { "-0b101", "-5" },
        { "0b2", "\"0b2\"" },
        { "1:20", "\"1:20\"" },
        { "190:20:30", "\"190:20:30\"" },
        { "2001-01-01", "\"2001-01-01\"" },
        { "1.2.3", "\"1.2.3\"" },
        { "1,000", "\"1,000\"" },
        { ".5", "0.5" },
        { "-.5", "-0.5" },
        { "1.", "1" },
        { "1.0", "1" },
        { "1e3", "1000" },
        { "1E+3", "1000" },
        { "1.5", "1.5" },
        { "1e", "\"1e\"" },
        { "--1", "\"--1\"" },
        { "1e400", "\"1e400\"" },
        { ".", "\".\"" },
        { "-.", "\"-.\"" },
        { "inf", "\"inf\"" },
        { "NaN", "\"NaN\"" },
        { "9223372036854775807", "9223372036854775807" },
        { "-9223372036854775808", "-9223372036854775808" },
        { "0x7fffffffffffffff", "9223372036854775807" },
        { "0xffffffffffffffffff", "\"0xffffffffffffffffff\"" },
        { "=", "\"=\"" },
        { "<<", "\"<<\"" },
        { "0x1p-2", "\"0x1p-2\"" },
        { "1_0.5", "10.5" },
    };
    a = arena_create();
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        reads(arena_printf(a, "v: %s\n", rows[i].plain),
              arena_printf(a, "{\"v\":%s}", rows[i].json));
    arena_destroy(a);
}
END_TEST

START_TEST(quotes_and_tags_decide)
{
    a = arena_create();
    reads("['yes', \"0777\", '', \"~\"]", "[\"yes\",\"0777\",\"\",\"~\"]");
    reads("[!!str yes, !!str 12, !!int \"3\", !!float .5, !!bool \"yes\", !!null '']",
          "[\"yes\",\"12\",3,0.5,true,null]");
    reads("[!!binary aGk=, !foo 12, ! 12]", "[\"hi\",\"12\",\"12\"]");
    reads("{v: !!map {b: 1}, w: !!seq [1], x: !!float 3}", "{\"v\":{\"b\":1},\"w\":[1],\"x\":3}");
    refuses("v: !!int foo", "line 1 column 4: a scalar is not what its tag says");
    refuses("v: !!int 1.0", "line 1 column 4: a scalar is not what its tag says");
    refuses("v: !!binary a", "line 1 column 4: a !!binary value is not base64");
    refuses("v: !!binary /w==", "line 1 column 4: a scalar is not UTF-8");
    arena_destroy(a);
}
END_TEST

START_TEST(refuses_what_json_cannot_hold)
{
    a = arena_create();
    static const char *const numbers[] = { ".inf", "-.inf", "+.Inf", ".nan", ".NaN" };
    for (size_t i = 0; i < ARRAY_LEN(numbers); i++) {
        ck_assert_msg(!parse(arena_printf(a, "v: %s", numbers[i])), "%s", numbers[i]);
        ck_assert_msg(text_contains(e.text, "no JSON form"), "%s", e.text);
    }
    static const char *const wide[] = { "9223372036854775808", "18446744073709551615",
                                        "0x8000000000000000" };
    for (size_t i = 0; i < ARRAY_LEN(wide); i++) {
        ck_assert_msg(!parse(arena_printf(a, "v: %s", wide[i])), "%s", wide[i]);
        ck_assert_msg(text_contains(e.text, "64 bits"), "%s", e.text);
    }
    refuses("v: \"a\\0b\"", "line 1 column 4: a scalar holds a NUL");
    refuses("\"a\\0b\": v", "line 1 column 1: a mapping key holds a NUL or is not UTF-8");
    arena_destroy(a);
}
END_TEST

/* Compared with the same library: a key is resolved first, then becomes text. */
START_TEST(makes_keys_text)
{
    static const struct {
        const char *key, *text;
    } rows[] = {
        { "on", "true" },
        { "n", "false" },
        { "'on'", "on" },
        { "0777", "511" },
        { "1.0", "1" },
        { "1_000", "1000" },
        { "1e6", "1e+06" },
        { "100.5", "100.5" },
        { "123456.789", "123456.79" },
        { "1234567.5", "1.2345675e+06" },
        { "0.1", "0.1" },
        { "0.00001", "1e-05" },
        { "0.30000001", "0.3" },
        { "-0.0", "-0" },
        { ".inf", ".inf" },
        { "-.INF", "-.inf" },
        { ".NaN", ".nan" },
        { "123456789012345678901234567890", "1.2345679e+29" },
        { "1e3", "1000" },
        { "16777217.5", "1.6777218e+07" },
        { "''", "" },
        { "1:20", "1:20" },
        { "!!str 12", "12" },
    };
    a = arena_create();
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        reads(arena_printf(a, "? %s\n: x\n", rows[i].key),
              arena_printf(a, "{\"%s\":\"x\"}", rows[i].text));
    refuses("~: x", "line 1 column 1: a mapping key is null");
    refuses("[a, b]: x", "line 1 column 1: a mapping key must be a scalar");
    refuses("a: 1\nb: 2\na: 3\n", "line 3 column 1: a key stands twice in one mapping");
    refuses("yes: 1\non: 2\n", "line 2 column 1: a key stands twice in one mapping");
    arena_destroy(a);
}
END_TEST

START_TEST(resolves_anchors_and_merges)
{
    a = arena_create();
    reads("a: &x {b: 1}\nc: *x\n", "{\"a\":{\"b\":1},\"c\":{\"b\":1}}");
    reads("- &x 1\n- &x 2\n- *x\n", "[1,2,2]");
    reads("d: &x {b: 1, c: 2}\ne: {b: 3, <<: *x}\n",
          "{\"d\":{\"b\":1,\"c\":2},\"e\":{\"b\":3,\"c\":2}}");
    reads("- &a {p: 1}\n- &b {p: 2, q: 2}\n- {<<: [*a, *b], z: 1}\n",
          "[{\"p\":1},{\"p\":2,\"q\":2},{\"z\":1,\"p\":1,\"q\":2}]");
    reads("<<: {a: 1}\nb: 2\n", "{\"b\":2,\"a\":1}");
    reads("\"<<\": {a: 1}\n", "{\"<<\":{\"a\":1}}");
    reads("- &k name\n- *k : 1\n", "[\"name\",{\"name\":1}]");
    refuses("a: *x\nb: &x 1\n", "line 1 column 4: an alias names no anchor that is complete here");
    refuses("a: &x [*x]", "line 1 column 8: an alias names no anchor that is complete here");
    refuses("<<: 3", "line 1 column 1: \"<<\" needs a mapping or a sequence of mappings");
    refuses("<<: [3]", "line 1 column 1: \"<<\" needs a mapping or a sequence of mappings");
    refuses("- &k 1\n- *k : 1\n", "line 2 column 3: an alias used as a mapping key must name text");
    ck_assert(!yaml_parse_stream(a, "--- &x 1\n--- *x\n", 16, &v, &e));
    arena_destroy(a);
}
END_TEST

START_TEST(stops_an_alias_bomb)
{
    a = arena_create();
    struct buffer b;
    buffer_init_arena(&b, 100000, a);
    buffer_text(&b, "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for (int i = 1; i < 30; i++) {
        buffer_printf(&b, "a%d: &a%d [", i, i);
        for (int k = 0; k < 10; k++)
            buffer_printf(&b, "%s*a%d", k > 0 ? ", " : "", i - 1);
        buffer_text(&b, "]\n");
    }
    ck_assert(!parse(b.data));
    ck_assert_msg(text_contains(e.text, "more than 1,000,000 nodes"), "%s", e.text);

    buffer_clear(&b);
    buffer_text(&b, "a0: &a0 {k: 1}\n");
    for (int i = 1; i < 40; i++)
        buffer_printf(&b, "a%d: &a%d {<<: *a%d, k%d: *a%d, m%d: *a%d}\n", i, i, i - 1, i, i - 1, i,
                      i - 1);
    ck_assert(!parse(b.data));
    ck_assert_msg(text_contains(e.text, "more than 1,000,000 nodes"), "%s", e.text);
    arena_destroy(a);
}
END_TEST

static char *nested(int levels, const char *inside)
{
    struct buffer b;
    buffer_init_arena(&b, 100000, a);
    for (int i = 0; i < levels; i++)
        buffer_char(&b, '[');
    buffer_text(&b, inside);
    for (int i = 0; i < levels; i++)
        buffer_char(&b, ']');
    return b.data;
}

START_TEST(stops_at_200_levels_even_through_aliases)
{
    a = arena_create();
    ck_assert_msg(parse(nested(199, "1")), "%s", e.text);
    ck_assert(!parse(nested(5000, "1")));
    ck_assert_msg(text_contains(e.text, "levels") || text_contains(e.text, "exceeded"), "%s",
                  e.text);
    ck_assert(!parse(arena_printf(a, "- &x %s\n- %s\n", nested(150, "1"), nested(60, "*x"))));
    ck_assert_msg(text_contains(e.text, "more than 200 levels"), "%s", e.text);
    ck_assert_msg(parse(arena_printf(a, "- &x %s\n- %s\n", nested(100, "1"), nested(60, "*x"))),
                  "%s", e.text);
    arena_destroy(a);
}
END_TEST

START_TEST(counts_documents)
{
    a = arena_create();
    refuses("", "line 1 column 1: no document");
    refuses("# nothing\n", "line 1 column 1: no document");
    refuses("a: 1\n---\nb: 2\n", "line 2 column 1: a second document begins where one is expected");
    reads("---\n", "null");
    reads("--- text\n...\n", "\"text\"");
    const char *stream = "---\n---\na: 1\n--- ~\n---\n# only a comment\n---\n[b]\n...\n";
    ck_assert_msg(yaml_parse_stream(a, stream, strlen(stream), &v, &e), "%s", e.text);
    ck_assert_str_eq(json_dump(a, v), "[{\"a\":1},[\"b\"]]");
    ck_assert(yaml_parse_stream(a, "", 0, &v, &e));
    ck_assert_uint_eq(json_array_size(v), 0);
    ck_assert(yaml_parse_stream(a, NULL, 0, &v, &e));
    arena_destroy(a);
}
END_TEST

START_TEST(says_where_a_text_is_broken)
{
    a = arena_create();
    static const char *const bad[] = { "a: [1, 2\n", "a: b: c\n",      "\ta: 1\n",
                                       "a: @x\n",    "a: 'x\n",        "%YAML 1\n---\n",
                                       "a: \"\\q\"", "a: \"\\ud800\"", "- a\nb\n- c",
                                       "}",          "a: \xff\n",      "\xed\xa0\x80",
                                       "a: \x01" };
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        ck_assert_msg(!parse(bad[i]), "%s", bad[i]);
        ck_assert_msg(text_starts(e.text, "line "), "%s: %s", bad[i], e.text);
    }
    refuses("a: 1\nb: @x\n", "line 2 column 4: found character that cannot start any token");
    ck_assert(!yaml_parse(a, "a: b\0c", 6, &v, &e));
    ck_assert(!yaml_parse(a,
                          "\xff\xfe"
                          "a\0",
                          4, &v, &e)); /* UTF-16 is not taken */
    arena_destroy(a);
}
END_TEST

START_TEST(folds_block_scalars)
{
    a = arena_create();
    reads("a: |\n  x\n  y\nb: >\n  x\n  y\nc: |-\n  1\n",
          "{\"a\":\"x\\ny\\n\",\"b\":\"x y\\n\",\"c\":\"1\"}");
    arena_destroy(a);
}
END_TEST

START_TEST(remembers_lines)
{
    a = arena_create();
    ck_assert(parse("# comment\nname: x\ncredentials:\n  operator:\n    command: [a,\n"
                    "      b]\nlist:\n- one: 1\n-\n  two: 2\n"));
    json_t *first = v;
    ck_assert_int_eq(yaml_line_of(a, v, NULL), 2);
    ck_assert_int_eq(yaml_line_of(a, v, "name"), 2);
    ck_assert_int_eq(yaml_line_of(a, v, "credentials"), 3);
    ck_assert_int_eq(yaml_line_of(a, json_at(v, "/credentials/operator"), "command"), 5);
    ck_assert_int_eq(yaml_line_of(a, json_at(v, "/credentials/operator/command"), NULL), 5);
    ck_assert_int_eq(yaml_line_of(a, json_at(v, "/list/1"), NULL), 10);
    ck_assert_int_eq(yaml_line_of(a, json_at(v, "/list/1"), "two"), 10);
    ck_assert_int_eq(yaml_line_of(a, v, "absent"), 0);
    ck_assert_int_eq(yaml_line_of(a, NULL, "name"), 0);
    ck_assert_int_eq(yaml_line_of(a, json_own(a, json_object()), NULL), 0);

    ck_assert(parse("\n\n\nname: y\nother: &o\n  deep: 1\nmerged:\n  <<: *o\n"));
    ck_assert_int_eq(yaml_line_of(a, v, "name"), 4);
    ck_assert_int_eq(yaml_line_of(a, json_member(v, "merged"), "deep"), 6);
    ck_assert_int_eq(yaml_line_of(a, first, "name"), 2);

    struct buffer b;
    buffer_init_arena(&b, 1000000, a);
    for (int i = 0; i < 3000; i++)
        buffer_printf(&b, "k%d: {v: %d}\n", i, i);
    ck_assert(parse(b.data));
    for (int i = 0; i < 3000; i++) {
        char *key = arena_printf(a, "k%d", i);
        ck_assert_int_eq(yaml_line_of(a, v, key), i + 1);
        ck_assert_int_eq(yaml_line_of(a, json_member(v, key), "v"), i + 1);
    }
    arena_destroy(a);
}
END_TEST

START_TEST(names_the_file)
{
    a = arena_create();
    char *folder;
    ck_assert_msg(directory_make_temporary(a, "/tmp/yaml_test", &folder, &e), "%s", e.text);
    char *path = path_join(a, folder, "x.yaml");
    ck_assert(!yaml_parse_file(a, path, 100, &v, &e));
    ck_assert(file_write_atomic(path, "a: 1\na: 2\n", 10, 0600, &e));
    ck_assert(!yaml_parse_file(a, path, 100, &v, &e));
    ck_assert(text_starts(e.text, path));
    ck_assert_str_eq(e.text + strlen(path), ": line 2 column 1: a key stands twice in one mapping");
    ck_assert(!yaml_parse_file(a, path, 9, &v, &e));
    ck_assert(file_write_atomic(path, "a: 1\n", 5, 0600, &e));
    ck_assert(yaml_parse_file(a, path, 100, &v, &e));
    ck_assert_int_eq(json_int(v, "a", 0), 1);
    ck_assert(directory_remove(folder, &e));
    arena_destroy(a);
}
END_TEST

START_TEST(lines_of_all_texts_of_an_arena)
{
    struct arena *own = arena_create();
    json_t *values[300];
    for (int i = 0; i < 300; i++) {
        char *text = arena_strdup(own, "\nk: [a]\n");
        for (int k = 0; k < i % 7; k++)
            text = arena_printf(own, "\n%s", text);
        ck_assert(yaml_parse(own, text, strlen(text), &values[i], NULL));
    }
    for (int i = 0; i < 300; i++) {
        ck_assert_int_eq(yaml_line_of(own, values[i], NULL), 2 + i % 7);
        ck_assert_int_eq(yaml_line_of(own, values[i], "k"), 2 + i % 7);
        ck_assert_int_eq(yaml_line_of(own, json_object_get(values[i], "k"), NULL), 2 + i % 7);
        ck_assert_int_eq(yaml_line_of(own, values[i], "absent"), 0);
    }
    arena_destroy(own);
}
END_TEST

TESTS("common/yaml", reads_plain_scalars_as_kubernetes, quotes_and_tags_decide,
      refuses_what_json_cannot_hold, makes_keys_text, resolves_anchors_and_merges,
      stops_an_alias_bomb, stops_at_200_levels_even_through_aliases, counts_documents,
      says_where_a_text_is_broken, folds_block_scalars, remembers_lines, names_the_file,
      lines_of_all_texts_of_an_arena)
