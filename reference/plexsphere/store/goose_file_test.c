#include "reference/plexsphere/store/goose_file.h"

#include <stdio.h>
#include <string.h>

#include "common/arena.h"
#include "common/testing.h"
#include "common/text.h"

static struct goose_file file;
static struct error error;

static bool parse_bytes(struct arena *a, const char *text, size_t len)
{
    error = (struct error){ "" };
    return goose_parse(a, "0007_x.sql", (struct bytes){ (const unsigned char *)text, len }, &file,
                       &error);
}

static bool parse(struct arena *a, const char *text)
{
    return parse_bytes(a, text, strlen(text));
}

/* What is refused, and the start of the line that says so. */
static const struct {
    const char *text, *error;
} bad[] = {
    { "", "0007_x.sql:1: no -- +goose Up section" },
    { "-- only a comment\n", "0007_x.sql:2: no -- +goose Up section" },
    { "SELECT 1;\n-- +goose Up\n", "0007_x.sql:1: only comments may stand before" },
    { "/* c */\n-- +goose Up\n", "0007_x.sql:1: only comments may stand before" },
    { "-- +goose Down\nSELECT 1;\n", "0007_x.sql:1: Down before Up" },
    { "-- +goose Up\n-- +goose Up\n", "0007_x.sql:2: a second Up" },
    { "-- +goose Up\n-- +goose Down\n-- +goose Up\n", "0007_x.sql:3: a second Up" },
    { "-- +goose Up\n-- +goose Down\n-- +goose Down\n", "0007_x.sql:3: a second Down" },
    { "-- +goose Upp\n", "0007_x.sql:1: unknown annotation" },
    { "-- +goose\n", "0007_x.sql:1: unknown annotation" },
    { "-- +goose ENVSUB ON\n-- +goose Up\n", "0007_x.sql:1: unknown annotation" },
    { " -- +goose Up\n", "0007_x.sql:1: an annotation is written" },
    { "-- about +goose\n", "0007_x.sql:1: an annotation is written" },
    { "-- +goose Up\nSELECT 1\n", "0007_x.sql:2: this statement is not ended by ';'" },
    { "-- +goose Up\n\nSELECT 1\n\n-- +goose Down\n", "0007_x.sql:3: this statement is not ended" },
    { "-- +goose Up\nSELECT 1; SELECT 2\n", "0007_x.sql:2: this statement is not ended by ';'" },
    { "-- +goose Up\nSELECT 'a\n", "0007_x.sql:2: a quote or comment in this statement" },
    { "-- +goose Up\nSELECT 'a\n-- +goose Down\n';\n", "0007_x.sql:2: a quote or comment" },
    { "-- +goose Up\n/* a /* b */\nSELECT 1\n", "0007_x.sql:2: a quote or comment" },
    { "-- +goose Up\nSELECT $$a\n", "0007_x.sql:2: a quote or comment" },
    { "-- +goose Up\n/* left over */\n", "0007_x.sql:2: this statement is not ended" },
    { "-- +goose Up\n-- +goose StatementBegin\nSELECT 1;\n",
      "0007_x.sql:3: StatementBegin without" },
    { "-- +goose Up\n-- +goose StatementBegin\n-- +goose StatementEnd\n",
      "0007_x.sql:2: nothing between" },
    { "-- +goose Up\n-- +goose StatementEnd\n", "0007_x.sql:2: StatementEnd without" },
    { "-- +goose StatementBegin\n", "0007_x.sql:1: StatementBegin before Up" },
    { "-- +goose Up\n-- +goose StatementBegin\nSELECT 1;\n-- +goose Down\n-- +goose StatementEnd\n",
      "0007_x.sql:4: only StatementEnd may follow" },
    { "-- +goose Up\n-- +goose StatementBegin\n-- +goose StatementBegin\n",
      "0007_x.sql:3: only StatementEnd may follow" },
    { "-- +goose Up\nSELECT\n-- +goose StatementBegin\n",
      "0007_x.sql:2: this statement is not ended" },
    /* Where goose would cut, and we would not. */
    { "-- +goose Up\nSELECT 'a;\nb';\n", "0007_x.sql:2: goose would end the statement" },
    { "-- +goose Up\nSELECT \"a;\nb\";\n", "0007_x.sql:2: goose would end the statement" },
    { "-- +goose Up\nDO $$\nBEGIN\n  NULL;\nEND $$;\n",
      "0007_x.sql:4: goose would end the statement" },
    { "-- +goose Up\nSELECT /* a;\n*/ 1;\n", "0007_x.sql:2: goose would end the statement" },
    { "-- +goose Up\nSELECT 1--x;\n;\n", "0007_x.sql:2: goose would end the statement" },
    { "-- +goose Up\nSELECT E'\\';\n';\n", "0007_x.sql:2: goose would end the statement" },
    /* Where we would cut, and goose would not. */
    { "-- +goose Up\nSELECT 1;--note\n", "0007_x.sql:2: goose would not see" },
};

START_TEST(refuses_and_says_where)
{
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct arena *a = arena_create();
        ck_assert_msg(!parse(a, bad[i].text), "accepted: %s", bad[i].text);
        ck_assert_msg(text_starts(error.text, bad[i].error), "%s\ngave: %s", bad[i].text,
                      error.text);
        arena_destroy(a);
    }
}
END_TEST

START_TEST(refuses_a_nul_byte)
{
    struct arena *a = arena_create();
    static const char text[] = "-- +goose Up\nSELECT 1;\0DROP TABLE x;\n";
    ck_assert(!parse_bytes(a, text, sizeof(text) - 1));
    ck_assert_str_eq(error.text, "0007_x.sql:1: the file holds a NUL byte");
    arena_destroy(a);
}
END_TEST

