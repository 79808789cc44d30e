#include "common/testing.h"

#include <sys/stat.h>

#include "common/file.h"
#include "common/text.h"
#include "drift-gates/settings.h"
#include "drift-gates/tree.h"

static struct arena *a;
static struct error e;
static struct settings *s;

static bool read_text(const char *text)
{
    e.text[0] = '\0';
    return settings_parse(a, "s.yaml", BYTES_OF_TEXT(text), &s, &e);
}

static void refused(const char *text, const char *why)
{
    ck_assert_msg(!read_text(text), "taken: %s", text);
    ck_assert_str_eq(e.text, why);
}

START_TEST(reads_all_members)
{
    a = arena_create();
    ck_assert_msg(read_text("renders:\n"
                            "  dev: { file: r/dev.yaml, overlay: o/dev, kind: development }\n"
                            "  live: { file: r/live.yaml, kind: production }\n"
                            "sources: [src]\ncontract: c\nignore: [x, '*.js']\n"
                            "require: [image-pins]\n"
                            "waivers:\n"
                            "  - { rule: A-01, file: f, path: p, owner: o, reason: r,\n"
                            "      until: 2027-01-31 }\n"
                            "gates: { image-pins: { a: 1 } }\n"),
                  "%s", e.text);
    ck_assert_uint_eq(s->n_renders, 2);
    ck_assert(!s->renders[0].production && s->renders[1].production);
    ck_assert_str_eq(s->renders[0].overlay, "o/dev");
    ck_assert_int_eq(s->renders[1].line, 3);
    ck_assert_str_eq(s->ignore[1], "*.js");
    ck_assert_ptr_null(s->ignore[2]);
    ck_assert_str_eq(s->require[0], "image-pins");
    ck_assert_int_eq(s->require_line, 7);
    ck_assert_str_eq(s->waivers[0].until, "2027-01-31");
    ck_assert_int_eq(s->waivers[0].line, 9);
    ck_assert_ptr_nonnull(settings_of_gate(s, "image-pins"));
    ck_assert_ptr_null(settings_of_gate(s, "layering"));
    arena_destroy(a);
}
END_TEST

START_TEST(refuses_what_it_does_not_know)
{
    a = arena_create();
    refused("sources: [a]\nrequires: [b]\n", "s.yaml:2: requires: is not known here; 'require'?");
    refused("- a\n", "s.yaml: must be a mapping");
    refused("sources: a\n", "s.yaml:1: sources: must be a list of texts");
    refused("require: [1]\n", "s.yaml:1: require: must be a list of texts");
    refused("renders: { dev: { file: x } }\n",
            "s.yaml:1: dev: needs 'kind': production or development");
    refused("renders: { dev: x }\n", "s.yaml:1: dev: must be {file, overlay, kind}");
    refused("waivers: [x]\n",
            "s.yaml:1: waivers: each is {rule, file, path, owner, reason, until}");
    refused("gates: [x]\n", "s.yaml:1: gates: must map names of gates");
    refused("a: &x [*x]\n", "s.yaml: line 1 column 8: an alias names no anchor that is complete "
                            "here");
    refused("sources: [a\xff]\n", "s.yaml: line 1 column 1: invalid leading UTF-8 octet");
    arena_destroy(a);
}
END_TEST

START_TEST(bombs_are_bounded)
{
    a = arena_create();
    char *text = "gates:\n  a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
    for (int i = 1; i < 12; i++)
        text = arena_printf(a, "%s  a%d: &a%d [*a%d, *a%d, *a%d, *a%d, *a%d, *a%d, *a%d]\n", text,
                            i, i, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1);
    ck_assert(!read_text(text));
    ck_assert_msg(text_contains(e.text, "more than 1,000,000 nodes"), "%s", e.text);
    arena_destroy(a);
}
END_TEST

START_TEST(renders_are_found_without_settings)
{
    char *folder;
    struct tree *t;
    a = arena_create();
    ck_assert(directory_make_temporary(a, "/tmp/settings_test", &folder, &e));
    ck_assert(directory_make(path_join(a, folder, "k/rendered"), 0755, &e));
    ck_assert(file_write_atomic(path_join(a, folder, "k/rendered/prod-eu.yaml"), "", 0, 0644, &e));
    ck_assert(file_write_atomic(path_join(a, folder, "k/rendered/dev.yml"), "", 0, 0644, &e));
    ck_assert(settings_read(a, folder, NULL, &s, &e));
    settings_put_render(s, (struct render_source){ .name = "dev",
                                                   .file = "-",
                                                   .text = { (const unsigned char *)"", 0 } });
    ck_assert(tree_open(a, folder, NULL, &t, &e));
    ck_assert(settings_complete(s, t, &e));
    ck_assert_uint_eq(s->n_renders, 2);
    ck_assert_str_eq(s->renders[0].file, "-"); /* the command line's stands for the tree's */
    ck_assert_str_eq(s->renders[1].name, "prod-eu");
    ck_assert(s->renders[1].production);
    ck_assert(directory_remove(folder, &e));
    arena_destroy(a);
}
END_TEST

START_TEST(a_fifo_of_that_name_is_not_waited_for)
{
    char *folder;
    a = arena_create();
    ck_assert(directory_make_temporary(a, "/tmp/settings_test", &folder, &e));
    ck_assert_int_eq(mkfifo(path_join(a, folder, SETTINGS_FILE), 0644), 0);
    ck_assert(!settings_read(a, folder, NULL, &s, &e));
    ck_assert_str_eq(e.text, SETTINGS_FILE ": is no regular file");
    ck_assert(directory_remove(folder, &e));
    arena_destroy(a);
}
END_TEST

TESTS("drift-gates/settings", reads_all_members, refuses_what_it_does_not_know, bombs_are_bounded,
      renders_are_found_without_settings, a_fifo_of_that_name_is_not_waited_for)
