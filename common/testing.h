/* common/testing.h — the main() of a unit test file, over Check.
 *
 *     START_TEST(reads_a_number) { … ck_assert_int_eq(…); } END_TEST
 *     TESTS("common/number", reads_a_number, refuses_a_plus_sign)
 */
#ifndef COMMON_TESTING_H
#define COMMON_TESTING_H

#include <check.h>
#include <stdlib.h>

#include "common/base.h"

/* The tests as a function that answers an exit status: for a main() that has more to do. */
#define TEST_RUNNER(function, suite_name, ...)                                                     \
    static int function(void)                                                                      \
    {                                                                                              \
        const TTest *const tests[] = { __VA_ARGS__ };                                              \
        Suite *suite = suite_create(suite_name);                                                   \
        TCase *tcase = tcase_create(suite_name);                                                   \
        for (size_t i = 0; i < ARRAY_LEN(tests); i++)                                              \
            tcase_add_test(tcase, tests[i]);                                                       \
        tcase_set_timeout(tcase, 60);                                                              \
        suite_add_tcase(suite, tcase);                                                             \
        SRunner *runner = srunner_create(suite);                                                   \
        srunner_run_all(runner, CK_NORMAL);                                                        \
        int failed = srunner_ntests_failed(runner);                                                \
        int ran = srunner_ntests_run(runner);                                                      \
        srunner_free(runner);                                                                      \
        return failed == 0 && ran > 0 ? EXIT_SUCCESS : EXIT_FAILURE;                               \
    }

#define TESTS(suite_name, ...)                                                                     \
    TEST_RUNNER(run_tests, suite_name, __VA_ARGS__)                                                \
    int main(void)                                                                                 \
    {                                                                                              \
        return run_tests();                                                                        \
    }

#endif