START_TEST(reads_both_sections)
{
    struct arena *a = arena_create();
    ck_assert(parse(a, "-- why\n\n-- +goose Up\n-- note\nCREATE TABLE a (\n  i int -- a; b\n);\n"
                       "SELECT 1; SELECT 2;\n\n-- +goose Down\nDROP TABLE a; -- gone\n"));
    ck_assert_uint_eq(file.up.n, 3);
    ck_assert_str_eq(file.up.statements[0].sql, "CREATE TABLE a (\n  i int -- a; b\n);");
    ck_assert_int_eq(file.up.statements[0].line, 5);
    ck_assert_str_eq(file.up.statements[1].sql, "SELECT 1;");
    ck_assert_str_eq(file.up.statements[2].sql, "SELECT 2;");
    ck_assert_int_eq(file.up.statements[2].line, 8);
    ck_assert_uint_eq(file.down.n, 1);
    ck_assert_str_eq(file.down.statements[0].sql, "DROP TABLE a;");
    ck_assert(!file.no_transaction);
    arena_destroy(a);
}
END_TEST

START_TEST(a_block_is_one_statement)
{
    struct arena *a = arena_create();
    ck_assert(parse(a, "-- +goose Up\n-- +goose StatementBegin\n\nDO $$\nBEGIN\n  NULL;\nEND\n$$;\n"
                       "-- +goose StatementEnd\nSELECT 1;\n"));
    ck_assert_uint_eq(file.up.n, 2);
    ck_assert_str_eq(file.up.statements[0].sql, "DO $$\nBEGIN\n  NULL;\nEND\n$$;");
    ck_assert_int_eq(file.up.statements[0].line, 4);
    ck_assert_uint_eq(file.down.n, 0);
    arena_destroy(a);
}
END_TEST

START_TEST(semicolons_in_quotes_end_nothing)
{
    struct arena *a = arena_create();
    ck_assert(parse(a, "-- +goose Up\n"
                       "SELECT 'a;b', \"c;d\", $$e;f$$, $t$g;$$;h$t$ /* i;/*j*/; */, 'it''s;';\n"
                       "SELECT E'a\\';b', a$1, b$$c FROM t;\n"
                       "SELECT 'x\\';\n"));
    ck_assert_uint_eq(file.up.n, 3);
    ck_assert_str_eq(file.up.statements[2].sql, "SELECT 'x\\';");
    arena_destroy(a);
}
END_TEST

START_TEST(annotations_in_any_case_and_without_transaction)
{
    struct arena *a = arena_create();
    ck_assert(
        parse(a, "-- +goose no transaction\r\n--+goose UP\r\nSELECT 1;\r\n-- +goose DOWN --\r\n") ==
        false);
    ck_assert(
        parse(a, "-- +goose no transaction\r\n--+goose UP\r\nSELECT 1;\r\n-- +goose DOWN\r\n"));
    ck_assert(file.no_transaction);
    ck_assert_uint_eq(file.up.n, 1);
    ck_assert_str_eq(file.up.statements[0].sql, "SELECT 1;");
    arena_destroy(a);
}
END_TEST

START_TEST(empty_sections_and_lone_semicolons_are_no_statements)
{
    struct arena *a = arena_create();
    ck_assert(parse(a, "-- +goose Up\n;\n;;\n-- +goose Down"));
    ck_assert_uint_eq(file.up.n, 0);
    ck_assert_uint_eq(file.down.n, 0);
    arena_destroy(a);
}
END_TEST

START_TEST(many_statements)
{
    struct arena *a = arena_create();
    char text[8192];
    size_t len = (size_t)snprintf(text, sizeof(text), "-- +goose Up\n");
    for (int i = 0; i < 100; i++)
        len += (size_t)snprintf(text + len, sizeof(text) - len, "SELECT %d;\n", i);
    ck_assert(parse(a, text));
    ck_assert_uint_eq(file.up.n, 100);
    ck_assert_str_eq(file.up.statements[0].sql, "SELECT 0;");
    ck_assert_str_eq(file.up.statements[99].sql, "SELECT 99;");
    ck_assert_int_eq(file.up.statements[99].line, 101);
    arena_destroy(a);
}
END_TEST

START_TEST(versions_of_names)
{
    static const char *const none[] = { "x.sql",
                                        "_x.sql",
                                        "0000_x.sql",
                                        "-1_x.sql",
                                        "0001x.sql",
                                        "0001_x",
                                        "0001_x.go",
                                        "99999999999999999999_x.sql",
                                        " 0001_x.sql",
                                        "1a_x.sql",
                                        "" };
    int64_t version;
    for (size_t i = 0; i < ARRAY_LEN(none); i++)
        ck_assert_msg(!goose_version_of_name(none[i], &version), "%s", none[i]);
    ck_assert(goose_version_of_name("0051_domain_managed_push.sql", &version));
    ck_assert_int_eq(version, 51);
    ck_assert(goose_version_of_name("20261122045500_.sql", &version));
    ck_assert_int_eq(version, 20261122045500);
    ck_assert(goose_version_of_name("9223372036854775807_x.sql", &version));
    ck_assert(!goose_version_of_name("9223372036854775808_x.sql", &version));
}
END_TEST

TESTS("plexsphere/store/goose_file", refuses_and_says_where, refuses_a_nul_byte,
      reads_both_sections, a_block_is_one_statement, semicolons_in_quotes_end_nothing,
      annotations_in_any_case_and_without_transaction,
      empty_sections_and_lone_semicolons_are_no_statements, many_statements, versions_of_names)
