#include "common/environment.h"

#include "common/testing.h"

START_TEST(tells_unset_from_empty)
{
    char *const pairs[] = { "AB=1", "A=x=y", "EMPTY=", "A=second", "BROKEN", NULL };
    struct environment env = { pairs };
    ck_assert_str_eq(environment_get(&env, "A"), "x=y");
    ck_assert_str_eq(environment_get(&env, "EMPTY"), "");
    ck_assert_ptr_null(environment_get(&env, "B"));
    ck_assert_ptr_null(environment_get(&env, "BROKEN"));
    ck_assert_ptr_null(environment_get(&env, "AB=1"));
    struct environment none = { NULL };
    ck_assert_ptr_null(environment_get(&none, "A"));
}
END_TEST

START_TEST(reads_this_process)
{
    struct environment env = environment_of_process();
    ck_assert_ptr_nonnull(environment_get(&env, "PATH"));
}
END_TEST

TESTS("common/environment", tells_unset_from_empty, reads_this_process)
