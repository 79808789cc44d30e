/* Whatever a tree holds under the names that gates look for, every gate ends, and what it says is
 * one line each. */
#include "common/testing.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/file.h"
#include "common/text.h"
#include "drift-gates/findings.h"

static const char *const paths[] = {
    "SPEC.md",
    "chainsaw/pending.yaml",
    "chainsaw/a/chainsaw-test.yaml",
    "conformance/mutants/source/a.patch",
    "conformance/suites/a/a.c",
    "drift-gates/layering.rules",
    "drift-gates/migrations.yaml",
    "drift-gates/problem_codes.yaml",
    "drift-gates/spec_ledger.yaml",
    "migrations/0001_a.sql",
    "reference/plexsphere/a.c",
    "rendered/dev.yaml",
};

#define TEST "apiVersion: chainsaw.kyverno.io/v1alpha1\nkind: Test\n"

#define B(text)                                                                                    \
    {                                                                                              \
        (const unsigned char *)text, sizeof(text) - 1                                              \
    }

static const struct bytes texts[] = {
    B(""),
    B("\0\0\0\n\0"),
    B("\xff\xfe\x1b[31m\n: \x80\n\n"),
    B("a: &a [*a]\n"),
    B("[[[[[[[[[[[[[[[[[[[[[[[["),
    B(TEST "metadata: {name: \"\\e[31m\"}\nspec: []\n"),
    B("- **REG-001** MUST ("),
    B("- **REG-999999999999999999** MUST (ruling: 1) A.\n"),
    B("-- +goose Up\nDO $$ '\n/* \""),
    B("clause: \x1b\n\n--- a/../../etc/passwd\n+++ b/x\n"),
    B("#include \"../../../../etc/passwd\"\n403, \"a_\n\"\\"),
    B("only : \nexcept a : b : \ngroup x @x\n"),
    B("'''''\"\"\"\"\"$$$$$$----////****;;;;"),
};

static void put(struct arena *a, const char *root, const char *path, struct bytes text)
{
    struct error e = { .text = "" };
    const char *slash = strrchr(path, '/');
    if (slash != NULL)
        ck_assert(directory_make(path_join(a, root, arena_strndup(a, path, (size_t)(slash - path))),
                                 0700, &e));
    ck_assert_msg(file_write_atomic(path_join(a, root, path), text.data, text.len, 0600, &e), "%s",
                  e.text);
}

static void expect_lines(const char *text)
{
    ck_assert(text_is_utf8(text, strlen(text)));
    for (; *text != '\0'; text++)
        ck_assert((unsigned char)*text >= 0x20 && *text != 0x7f);
}

static void judge(const char *root)
{
    struct arena *a = arena_create();
    struct error e = { .text = "" };
    struct settings *s;
    struct tree *t;
    struct findings *f = findings_create(a);
    ck_assert_msg(settings_read(a, root, NULL, &s, &e) && tree_open(a, root, s->ignore, &t, &e) &&
                      settings_complete(s, t, &e),
                  "%s", e.text);
    for (size_t i = 0; gates[i] != NULL; i++)
        gate_execute(gates[i], t, s, f);
    for (size_t i = 0; i < f->n; i++)
        expect_lines(f->rows[i].message);
    for (size_t i = 0; i < f->n_outcomes; i++)
        ck_assert(f->outcomes[i].state != GATE_BROKEN || f->outcomes[i].error[0] != '\0');
    arena_destroy(a);
}

START_TEST(every_gate_ends_on_any_bytes)
{
    struct arena *a = arena_create();
    struct error e = { .text = "" };
    char *root;
    ck_assert_msg(directory_make_temporary(a, "/tmp/hostile", &root, &e), "%s", e.text);
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        for (size_t k = 0; k < ARRAY_LEN(paths); k++)
            put(a, root, paths[k], texts[i]);
        judge(root);
    }
    /* And each alone beside files that are as they should be long or short of something else. */
    for (size_t k = 0; k < ARRAY_LEN(paths); k++) {
        put(a, root, paths[k], texts[(k * 5 + 3) % ARRAY_LEN(texts)]);
        judge(root);
    }
    ck_assert(directory_remove(root, &e));
    arena_destroy(a);
}
END_TEST

START_TEST(what_is_no_file_is_never_opened)
{
    struct arena *a = arena_create();
    struct error e = { .text = "" };
    char *root;
    ck_assert_msg(directory_make_temporary(a, "/tmp/hostile", &root, &e), "%s", e.text);
    for (size_t k = 0; k < ARRAY_LEN(paths); k++) {
        const char *path = path_join(a, root, paths[k]), *slash = strrchr(path, '/');
        ck_assert(directory_make(arena_strndup(a, path, (size_t)(slash - path)), 0700, &e));
        if (k % 3 == 0)
            ck_assert_int_eq(mkfifo(path, 0600), 0);
        else if (k % 3 == 1)
            ck_assert_int_eq(symlink(path, path), 0);
        else
            ck_assert_int_eq(symlink("/dev/zero", path), 0);
    }
    judge(root);
    ck_assert(directory_remove(root, &e));
    arena_destroy(a);
}
END_TEST

START_TEST(a_file_that_is_too_large_is_told)
{
    struct arena *a = arena_create();
    struct error e = { .text = "" };
    char *root;
    ck_assert_msg(directory_make_temporary(a, "/tmp/hostile", &root, &e), "%s", e.text);
    for (size_t k = 0; k < ARRAY_LEN(paths); k++) {
        put(a, root, paths[k], BYTES_OF_TEXT("x"));
        ck_assert_int_eq(truncate(path_join(a, root, paths[k]), (off_t)1 << 30), 0); /* sparse */
    }
    judge(root);
    ck_assert(directory_remove(root, &e));
    arena_destroy(a);
}
END_TEST

TESTS("drift-gates/hostile_gates", every_gate_ends_on_any_bytes, what_is_no_file_is_never_opened,
      a_file_that_is_too_large_is_told)
