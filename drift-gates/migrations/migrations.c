/* migrations: the files of the schema are in order, whole, and lose nothing unsaid. */
#include "drift-gates/migrations/migrations.h"

#include <ctype.h>
#include <stdlib.h>

#include "common/json.h"
#include "common/number.h"
#include "common/text.h"
#include "common/yaml.h"

static const struct gate_rule rules[] = {
    { .id = "MIG-01",
      .title = "a migration's name is its version and words, and no version is there twice",
      .why =
          "goose orders by number and people by name: 0010 must not stand before 0009, and of two "
          "files with one version only one is applied.",
      .mend = "name the file DIGITS_words.sql, as many digits as its neighbours",
      .source = "GMIG-001" },
    { .id = "MIG-02",
      .title = "versions follow each other from 1; gaps and kept names are declared",
      .why =
          "A missing number is a migration that was lost in a merge, unless somebody says that it "
          "never was. A name that the contract fixes to a version must not move.",
      .mend = "number the file next to its neighbour, or declare the gap (`FROM-TO: reason`)",
      .source = "GMIG-002" },
    { .id = "MIG-03",
      .title = "a migration is one that goose reads as it looks",
      .why =
          "goose cuts statements by lines and knows no quotes: a file can be read in two ways. Up "
          "comes first and once, and a block that begins ends.",
      .mend = "put what has `;` inside its quotes between StatementBegin and StatementEnd",
      .source = "GMIG-003" },
    { .id = "MIG-04",
      .title = "each migration has a Down",
      .why =
          "Without one a downgrade leaves tables behind that the next upgrade trips over. One that "
          "must not be undone says so by raising 0A000.",
      .mend = "write the Down, or let it raise SQLSTATE 0A000",
      .source = "GMIG-004" },
    { .id = "MIG-05",
      .title = "an irreversible Down is declared, raises SQLSTATE 0A000 and does nothing else",
      .why = "A Down that drops credentials or a trail would bring back empty tables at the next "
             "upgrade. Any other SQLSTATE reads like an accident.",
      .mend =
          "make the Down one DO block with RAISE EXCEPTION … USING ERRCODE = '0A000', and declare "
          "it below `irreversible`",
      .source = "GMIG-005" },
    { .id = "MIG-06",
      .title = "nothing is dropped silently",
      .why = "A DROP in Up, and a DELETE or TRUNCATE in either direction, lose what operators have "
             "stored. Each has its reason in the declared file.",
      .mend = "keep it, or declare `VERSION: {drop …: reason}` below `drops`",
      .source = "GMIG-006" },
    { .id = "MIG-07",
      .title = "a Down takes back what its Up made, and only that",
      .why = "What is left behind breaks the next Up, and what another migration made is not this "
             "one's to drop.",
      .mend = "drop the table, column or index that the message names, or leave it",
      .source = "GMIG-007" },
};

static struct place file_place(const char *path, int line)
{
    return (struct place){ .file = path, .line = line };
}

const json_t *migrations_declared(const struct migrations *m, const char *list, int64_t version)
{
    const char *key = arena_printf(m->g->arena, "%lld", (long long)version);
    return json_object_get(json_object_get(m->declared.value, list), key);
}

/* ---- names and order ---- */

/* "0016_mesh.sql" */
static bool read_name(struct gate_run *g, const char *path, struct migration *out)
{
    const char *slash = strrchr(path, '/'), *name = slash == NULL ? path : slash + 1;
    size_t digits = strspn(name, "0123456789");
    const char *rest = name + digits;
    size_t words = strspn(rest, "abcdefghijklmnopqrstuvwxyz0123456789_");
    const char *number = name;
    while (*number == '0')
        number++;
    out->path = path;
    out->digits = arena_strndup(g->arena, name, digits);
    out->name = words > 1 ? arena_strndup(g->arena, rest + 1, words - 1) : "";
    return words > 1 && rest[0] == '_' && text_equal(rest + words, ".sql") &&
           number_parse(arena_strndup(g->arena, number, (size_t)(name + digits - number)), 1,
                        INT64_MAX, &out->version);
}

static int by_version(const void *left, const void *right)
{
    const struct migration *a = left, *b = right;
    if (a->version != b->version)
        return a->version < b->version ? -1 : 1;
    return strcmp(a->path, b->path);
}

/* "17-50" or "17". */
static bool read_range(struct gate_run *g, const char *text, int64_t *from, int64_t *to)
{
    const char *dash = strchr(text, '-');
    if (dash == NULL)
        return number_parse(text, 1, INT64_MAX, from) && number_parse(text, 1, INT64_MAX, to);
    return number_parse(arena_strndup(g->arena, text, (size_t)(dash - text)), 1, INT64_MAX, from) &&
           number_parse(dash + 1, *from, INT64_MAX, to);
}

static bool gap_is_declared(struct migrations *m, int64_t from, int64_t to)
{
    const json_t *gaps = json_object_get(m->declared.value, "gaps");
    const char *key;
    json_t *reason;
    int64_t first, last;
    json_object_foreach ((json_t *)gaps, key, reason) {
        if (read_range(m->g, key, &first, &last) && first == from && last == to &&
            !text_blank(json_string_value(reason)))
            return true;
    }
    return false;
}

