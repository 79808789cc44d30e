#include "common/file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/arena.h"
#include "common/testing.h"
#include "common/text.h"

static struct arena *a;
static struct error e;
static char *folder;

static void begin(void)
{
    a = arena_create();
    ck_assert_msg(directory_make_temporary(a, "/tmp/file_test", &folder, &e), "%s", e.text);
}

static void end(void)
{
    ck_assert_msg(directory_remove(folder, &e), "%s", e.text);
    ck_assert(!path_exists(folder));
    arena_destroy(a);
}

static char *in(const char *name)
{
    return path_join(a, folder, name);
}

static mode_t mode_of(const char *path)
{
    struct stat s;
    ck_assert_int_eq(lstat(path, &s), 0);
    return s.st_mode & 07777;
}

START_TEST(reads_descriptors_to_their_end)
{
    begin();
    struct bytes got;
    int ends[2];
    ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
    ck_assert(write_all(ends[1], "abc", 3));
    close(ends[1]);
    ck_assert(file_read_fd(a, ends[0], "pipe", 3, &got, &e));
    ck_assert_str_eq((const char *)got.data, "abc");
    close(ends[0]);
    ck_assert(!file_read_fd(a, ends[0], "pipe", 3, &got, &e));
    ck_assert_str_eq(e.text, "pipe: bad file descriptor");
    int fd = open("/dev/zero", O_RDONLY | O_CLOEXEC);
    ck_assert(!file_read_fd(a, fd, "zeros", 5000, &got, &e));
    ck_assert_str_eq(e.text, "zeros: longer than 5000 bytes");
    ck_assert_int_eq(close(fd), 0);
    end();
}
END_TEST

START_TEST(reads_files_up_to_the_cap)
{
    begin();
    struct bytes got;
    ck_assert(!file_read(a, in("absent"), 10, &got, &e));
    ck_assert_str_eq(e.text, arena_printf(a, "%s: no such file or directory", in("absent")));
    ck_assert(!file_read(a, folder, 10, &got, &e));
    ck_assert_msg(text_contains(e.text, "is a directory"), "%s", e.text);

    ck_assert(file_write_atomic(in("x"), "a\0b", 3, 0600, &e));
    ck_assert(!file_read(a, in("x"), 2, &got, &e));
    ck_assert_str_eq(e.text, arena_printf(a, "%s: longer than 2 bytes", in("x")));
    ck_assert(file_read(a, in("x"), 3, &got, &e));
    ck_assert_uint_eq(got.len, 3);
    ck_assert_mem_eq(got.data, "a\0b\0", 4);
    ck_assert(file_write_atomic(in("x"), NULL, 0, 0600, &e));
    ck_assert(file_read(a, in("x"), 0, &got, &e) && got.len == 0);
    ck_assert_uint_eq(got.data[0], 0);
    end();
}
END_TEST

START_TEST(reads_files_of_unknown_size)
{
    begin();
    struct bytes got;
    ck_assert_msg(file_read(a, "/proc/self/smaps", 10000000, &got, &e), "%s", e.text);
    ck_assert_uint_gt(got.len, 4096);
    ck_assert(!file_read(a, "/dev/zero", 100000, &got, &e));
    ck_assert(file_read(a, "/dev/null", SIZE_MAX, &got, &e) && got.len == 0);

    char *large = arena_alloc(a, 300000);
    memset(large, 'x', 300000);
    ck_assert(file_write_atomic(in("large"), large, 300000, 0600, &e));
    ck_assert(file_read(a, in("large"), 300000, &got, &e) && got.len == 300000);
    ck_assert(!file_read(a, in("large"), 299999, &got, &e));
    end();
}
END_TEST

START_TEST(replaces_files_whole_with_exactly_the_mode)
{
    begin();
    mode_t before = umask(0177);
    ck_assert(file_write_atomic(in("x"), "old", 3, 0644, &e));
    umask(before);
    ck_assert_uint_eq(mode_of(in("x")), 0644);
    int old = open(in("x"), O_RDONLY);
    ck_assert(file_write_atomic(in("x"), "newer", 5, 0600, &e));
    ck_assert_uint_eq(mode_of(in("x")), 0600);
    char text[8] = "";
    ck_assert_int_eq(read(old, text, 7), 3); /* who had the old one keeps it whole */
    ck_assert_str_eq(text, "old");
    close(old);

    char **names;
    size_t n;
    ck_assert(directory_list(a, folder, &names, &n, &e));
    ck_assert_uint_eq(n, 1); /* nothing half-written stays */
    ck_assert_str_eq(names[0], "x");
    end();
}
END_TEST

START_TEST(leaves_nothing_behind_when_replacing_fails)
{
    begin();
    ck_assert(!file_write_atomic(in("no/such/x"), "a", 1, 0600, &e));
    ck_assert_msg(text_ends(e.text, "no such file or directory"), "%s", e.text);
    ck_assert(directory_make(in("taken/sub"), 0700, &e));
    ck_assert(!file_write_atomic(in("taken"), "a", 1, 0600, &e)); /* a folder with content */
    char **names;
    size_t n;
    ck_assert(directory_list(a, folder, &names, &n, &e));
    ck_assert_uint_eq(n, 1);
    end();
}
END_TEST

