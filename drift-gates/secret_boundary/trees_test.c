/* The four regressions of March 2026 as trees, what is one edit away from mended, and a tracker in
 * the form of the programme's that contradicts itself in the ways it did (ruling 18a). */
#include "common/testing.h"

#include <stdio.h>

#include "common/arena.h"
#include "common/file.h"
#include "common/json.h"
#include "common/text.h"
#include "drift-gates/findings.h"
#include "drift-gates/secret_boundary/secret_boundary.h"

#define TREES "drift-gates/secret_boundary/trees"
#define FILE_CAP ((size_t)1 << 20)

static struct findings *judge(struct arena *a, const char *folder)
{
    struct error e = { .text = "" };
    struct settings *s;
    struct tree *t;
    struct findings *f = findings_create(a);
    ck_assert_msg(settings_read(a, folder, NULL, &s, &e), "%s: %s", folder, e.text);
    ck_assert_msg(tree_open(a, folder, s->ignore, &t, &e), "%s: %s", folder, e.text);
    ck_assert_msg(settings_complete(s, t, &e), "%s: %s", folder, e.text);
    gate_execute(&gate_secret_boundary, t, s, f);
    ck_assert_msg(f->outcomes[0].state != GATE_BROKEN, "%s: %s", folder, f->outcomes[0].error);
    return f;
}

static size_t count(const struct findings *f, const char *rule)
{
    size_t n = 0;
    for (size_t i = 0; i < f->n; i++)
        n += text_equal(f->rows[i].rule->id, rule);
    return n;
}

static const char *told(struct arena *a, const struct findings *f)
{
    const char *out = "";
    for (size_t i = 0; i < f->n; i++)
        out = arena_printf(a, "%s\n  %s %s:%d %s", out, f->rows[i].rule->id, f->rows[i].where.file,
                           f->rows[i].where.line, f->rows[i].message);
    return out;
}

/* Exactly these counts by rule, and no other rule. */
static void expect_exactly(struct arena *a, const char *name, const struct findings *f,
                           const json_t *counts)
{
    const char *rule;
    json_t *n;
    size_t all = 0;
    json_object_foreach ((json_t *)counts, rule, n) {
        ck_assert_msg(count(f, rule) == (size_t)json_integer_value(n), "%s: %zu of %s:%s", name,
                      count(f, rule), rule, told(a, f));
        all += (size_t)json_integer_value(n);
    }
    ck_assert_msg(f->n == all, "%s: %zu findings, not %zu:%s", name, f->n, all, told(a, f));
}

static const json_t *cases(struct arena *a)
{
    json_t *out;
    struct error e = { .text = "" };
    ck_assert_msg(json_parse_file(a, TREES "/near-misses.json", FILE_CAP, &out, &e), "%s", e.text);
    return out;
}

START_TEST(each_regression_is_found_whole_and_its_twin_is_clean)
{
    struct arena *a = arena_create();
    const char *name;
    json_t *counts,
        *all = json_object_get(cases(a), "regressions"); /* read once: the macro asks anew */
    size_t n = 0;
    json_object_foreach (all, name, counts) {
        const char *folder = path_join(a, TREES, name);
        expect_exactly(a, name, judge(a, path_join(a, folder, "bad")), counts);
        struct findings *f = judge(a, path_join(a, folder, "good"));
        ck_assert_msg(f->outcomes[0].state == GATE_CLEAN, "%s/good:%s", name, told(a, f));
        n++;
    }
    ck_assert_uint_eq(n, 5);
    arena_destroy(a);
}
END_TEST

static void write_file(struct arena *a, const char *path, const char *text)
{
    struct error e = { .text = "" };
    const char *slash = strrchr(path, '/');
    ck_assert_msg(directory_make(arena_strndup(a, path, (size_t)(slash - path)), 0700, &e), "%s",
                  e.text);
    ck_assert_msg(file_write_atomic(path, text, strlen(text), 0600, &e), "%s", e.text);
}

