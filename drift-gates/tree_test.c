#include "common/testing.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/file.h"
#include "common/text.h"
#include "drift-gates/tree.h"

static struct arena *a;
static struct error e;
static char *folder;
static struct tree *t;

static void begin(void)
{
    a = arena_create();
    ck_assert_msg(directory_make_temporary(a, "/tmp/tree_test", &folder, &e), "%s", e.text);
    ck_assert_int_eq(chmod(folder, 0755), 0);
}

static void end(void)
{
    arena_destroy(a);
    struct arena *last = arena_create();
    ck_assert_msg(directory_remove(folder, &e), "%s", e.text);
    arena_destroy(last);
}

static char *in(const char *name)
{
    return path_join(a, folder, name);
}

static void put(const char *name, const char *text)
{
    const char *slash = strrchr(name, '/');
    if (slash != NULL)
        ck_assert(directory_make(in(arena_strndup(a, name, (size_t)(slash - name))), 0755, &e));
    ck_assert_msg(file_write_atomic(in(name), text, strlen(text), 0644, &e), "%s", e.text);
}

static void walk(const char *const *ignore)
{
    ck_assert_msg(tree_open(a, folder, ignore, &t, &e), "%s", e.text);
}

static const char *problem_of(const char *path)
{
    const struct tree_file *odd = tree_odd(t, path);
    return odd == NULL ? NULL : odd->problem;
}

START_TEST(files_are_sorted_and_ignored_ones_left_out)
{
    static const char *const ignore[] = { "gone", "*.min.js", "deep/*/x", NULL };
    begin();
    put("b", "");
    put("a-b", "");
    put("a/c", "text");
    put("gone/x", "");
    put("x.min.js", "");
    put("deep/1/x", "");
    put("deep/1/y", "");
    put("build/x", "");
    put("build-asan/x", "");
    put("a/build/x", "");
    put(".git/x", "");
    put("a/node_modules/x", "");
    walk(ignore);
    static const char *const wanted[] = { "a-b", "a/build/x", "a/c", "b", "deep/1/y" };
    ck_assert_uint_eq(t->n, ARRAY_LEN(wanted));
    for (size_t i = 0; i < t->n; i++)
        ck_assert_str_eq(t->files[i].path, wanted[i]);
    size_t n;
    ck_assert_str_eq(tree_below(t, "a", &n)->path, "a/build/x");
    ck_assert_uint_eq(n, 2);
    ck_assert_ptr_eq(tree_below(t, ".", &n), t->files);
    ck_assert_uint_eq(n, 5);
    ck_assert_uint_eq(tree_find(t, "a/c")->size, 4);
    ck_assert_ptr_null(tree_find(t, "a/d"));
    end();
}
END_TEST

START_TEST(links_and_fifos_are_named_and_not_opened)
{
    begin();
    put("file", "x");
    ck_assert_int_eq(mkfifo(in("fifo"), 0644), 0);
    ck_assert_int_eq(symlink(".", in("loop")), 0);
    ck_assert_int_eq(symlink("file", in("link")), 0);
    ck_assert_int_eq(symlink("nowhere", in("dangling")), 0);
    walk(NULL);
    ck_assert_uint_eq(t->n, 1);
    ck_assert_uint_eq(t->n_odd, 4);
    ck_assert_str_eq(problem_of("fifo"), "a FIFO");
    ck_assert_str_eq(problem_of("loop"), TREE_LINK);
    ck_assert_str_eq(problem_of("link"), TREE_LINK);
    struct bytes text;
    size_t n;
    ck_assert(!tree_read(t, "fifo", &text, &e));
    ck_assert_str_eq(e.text, "fifo: no regular file");
    ck_assert(!tree_read(t, "link", &text, &e));
    ck_assert_str_eq(e.text, "link: a symbolic link");
    ck_assert(!tree_read(t, "absent", &text, &e));
    ck_assert_str_eq(tree_failures(t, &n)[2].path, "absent");
    ck_assert_str_eq(tree_failures(t, &n)[2].problem, "no such file or directory");
    ck_assert_uint_eq(n, 3);
    end();
}
END_TEST

/* Root may read everything: the test looks with somebody else's eyes. */
START_TEST(what_cannot_be_opened_is_told)
{
    begin();
    put("shut/x", "x");
    put("secret", "x");
    ck_assert_int_eq(chmod(in("shut"), 0), 0);
    ck_assert_int_eq(chmod(in("secret"), 0), 0);
    bool root = geteuid() == 0;
    if (root)
        ck_assert_int_eq(seteuid(65534), 0);
    walk(NULL);
    struct bytes text;
    bool read = tree_read(t, "secret", &text, &e);
    if (root)
        ck_assert_int_eq(seteuid(0), 0);
    ck_assert(!read);
    ck_assert_str_eq(e.text, "secret: permission denied");
    ck_assert_str_eq(problem_of("shut"), "a folder that cannot be opened: permission denied");
    ck_assert_int_eq(chmod(in("shut"), 0755), 0);
    end();
}
END_TEST

