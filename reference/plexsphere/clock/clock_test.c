#include "reference/plexsphere/clock/clock.h"

#include <pthread.h>

#include "common/testing.h"
#include "common/timestamp.h"

START_TEST(never_goes_back)
{
    struct app_clock c = { 0 };
    app_clock_advance(&c, 5 * MICROS_PER_SECOND);
    app_clock_advance(&c, -3 * MICROS_PER_SECOND);
    app_clock_advance(&c, INT64_MIN);
    app_clock_advance(&c, 0);
    ck_assert_int_eq(c.offset_micros, 5 * MICROS_PER_SECOND);
}
END_TEST

START_TEST(does_not_overflow)
{
    struct app_clock c = { 0 };
    app_clock_advance(&c, INT64_MAX);
    app_clock_advance(&c, INT64_MAX);
    ck_assert_int_gt(app_clock_now(&c), clock_wall_micros());
    ck_assert_int_eq(c.offset_micros, 100LL * 365 * 86400 * MICROS_PER_SECOND);
}
END_TEST

START_TEST(without_an_offset_it_is_the_wall_clock)
{
    struct app_clock c = { 0 };
    int64_t before = clock_wall_micros();
    int64_t now = app_clock_now(&c);
    int64_t after = clock_wall_micros();
    ck_assert_int_le(before, now);
    ck_assert_int_le(now, after);
}
END_TEST

START_TEST(ticks_move_with_it)
{
    struct app_clock c = { 0 };
    int64_t before = app_clock_ticks(&c);
    app_clock_advance(&c, 25 * MICROS_PER_SECOND);
    ck_assert_int_ge(app_clock_ticks(&c), before + 25 * MICROS_PER_SECOND);
}
END_TEST

START_TEST(advances_add_up)
{
    struct app_clock c = { 0 };
    app_clock_advance(&c, 90 * MICROS_PER_SECOND);
    app_clock_advance(&c, 210 * MICROS_PER_SECOND);
    int64_t ahead = app_clock_now(&c) - clock_wall_micros();
    ck_assert_int_le(ahead, 300 * MICROS_PER_SECOND);
    ck_assert_int_gt(ahead, 299 * MICROS_PER_SECOND);
}
END_TEST

static void *advance_a_thousand_times(void *clock)
{
    for (int i = 0; i < 1000; i++)
        app_clock_advance(clock, 7);
    return NULL;
}

START_TEST(threads_lose_no_advance)
{
    struct app_clock c = { 0 };
    pthread_t threads[4];
    for (size_t i = 0; i < ARRAY_LEN(threads); i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, advance_a_thousand_times, &c), 0);
    for (size_t i = 0; i < ARRAY_LEN(threads); i++)
        pthread_join(threads[i], NULL);
    ck_assert_int_eq(c.offset_micros, 4 * 1000 * 7);
}
END_TEST

TESTS("plexsphere/clock", ticks_move_with_it, never_goes_back, does_not_overflow,
      without_an_offset_it_is_the_wall_clock, advances_add_up, threads_lose_no_advance)