static void copy_tree(struct arena *a, const char *from, const char *to)
{
    struct error e = { .text = "" };
    struct tree *t;
    ck_assert_msg(tree_open(a, from, NULL, &t, &e), "%s", e.text);
    for (size_t i = 0; i < t->n; i++) {
        struct bytes text;
        ck_assert_msg(tree_read(t, t->files[i].path, &text, &e), "%s", e.text);
        write_file(a, path_join(a, to, t->files[i].path), (const char *)text.data);
    }
}

static const char *text_of(struct arena *a, const char *root, const char *file)
{
    struct error e = { .text = "" };
    struct bytes text;
    ck_assert_msg(file_read(a, path_join(a, root, file), FILE_CAP, &text, &e), "%s", e.text);
    return (const char *)text.data;
}

static void edit(struct arena *a, const char *root, const json_t *row)
{
    const char *file = json_text(row, "file"), *from = json_text(row, "from");
    const char *before = json_text(row, "before"), *after = json_text(row, "after");
    const char *text = json_text(row, "text");
    if (json_text(row, "copy") != NULL)
        text = text_of(a, root, json_text(row, "copy"));
    if (text == NULL) {
        text = text_of(a, root, file);
        const char *at = from == NULL ? NULL : strstr(text, from);
        ck_assert_msg(from == NULL || at != NULL, "%s has no '%s'", file, from);
        if (at != NULL)
            text = arena_printf(a, "%.*s%s%s", (int)(at - text), text, json_text(row, "to"),
                                at + strlen(from));
        text = arena_printf(a, "%s%s%s", before == NULL ? "" : before, text,
                            after == NULL ? "" : after);
    }
    write_file(a, path_join(a, root, file), text);
}

static void near_miss(struct arena *a, const json_t *row)
{
    struct error e = { .text = "" };
    const char *name = json_text(row, "name"), *said = json_text(row, "says");
    char *root;
    size_t i;
    json_t *item;
    ck_assert_msg(directory_make_temporary(a, "/tmp/near-miss", &root, &e), "%s", e.text);
    copy_tree(a, path_join(a, TREES, json_text(row, "base")), root);
    json_array_foreach (json_object_get(row, "edits"), i, item)
        edit(a, root, item);
    struct findings *f = judge(a, root);
    expect_exactly(a, name, f, json_object_get(row, "must"));
    json_array_foreach (json_object_get(row, "not"), i, item)
        ck_assert_msg(count(f, json_string_value(item)) == 0, "%s:%s", name, told(a, f));
    ck_assert_msg(said == NULL || text_contains(told(a, f), said), "%s:%s", name, told(a, f));
    ck_assert_msg(directory_remove(root, &e), "%s", e.text);
}

START_TEST(one_edit_away_is_found_and_nothing_else)
{
    struct arena *a = arena_create();
    size_t i;
    json_t *row;
    const json_t *list = json_object_get(cases(a), "near_misses");
    ck_assert_uint_eq(json_array_size(list), 12);
    json_array_foreach ((json_t *)list, i, row)
        near_miss(a, row);
    arena_destroy(a);
}
END_TEST

static const char *path_of(const struct finding *f)
{
    return f->where.path == NULL ? "the document" : f->where.path;
}

/* Each line of `expected` is "RULE service"; both ways. */
START_TEST(a_tracker_of_that_form_contradicts_itself_as_it_did)
{
    struct arena *a = arena_create();
    struct findings *f = judge(a, TREES "/tracker/bad");
    size_t n, found = 0;
    char **lines = text_split(a, text_of(a, TREES "/tracker", "expected"), '\n', &n);
    for (size_t i = 0; i < n; i++) {
        if (text_blank(lines[i]))
            continue;
        bool seen = false;
        for (size_t k = 0; k < f->n; k++)
            seen = seen || text_equal(lines[i], arena_printf(a, "%s %s", f->rows[k].rule->id,
                                                             path_of(&f->rows[k])));
        ck_assert_msg(seen, "not found: %s%s", lines[i], told(a, f));
        found++;
    }
    ck_assert_msg(found > 20, "only %zu contradictions are expected", found);
    for (size_t k = 0; k < f->n; k++) {
        const char *line = arena_printf(a, "%s %s\n", f->rows[k].rule->id, path_of(&f->rows[k]));
        ck_assert_msg(text_contains(text_of(a, TREES "/tracker", "expected"), line),
                      "not expected: %s%s", line, f->rows[k].message);
    }
    f = judge(a, TREES "/tracker/good");
    ck_assert_msg(f->outcomes[0].state == GATE_CLEAN, "good:%s", told(a, f));
    arena_destroy(a);
}
END_TEST

