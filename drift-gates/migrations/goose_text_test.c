#include "drift-gates/migrations/goose_text.h"

#include "common/testing.h"
#include "common/text.h"

static struct arena *arena;
static struct goose_migration_text migration;
static int faults, fault_line;

static void fault(void *self, int line, const char *what)
{
    (void)self;
    ck_assert(what[0] != '\0');
    faults++;
    fault_line = line;
}

static int read(const char *text)
{
    struct goose_reader r = { .arena = arena, .fault = fault };
    faults = fault_line = 0;
    goose_text_read(&r, bytes_of_text(text), &migration);
    return faults;
}

static const char *words_of(const struct goose_words *s)
{
    const char *all = "";
    for (size_t i = 0; i < s->n; i++)
        all = arena_printf(arena, "%s%s%s%s", all, i == 0 ? "" : " ", s->words[i].body ? "~" : "",
                           s->words[i].text);
    return all;
}

START_TEST(statements_are_words)
{
    arena = arena_create();
    ck_assert_int_eq(read("-- about; it\n-- +goose Up\nCREATE TABLE A.b (/* x; */ c text\n"
                          "  DEFAULT 'it''s; so'); DROP \"My; T\";\n-- +goose Down\n"
                          "-- +goose StatementBegin\nDO $x$ BEGIN a; $$ b; END $x$;\n"
                          "-- +goose StatementEnd\n"),
                     0);
    ck_assert_uint_eq(migration.up.n, 2);
    ck_assert_str_eq(words_of(&migration.up.statements[0]),
                     "create table a.b ( c text default 'it''s; so' )");
    ck_assert_str_eq(words_of(&migration.up.statements[1]), "drop My; T");
    ck_assert_int_eq(migration.up.statements[1].line, 4);
    ck_assert_uint_eq(migration.down.n, 1);
    ck_assert_str_eq(words_of(&migration.down.statements[0]), "do $$ ~begin ~a ~; ~b ~; ~end");
    arena_destroy(arena);
}
END_TEST

START_TEST(what_goose_reads_otherwise_is_told)
{
    static const struct {
        const char *text;
        int line;
    } rows[] = {
        { "", 1 },
        { "-- +goose Down\nSELECT 1;\n-- +goose Up\nSELECT 1;\n", 1 },
        { "-- +goose Up\nSELECT 1;\n-- +goose Up\n", 3 },
        { "-- +goose Up\nSELECT 'a;\nb';\n", 2 },
        { "-- +goose Up\nDO $$ a;\nb $$;\n", 2 },
        { "-- +goose Up\nSELECT /* a;\n */ 1;\n", 2 },
        { "-- +goose Up\nSELECT 1\n", 3 },
        { "-- +goose Up\nSELECT 1 -- ;\n", 3 },
        { "-- +goose Up\n-- +goose StatementEnd\n", 2 },
        { "-- +goose Up\n-- +goose StatementBegin\nSELECT 1;\n-- +goose Down\n", 4 },
        { "-- +goose Up\n-- +goose Sideways\n", 2 },
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        arena = arena_create();
        ck_assert_msg(read(rows[i].text) >= 1, "row %zu", i);
        ck_assert_msg(fault_line == rows[i].line || faults > 1, "row %zu: line %d", i, fault_line);
        arena_destroy(arena);
    }
}
END_TEST

START_TEST(hostile_text_ends)
{
    static const char *const texts[] = {
        "-- +goose Up\nSELECT '",
        "-- +goose Up\nSELECT \"",
        "-- +goose Up\n/*",
        "-- +goose Up\n$x",
        "-- +goose Up\n$x$",
        "-- +goose",
        "-",
        "SELECT 1;",
        "-- +goose Up\n\xff\xfe;",
        "''",
        "-- +goose Up\n/*/*/**/",
    };
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        arena = arena_create();
        ck_assert_msg(read(texts[i]) > 0 || strstr(texts[i], "\xff") != NULL, "row %zu", i);
        arena_destroy(arena);
    }
}
END_TEST

TESTS("drift-gates/goose_text", statements_are_words, what_goose_reads_otherwise_is_told,
      hostile_text_ends)
