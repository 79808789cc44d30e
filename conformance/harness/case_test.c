#include "harness/case.h"

#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/testing.h"

#define SUITE "cases"
CASE("B-2", .clauses = { "X-1" }, .title = "b") {}
CASE("A-1", .clauses = { "X-1" }, .title = "a") {}

static void nothing(struct world *w)
{
    (void)w;
}

#define ROW(row_id, ...)                                                                           \
    {                                                                                              \
        .id = (row_id), .suite = SUITE, .title = "t", .run = nothing, .file = "f.c", __VA_ARGS__   \
    }
static const struct case_row made = ROW("A-3", .clauses = { "X-1" });
static const struct case_row twin = ROW("A-1", .clauses = { "X-1" });
static const struct case_row without_clause = ROW("A-9");

static int generated;

static void generate(void)
{
    generated++;
    case_register(&made);
}

START_TEST(rows_are_sorted_and_found)
{
    case_generators_add(generate);
    ck_assert_uint_eq(case_count(), 2);
    cases_generate();
    cases_generate(); /* each generator once */
    ck_assert_int_eq(generated, 1);
    ck_assert_uint_eq(case_count(), 3);
    ck_assert_str_eq(case_at(0)->id, "A-1");
    ck_assert_str_eq(case_at(1)->id, "A-3");
    ck_assert_str_eq(case_at(2)->id, "B-2");
    ck_assert_ptr_null(case_at(3));
    ck_assert_ptr_eq(case_find("A-3"), &made);
    ck_assert_ptr_null(case_find("A-2"));
    ck_assert_ptr_null(case_find(""));
    ck_assert_int_eq(case_find("B-2")->line, 10);
}
END_TEST

/* How a program ends that has registered this row, and what it says. */
static int ends_with(const struct case_row *row, char *said, size_t size)
{
    int pipe_ends[2], status;
    ck_assert_int_eq(pipe(pipe_ends), 0);
    pid_t child = fork();
    if (child == 0) {
        dup2(pipe_ends[1], 2);
        case_register(row);
        _exit(case_count() > 0 ? 0 : 1);
    }
    close(pipe_ends[1]);
    ssize_t n = read(pipe_ends[0], said, size - 1);
    said[n > 0 ? n : 0] = '\0';
    close(pipe_ends[0]);
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    return WEXITSTATUS(status);
}

START_TEST(two_cases_with_one_id_end_the_program)
{
    char said[512];
    ck_assert_int_eq(ends_with(&twin, said, sizeof(said)), 3);
    ck_assert_ptr_nonnull(strstr(said, "case A-1"));
    ck_assert_ptr_nonnull(strstr(said, "taken by another case"));
    ck_assert_int_eq(ends_with(&without_clause, said, sizeof(said)), 3);
    ck_assert_ptr_nonnull(strstr(said, "case A-9 (f.c:0): it names no clause"));
    ck_assert_int_eq(ends_with(&made, said, sizeof(said)), 0);
    ck_assert_str_eq(said, "");
}
END_TEST

TESTS("harness/case", rows_are_sorted_and_found, two_cases_with_one_id_end_the_program)