START_TEST(makes_folders_and_their_parents)
{
    begin();
    ck_assert(directory_make(in("a/b/c"), 0750, &e));
    ck_assert_uint_eq(mode_of(in("a/b")), 0750);
    ck_assert(directory_make(in("a/b/c"), 0750, &e));
    ck_assert(directory_make(in("a/d/"), 0700, &e));
    ck_assert(file_write_atomic(in("a/file"), "", 0, 0600, &e));
    ck_assert(!directory_make(in("a/file"), 0700, &e));
    ck_assert(!directory_make(in("a/file/x"), 0700, &e));
    ck_assert_msg(text_ends(e.text, "not a directory"), "%s", e.text);
    ck_assert(!directory_make("", 0700, &e));
    ck_assert(directory_make("/", 0700, &e));
    end();
}
END_TEST

START_TEST(removes_without_following_links)
{
    begin();
    ck_assert(directory_make(in("keep"), 0700, &e));
    ck_assert(file_write_atomic(in("keep/x"), "", 0, 0600, &e));
    ck_assert(directory_make(in("tree/deep/deeper"), 0700, &e));
    ck_assert(file_write_atomic(in("tree/deep/x"), "", 0, 0400, &e));
    ck_assert_int_eq(symlink(in("keep"), in("tree/link")), 0);
    ck_assert_int_eq(symlink("nowhere", in("tree/deep/dangling")), 0);
    ck_assert(directory_remove(in("tree"), &e));
    ck_assert(!path_exists(in("tree")) && path_exists(in("keep/x")));
    ck_assert(directory_remove(in("tree"), &e)); /* missing is fine */

    ck_assert_int_eq(symlink(in("keep"), in("link")), 0);
    ck_assert(!directory_remove(in("link"), &e));
    ck_assert(!directory_remove(in("keep/x"), &e));
    ck_assert(path_exists(in("keep/x")));
    end();
}
END_TEST

START_TEST(lists_by_byte_value)
{
    begin();
    static const char *const names[] = { "b", "B", "a10", "a9", ".hidden", "\xc3\xa9" };
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        ck_assert(file_write_atomic(in(names[i]), "", 0, 0600, &e));
    char **got;
    size_t n;
    ck_assert(directory_list(a, folder, &got, &n, &e));
    ck_assert_uint_eq(n, 6);
    static const char *const sorted[] = { ".hidden", "B", "a10", "a9", "b", "\xc3\xa9" };
    for (size_t i = 0; i < n; i++)
        ck_assert_str_eq(got[i], sorted[i]);
    ck_assert_ptr_null(got[6]);
    for (int i = 0; i < 40; i++)
        ck_assert(file_write_atomic(in(arena_printf(a, "n%02d", i)), "", 0, 0600, &e));
    ck_assert(directory_list(a, folder, &got, &n, &e) && n == 46);
    ck_assert(!directory_list(a, in("absent"), &got, &n, &e));
    end();
}
END_TEST

START_TEST(makes_private_temporary_folders)
{
    begin();
    char *one, *two;
    ck_assert(directory_make_temporary(a, in("run"), &one, &e));
    ck_assert(directory_make_temporary(a, in("run"), &two, &e));
    ck_assert_str_ne(one, two);
    ck_assert(text_starts(one, in("run.")));
    ck_assert_uint_eq(mode_of(one), 0700);
    ck_assert(!directory_make_temporary(a, in("absent/run"), &one, &e));
    end();
}
END_TEST

START_TEST(joins_paths)
{
    a = arena_create();
    ck_assert_str_eq(path_join(a, "a", "b"), "a/b");
    ck_assert_str_eq(path_join(a, "a/", "b"), "a/b");
    ck_assert_str_eq(path_join(a, "/", "b"), "/b");
    ck_assert_str_eq(path_join(a, "", "b"), "b");
    ck_assert_str_eq(path_join(a, "a", "/b"), "/b");
    ck_assert(path_exists(path_join(a, path_of_executable(a), "common-file_test")));
    arena_destroy(a);
}
END_TEST

START_TEST(writes_all_or_says_why_not)
{
    ck_assert(!write_all(-1, "x", 1));
    ck_assert_int_eq(errno, EBADF);
    ck_assert(write_all(-1, "", 0));
    int full = open("/dev/full", O_WRONLY);
    if (full >= 0) {
        ck_assert(!write_all(full, "x", 1));
        ck_assert_int_eq(errno, ENOSPC);
        close(full);
    }
}
END_TEST

TESTS("common/file", reads_files_up_to_the_cap, reads_descriptors_to_their_end,
      reads_files_of_unknown_size, replaces_files_whole_with_exactly_the_mode,
      leaves_nothing_behind_when_replacing_fails, makes_folders_and_their_parents,
      removes_without_following_links, lists_by_byte_value, makes_private_temporary_folders,
      joins_paths, writes_all_or_says_why_not)