static const char *const own_files[] = { ".plexconf-gates.yaml", "docs/secrets.md" };

/* What the gate reads of this repository, in a folder that may be broken. */
static const char *copy_of_ours(struct arena *a)
{
    struct error e = { .text = "" };
    char *root;
    ck_assert_msg(directory_make_temporary(a, "/tmp/own-stack", &root, &e), "%s", e.text);
    copy_tree(a, "kind", path_join(a, root, "kind"));
    for (size_t i = 0; i < ARRAY_LEN(own_files); i++)
        write_file(a, path_join(a, root, own_files[i]), text_of(a, ".", own_files[i]));
    return root;
}

static void mutate(struct arena *a, const char *root, const json_t *row)
{
    const char *file = json_text(row, "file"), *also = json_text(row, "also");
    const char *rule = json_text(row, "rule"), *before = text_of(a, root, file);
    const char *before_also = also == NULL ? NULL : text_of(a, root, also);
    edit(a, root, row);
    if (also != NULL) {
        json_t *other = json_own(a, json_copy((json_t *)row));
        json_object_set_new(other, "file", json_string(also));
        edit(a, root, other);
    }
    struct findings *f = judge(a, root);
    ck_assert_msg(count(f, rule) > 0, "%s: no %s:%s", json_text(row, "name"), rule, told(a, f));
    write_file(a, path_join(a, root, file), before);
    if (also != NULL)
        write_file(a, path_join(a, root, also), before_also);
}

START_TEST(every_break_of_our_own_stack_is_found)
{
    struct arena *a = arena_create();
    struct error e = { .text = "" };
    size_t i;
    json_t *list, *row;
    ck_assert_msg(json_parse_file(a, TREES "/mutations.json", FILE_CAP, &list, &e), "%s", e.text);
    const char *root = copy_of_ours(a);
    struct findings *f = judge(a, root);
    ck_assert_msg(f->outcomes[0].state == GATE_CLEAN, "unbroken:%s", told(a, f));
    list = json_object_get(list, "mutations");
    ck_assert_uint_ge(json_array_size(list), 20);
    json_array_foreach (list, i, row)
        mutate(a, root, row);
    f = judge(a, root);
    ck_assert_msg(f->outcomes[0].state == GATE_CLEAN, "mended:%s", told(a, f));
    ck_assert_msg(directory_remove(root, &e), "%s", e.text);
    arena_destroy(a);
}
END_TEST

START_TEST(the_matrix_is_offered_as_a_document)
{
    struct arena *a = arena_create();
    struct error e = { .text = "" };
    struct settings *s;
    struct tree *t;
    const char *file, *text, *folder = "drift-gates/violations/B-32/good";
    ck_assert(settings_read(a, folder, NULL, &s, &e) && tree_open(a, folder, s->ignore, &t, &e) &&
              settings_complete(s, t, &e));
    ck_assert_msg(secret_matrix(a, t, s, &file, &text, &e), "%s", e.text);
    ck_assert_str_eq(file, "docs/secrets.md");
    ck_assert_str_eq(text, text_of(a, folder, file));
    folder = "drift-gates/violations/B-09/good";
    ck_assert(settings_read(a, folder, NULL, &s, &e) && tree_open(a, folder, s->ignore, &t, &e) &&
              settings_complete(s, t, &e));
    ck_assert(!secret_matrix(a, t, s, &file, &text, &e));
    arena_destroy(a);
}
END_TEST

TESTS("drift-gates/secret_boundary/trees", each_regression_is_found_whole_and_its_twin_is_clean,
      one_edit_away_is_found_and_nothing_else, a_tracker_of_that_form_contradicts_itself_as_it_did,
      every_break_of_our_own_stack_is_found, the_matrix_is_offered_as_a_document)
