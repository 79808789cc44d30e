#include "drift-gates/lines.h"

#include "common/testing.h"
#include "common/text.h"

START_TEST(a_text_is_cut_at_its_newlines)
{
    struct arena *a = arena_create();
    struct lines l = lines_of(BYTES_OF_TEXT("one\n\ntwo"));
    struct line line;
    ck_assert(lines_next(&l, &line) && line.number == 1 && line.newline);
    ck_assert_str_eq(line_text(a, line), "one");
    ck_assert(lines_next(&l, &line) && line.number == 2 && line.text.len == 0);
    ck_assert(lines_next(&l, &line) && line.number == 3 && !line.newline);
    ck_assert_str_eq(line_text(a, line), "two");
    ck_assert(!lines_next(&l, &line));
    l = lines_of(BYTES_OF_TEXT("\n"));
    ck_assert(lines_next(&l, &line) && !lines_next(&l, &line));
    l = lines_of((struct bytes){ NULL, 0 });
    ck_assert(!lines_next(&l, &line));
    arena_destroy(a);
}
END_TEST

START_TEST(a_path_stays_in_its_tree)
{
    struct arena *a = arena_create();
    ck_assert_str_eq(path_beside(a, "a/b.c", "../d.h"), "d.h");
    ck_assert_str_eq(path_beside(a, "a/b.c", "./x/../y.h"), "a/y.h");
    ck_assert_str_eq(path_beside(a, "b.c", "x//y.h"), "x/y.h");
    ck_assert_str_eq(path_beside(a, NULL, "common/text.h"), "common/text.h");
    ck_assert_str_eq(path_beside(a, "a/b.c", ".."), "");
    ck_assert_ptr_null(path_beside(a, "a/b.c", "../../d.h"));
    ck_assert_ptr_null(path_beside(a, "a/b.c", "../../a/d.h"));
    ck_assert_ptr_null(path_beside(a, "a/b.c", "/etc/passwd"));
    arena_destroy(a);
}
END_TEST

TESTS("drift-gates/lines", a_text_is_cut_at_its_newlines, a_path_stays_in_its_tree)
