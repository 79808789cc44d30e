#include "reference/plexd/follow_plan.h"

#include "common/testing.h"
#include "common/timestamp.h"

#define SECOND NANOS_PER_SECOND

START_TEST(a_stream_that_lived_comes_back_in_a_tenth_of_a_second)
{
    struct follow_plan p = { 0 };
    ck_assert(!follow_plan_connected(&p));
    for (int i = 0; i < 5; i++) {
        struct follow_step s = follow_plan_ended(&p, SECOND);
        ck_assert(!s.stop && !s.poll);
        ck_assert_int_eq(s.wait, SECOND / 10);
    }
}
END_TEST

/* Annex A.1: an end that comes at once must not make a hot loop. */
START_TEST(streams_that_end_at_once_are_tried_ever_more_slowly)
{
    struct follow_plan p = { 0 };
    int64_t want = SECOND / 10;
    for (int i = 0; i < 15; i++) {
        follow_plan_connected(&p);
        ck_assert_int_eq(follow_plan_ended(&p, SECOND - 1).wait, want);
        want = want * 2 > 60 * SECOND ? 60 * SECOND : want * 2;
    }
    ck_assert_int_eq(want, 60 * SECOND);
    ck_assert_int_eq(follow_plan_ended(&p, SECOND).wait, SECOND / 10);
}
END_TEST

START_TEST(failures_back_off_and_turn_to_polling_after_five_minutes)
{
    static const int statuses[] = { 0, 400, 408, 409, 413, 418, 500, 501, 503 };
    for (size_t i = 0; i < ARRAY_LEN(statuses); i++) {
        struct follow_plan p = { 0 };
        int64_t now = 1000 * SECOND, middle = SECOND;
        for (; now < 1299 * SECOND; now += 50 * SECOND) {
            struct follow_step s = follow_plan_failed(&p, statuses[i], -1, now);
            ck_assert(!s.stop && !s.poll);
            ck_assert_int_ge(s.wait, middle * 3 / 4);
            ck_assert_int_le(s.wait, middle * 5 / 4);
            middle = middle * 2 > 60 * SECOND ? 60 * SECOND : middle * 2;
        }
        for (int j = 0; j < 3; j++, now += 60 * SECOND) {
            struct follow_step s = follow_plan_failed(&p, statuses[i], -1, now);
            ck_assert(s.poll && !s.stop);
            ck_assert_int_eq(s.wait, 60 * SECOND);
        }
        ck_assert(follow_plan_connected(&p)); /* polling is over */
        struct follow_step s = follow_plan_failed(&p, statuses[i], -1, now);
        ck_assert(!s.poll);
        ck_assert_int_le(s.wait, SECOND * 5 / 4);
    }
}
END_TEST

START_TEST(rate_limits_are_waited_for_and_count_as_nothing_else)
{
    struct follow_plan p = { 0 };
    ck_assert_int_eq(follow_plan_failed(&p, 429, 7, 1).wait, 7 * SECOND);
    ck_assert_int_eq(follow_plan_failed(&p, 429, -1, 2).wait, SECOND);
    ck_assert_int_eq(follow_plan_failed(&p, 429, 0, 3).wait, SECOND);
    ck_assert_int_eq(p.failing_since, 0);
    ck_assert(!follow_plan_failed(&p, 429, -1, 1000 * SECOND).poll);
}
END_TEST

START_TEST(some_answers_are_for_good)
{
    static const int statuses[] = { 401, 403, 404 };
    for (size_t i = 0; i < ARRAY_LEN(statuses); i++) {
        struct follow_plan p = { 0 };
        ck_assert(follow_plan_failed(&p, statuses[i], -1, 1).stop);
    }
}
END_TEST

TESTS("plexd/follow_plan", a_stream_that_lived_comes_back_in_a_tenth_of_a_second,
      streams_that_end_at_once_are_tried_ever_more_slowly,
      failures_back_off_and_turn_to_polling_after_five_minutes,
      rate_limits_are_waited_for_and_count_as_nothing_else, some_answers_are_for_good)
