#include "reference/plexd/backoff.h"

#include "common/testing.h"
#include "common/timestamp.h"

START_TEST(waits_double_up_to_a_minute_within_a_quarter)
{
    static const int64_t seconds[] = { 1, 2, 4, 8, 16, 32, 60, 60, 60 };
    for (int round = 0; round < 200; round++) {
        struct backoff b = { 0 };
        for (size_t i = 0; i < ARRAY_LEN(seconds); i++) {
            int64_t middle = seconds[i] * NANOS_PER_SECOND;
            ck_assert_int_eq(backoff_interval(&b), middle);
            int64_t wait = backoff_next(&b);
            ck_assert_int_ge(wait, middle - middle / 4);
            ck_assert_int_le(wait, middle + middle / 4);
        }
        backoff_reset(&b);
        ck_assert_int_eq(backoff_interval(&b), NANOS_PER_SECOND);
    }
}
END_TEST

START_TEST(waits_are_spread)
{
    int64_t least = INT64_MAX, most = 0;
    for (int i = 0; i < 1000; i++) {
        struct backoff b = { 0 };
        int64_t wait = backoff_next(&b);
        least = wait < least ? wait : least;
        most = wait > most ? wait : most;
    }
    ck_assert_int_lt(least, NANOS_PER_SECOND * 80 / 100);
    ck_assert_int_gt(most, NANOS_PER_SECOND * 120 / 100);
}
END_TEST

TESTS("plexd/backoff", waits_double_up_to_a_minute_within_a_quarter, waits_are_spread)
