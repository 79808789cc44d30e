#include "drift-gates/mutants_apply/patch.h"

#include "common/testing.h"
#include "common/text.h"

#define HEADER "clause: REG-014\nbreaks: all\nred: REG-014*\n\n"
#define FILES "--- a/x.c\n+++ b/x.c\n"

static struct arena *arena;
static struct patch patch;
static struct error error;

static bool reads(const char *text)
{
    error.text[0] = '\0';
    bool ok = patch_read(arena, bytes_of_text(text), &patch, &error);
    ck_assert(ok || (text_starts(error.text, "line ") && strchr(error.text, '\n') == NULL));
    return ok;
}

static bool applies(const char *text, const char *to, size_t *moved)
{
    *moved = 0;
    ck_assert_msg(reads(arena_printf(arena, "%s%s%s", HEADER, FILES, text)), "%s", error.text);
    return patch_applies(arena, &patch.files[0], bytes_of_text(to), moved, &error);
}

static void start(void)
{
    arena = arena_create();
}

START_TEST(a_patch_is_read)
{
    start();
    ck_assert(reads(HEADER "diff --git a/x.c b/x.c\nindex 1..2 100644\n" FILES
                           "@@ -1,2 +1,2 @@ f\n a\n-b\n+c\n@@ -9 +9 @@\n-d\n+e\n"
                           "\\ No newline at end of file\n"
                           "--- a/y.c\n+++ /dev/null\n@@ -1 +0,0 @@\n-z\n"));
    ck_assert_uint_eq(patch.n_fields, 3);
    ck_assert_str_eq(patch.fields[2].value, "REG-014*");
    ck_assert_uint_eq(patch.n, 2);
    ck_assert_uint_eq(patch.files[0].n, 2);
    ck_assert_int_eq(patch.files[0].hunks[1].line, 13);
    ck_assert(patch.files[0].hunks[1].lines[0].newline);
    ck_assert(!patch.files[0].hunks[1].lines[1].newline);
    ck_assert_ptr_null(patch.files[1].after);
    arena_destroy(arena);
}
END_TEST

START_TEST(what_is_no_patch_is_refused_with_its_line)
{
    static const struct {
        const char *text;
        int line;
    } rows[] = {
        { "", 0 },
        { "clause: X-1\n", 1 },
        { "clause\n\n", 1 },
        { FILES "@@ -1 +1 @@\n-a\n+b\n", 1 },
        { HEADER "\n", 5 },
        { HEADER "hello\n", 5 },
        { HEADER FILES, 5 },
        { HEADER "--- a/x.c\n", 5 },
        { HEADER "--- x.c\n+++ x.c\n", 5 },
        { HEADER "--- a/../x.c\n+++ b/../x.c\n@@ -1 +1 @@\n-a\n+b\n", 5 },
        { HEADER "--- a//etc/passwd\n+++ b//etc/passwd\n@@ -1 +1 @@\n-a\n+b\n", 5 },
        { HEADER "--- a/x.c\n+++ b/y.c\n@@ -1 +1 @@\n-a\n+b\n", 5 },
        { HEADER "--- /dev/null\n+++ /dev/null\n@@ -1 +1 @@\n-a\n+b\n", 5 },
        { HEADER FILES "@@ -1 +1\n-a\n+b\n", 7 },
        { HEADER FILES "@@ -0 +1 @@\n-a\n+b\n", 7 },
        { HEADER FILES "@@ -1,99999999999 +1 @@\n-a\n", 7 },
        { HEADER FILES "@@ -1,2 +1,2 @@\n a\n-b\n", 9 },
        { HEADER FILES "@@ -1 +1 @@\n-a\n-b\n", 9 },
        { HEADER FILES "@@ -1 +1 @@\n a\n", 7 },
        { HEADER FILES "@@ -1,0 +1,0 @@\n", 7 },
        { HEADER FILES "@@ -5 +5 @@\n-a\n+b\n@@ -5 +5 @@\n-a\n+b\n", 10 },
        { HEADER FILES "@@ -1 +1 @@\n-a\n*b\n", 9 },
        { HEADER FILES "@@ -1 +1 @@\n-a\n+b", 9 },
    };
    start();
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        ck_assert_msg(!reads(rows[i].text), "row %zu", i);
        const char *said = arena_printf(arena, "line %d: ", rows[i].line);
        ck_assert_msg(text_starts(error.text, said), "row %zu: %s", i, error.text);
    }
    ck_assert(!patch_read(arena, (struct bytes){ (const unsigned char *)"a: b\n\n\0", 7 }, &patch,
                          &error));
    arena_destroy(arena);
}
END_TEST

START_TEST(a_patch_applies_without_fuzz)
{
    size_t moved;
    start();
    ck_assert(applies("@@ -1,3 +1,3 @@\n a\n-b\n+x\n c\n", "a\nb\nc\nd\n", &moved));
    ck_assert_uint_eq(moved, 0);
    ck_assert(!applies("@@ -1,3 +1,3 @@\n a\n-b\n+x\n c\n", "a\nb\nC\nd\n", &moved));
    ck_assert(!applies("@@ -1,3 +1,3 @@\n a\n-b\n+x\n c\n", "", &moved));
    ck_assert(!applies("@@ -1,3 +1,3 @@\n a\n-b\n+x\n c\n", "0\na\nb\nc\nd\n", &moved));
    /* elsewhere, when it is the only place */
    ck_assert(applies("@@ -2,3 +2,3 @@\n a\n-b\n+x\n c\n", "0\n1\n2\na\nb\nc\n", &moved));
    ck_assert_uint_eq(moved, 1);
    ck_assert(!applies("@@ -2,3 +2,3 @@\n a\n-b\n+x\n c\n", "0\n1\na\nb\nc\na\nb\nc\n", &moved));
    /* no context below: the end of the file */
    ck_assert(applies("@@ -2,2 +2 @@\n b\n-c\n", "a\nb\nc\n", &moved));
    ck_assert(!applies("@@ -2,2 +2 @@\n b\n-c\n", "a\nb\nc\nd\n", &moved));
    /* hunks keep their order */
    ck_assert(!applies("@@ -2,2 +2,2 @@\n-c\n+x\n d\n@@ -6,2 +6,2 @@\n-a\n+y\n b\n",
                       "0\na\nb\nc\nd\n", &moved));
    /* a last line without its newline is another line */
    ck_assert(!applies("@@ -1 +1 @@\n-a\n+b\n", "a", &moved));
    ck_assert(applies("@@ -1 +1 @@\n-a\n\\ No newline at end of file\n+b\n", "a", &moved));
    arena_destroy(arena);
}
END_TEST

START_TEST(an_idle_patch_is_known)
{
    start();
    ck_assert(reads(HEADER FILES "@@ -1,2 +1,2 @@\n-a\n+a\n b\n"));
    ck_assert(patch_is_idle(&patch.files[0]));
    ck_assert(reads(HEADER FILES "@@ -1,2 +1,2 @@\n-a\n-b\n+b\n+a\n"));
    ck_assert(!patch_is_idle(&patch.files[0]));
    ck_assert(reads(HEADER FILES "@@ -1,2 +1 @@\n-a\n a\n"));
    ck_assert(!patch_is_idle(&patch.files[0]));
    arena_destroy(arena);
}
END_TEST

TESTS("drift-gates/patch", a_patch_is_read, what_is_no_patch_is_refused_with_its_line,
      a_patch_applies_without_fuzz, an_idle_patch_is_known)