START_TEST(deep_folders_end_somewhere)
{
    begin();
    int at = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    for (int i = 0; i < 2000; i++) {
        ck_assert_int_eq(mkdirat(at, "d", 0755), 0);
        int below = openat(at, "d", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        close(at);
        at = below;
    }
    close(at);
    put("file", "x");
    walk(NULL);
    ck_assert_uint_eq(t->n, 1);
    ck_assert_uint_eq(t->n_odd, 1);
    ck_assert_str_eq(t->odd[0].problem, "a folder more than 256 levels down");
    ck_assert_uint_eq(strlen(t->odd[0].path), 2 * 257 - 1);
    end();
}
END_TEST

START_TEST(a_huge_file_is_refused_unread)
{
    begin();
    put("huge", "x");
    ck_assert_int_eq(truncate(in("huge"), (off_t)1 << 30), 0);
    walk(NULL);
    struct bytes text;
    size_t used = arena_used(a);
    ck_assert_str_eq(t->files[0].problem, "larger than 64 MiB");
    ck_assert(!tree_map(t, &t->files[0], &text, &e));
    ck_assert_str_eq(e.text, "huge: larger than 64 MiB");
    ck_assert_uint_lt(arena_used(a) - used, 4096);
    end();
}
END_TEST

START_TEST(a_file_that_shrinks_is_a_short_file)
{
    begin();
    char *page = arena_alloc(a, 8193);
    memset(page, 'p', 8192);
    put("shrinks", page);
    put("grows", "x");
    walk(NULL);
    struct bytes before, after;
    ck_assert(tree_map(t, tree_find(t, "shrinks"), &before, &e));
    ck_assert_int_eq(truncate(in("shrinks"), 10), 0);
    put("grows", page);
    ck_assert_uint_eq(before.len, 8192);
    for (size_t i = 0; i < before.len; i++) /* of a mapping this would be SIGBUS */
        ck_assert_uint_eq(before.data[i], 'p');
    ck_assert_uint_eq(before.data[8192], 0);
    tree_unmap(before);
    ck_assert(tree_map(t, tree_find(t, "shrinks"), &after, &e));
    ck_assert_uint_eq(after.len, 10);
    ck_assert_uint_eq(after.data[10], 0);
    tree_unmap(after);
    ck_assert(tree_read(t, "grows", &after, &e));
    ck_assert_uint_eq(after.len, 8192);
    end();
}
END_TEST

START_TEST(a_file_is_read_once_and_kept)
{
    begin();
    put("a", "one");
    put("empty", "");
    walk(NULL);
    struct bytes first, again, none;
    ck_assert(tree_read(t, "a", &first, &e));
    put("a", "two");
    ck_assert(tree_read(t, "a", &again, &e));
    ck_assert_ptr_eq(first.data, again.data);
    ck_assert_str_eq((const char *)again.data, "one");
    ck_assert(tree_read(t, "empty", &none, &e));
    ck_assert_uint_eq(none.len, 0);
    ck_assert_uint_eq(none.data[0], 0);
    put("later", "new"); /* not of the walk, and still there */
    ck_assert(tree_read(t, "later", &none, &e));
    ck_assert(tree_read(t, "later", &again, &e));
    ck_assert_ptr_eq(none.data, again.data);
    end();
}
END_TEST

START_TEST(marks_are_seen_while_reading)
{
    begin();
    put("with", "xxplex\nx plexconf-gate"
                ": allow");
    put("without", "plexconf-gat plexconf_gate: lexconf-gate:");
    put("begin", "xconf-gate:");
    walk(NULL);
    ck_assert_int_eq(tree_mark_of(t, tree_find(t, "with")), MARK_UNREAD);
    for (size_t i = 0; i < t->n; i++) {
        struct bytes text;
        ck_assert(tree_map(t, &t->files[i], &text, &e));
        tree_unmap(text);
    }
    ck_assert_int_eq(tree_mark_of(t, tree_find(t, "with")), MARK_PRESENT);
    ck_assert_int_eq(tree_mark_of(t, tree_find(t, "without")), MARK_ABSENT);
    ck_assert_int_eq(tree_mark_of(t, tree_find(t, "begin")), MARK_ABSENT);
    end();
}
END_TEST

START_TEST(strange_names_stay_what_they_are)
{
    begin();
    put("new\nline", "x");
    put("bad-\xff-byte", "y");
    walk(NULL);
    struct bytes text;
    ck_assert_uint_eq(t->n, 2);
    ck_assert(tree_read(t, "new\nline", &text, &e));
    ck_assert(tree_read(t, "bad-\xff-byte", &text, &e));
    ck_assert_str_eq((const char *)text.data, "y");
    end();
}
END_TEST

TESTS("drift-gates/tree", files_are_sorted_and_ignored_ones_left_out,
      links_and_fifos_are_named_and_not_opened, what_cannot_be_opened_is_told,
      deep_folders_end_somewhere, a_huge_file_is_refused_unread,
      a_file_that_shrinks_is_a_short_file, a_file_is_read_once_and_kept,
      marks_are_seen_while_reading, strange_names_stay_what_they_are)