static bool is_gap(const struct migrations *m, int64_t from, int64_t to)
{
    int64_t before = 0;
    for (size_t i = 0; i < m->n; i++) {
        if (before + 1 == from && m->rows[i].version - 1 == to)
            return true;
        before = m->rows[i].version;
    }
    return false;
}

static void judge_order(struct migrations *m)
{
    int64_t before = 0;
    for (size_t i = 0; i < m->n; i++) {
        const struct migration *one = &m->rows[i];
        struct place where = file_place(one->path, 0);
        if (one->version == before)
            finding(m->g, "MIG-01", where, "version %s is there twice", one->digits);
        else if (strlen(one->digits) != strlen(m->rows[0].digits))
            finding(m->g, "MIG-01", where, "the version has %zu digits, those of %s have %zu",
                    strlen(one->digits), m->rows[0].path, strlen(m->rows[0].digits));
        if (one->version > before + 1 && !gap_is_declared(m, before + 1, one->version - 1))
            finding(m->g, "MIG-02", where, "versions %lld to %lld are missing, and not declared",
                    (long long)before + 1, (long long)one->version - 1);
        const json_t *kept = migrations_declared(m, "names", one->version);
        if (kept != NULL && !text_equal(json_string_value(kept), one->name))
            finding(m->g, "MIG-02", where, "version %s is kept for %s", one->digits,
                    json_string_value(kept));
        before = one->version;
    }
}

static void judge_declared(struct migrations *m)
{
    const json_t *gaps = json_object_get(m->declared.value, "gaps");
    const char *key;
    json_t *reason;
    int64_t from, to;
    json_object_foreach ((json_t *)gaps, key, reason) {
        if (!read_range(m->g, key, &from, &to) || !is_gap(m, from, to))
            finding(m->g, "MIG-02", data_file_place(m->g, &m->declared, gaps, key),
                    "there is no gap %s", key);
    }
}

/* ---- one file ---- */

static void fault(void *self, int line, const char *what)
{
    struct migrations *m = self;
    m->faults++;
    finding(m->g, "MIG-03", file_place(m->file, line), "%s", what);
}

static void judge_file(struct migrations *m, const struct migration *one)
{
    if (one->text.down.n == 0)
        finding(m->g, "MIG-04", file_place(one->path, one->text.down.line),
                "the migration has no Down");
    m->statements += one->text.up.n + one->text.down.n;
    if (one->doubtful)
        return;
    migrations_judge_irreversible(m, one);
    migrations_judge_losses(m, one);
    migrations_judge_way_back(m, one);
}

static void read_file(struct migrations *m, const struct tree_file *file, bool demanded)
{
    struct goose_reader r = { .arena = m->g->arena, .fault = fault, .self = m };
    struct error e = { .text = "" };
    struct migration one = { .path = NULL };
    struct bytes text;
    m->file = file->path;
    if (!tree_map(m->g->tree, file, &text, &e)) {
        finding(m->g, "MIG-03", file_place(file->path, 0), "%s", e.text);
        return;
    }
    if (demanded || (text.len > 0 && memmem(text.data, text.len, "-- +goose ", 10) != NULL)) {
        if (!read_name(m->g, file->path, &one)) {
            finding(m->g, "MIG-01", file_place(file->path, 0), "the name is not DIGITS_words.sql");
        } else {
            size_t before = m->faults;
            goose_text_read(&r, text, &one.text);
            one.doubtful = m->faults > before;
            m->rows = arena_grow(m->g->arena, m->rows, m->n, &m->room, sizeof(one));
            m->rows[m->n++] = one;
        }
    }
    tree_unmap(text);
}

static void read_folder(struct migrations *m, const char *folder)
{
    size_t n;
    const struct tree_file *files = tree_below(m->g->tree, folder, &n);
    for (size_t i = 0; i < n; i++) {
        if (text_ends(files[i].path, ".sql"))
            read_file(m, &files[i], true);
    }
}

static bool run(struct gate_run *g, struct error *e)
{
    static const char *const members[] = { "folder", "declared", NULL };
    static const char *const known[] = { "gaps", "names", "irreversible", "drops", NULL };
    struct migrations m = { .g = g };
    const json_t *settings;
    if (!settings_of_gate_known(g->settings, "migrations", members, &settings, e) ||
        !data_file_read(g, settings, "declared", "drift-gates/migrations.yaml", known, &m.declared,
                        e))
        return false;
    const char *folder = json_text(settings, "folder");
    read_folder(&m, folder == NULL ? "migrations" : folder);
    if (m.n > 1)
        qsort(m.rows, m.n, sizeof(*m.rows), by_version);
    if (m.n > 0) {
        judge_order(&m);
        judge_declared(&m);
    }
    for (size_t i = 0; i < m.n; i++)
        judge_file(&m, &m.rows[i]);
    gate_compared(g, m.n, "migrations");
    gate_compared(g, m.statements, "statements");
    gate_compared(g, m.drops, "declared losses");
    return true;
}

const struct gate gate_migrations = {
    .name = "migrations",
    .says = "migrations are in order, whole, and lose nothing unsaid",
    .rules = rules,
    .n_rules = ARRAY_LEN(rules),
    .run = run,
};
