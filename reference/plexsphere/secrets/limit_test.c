#include "reference/plexsphere/secrets/limit.h"

#include "common/testing.h"
#include "common/timestamp.h"

#define NOW INT64_C(1790000000000000)

static int taken_until_empty(struct limiter *l, const struct uuid *id, int64_t now)
{
    int64_t wait;
    int n = 0;
    while (n < 1000 && limiter_take(l, id, now, &wait))
        n++;
    return n;
}

START_TEST(a_burst_then_a_rate)
{
    struct limiter *l = limiter_create(30, 60);
    struct uuid id = uuid_v7(NOW), other = uuid_v7(NOW);
    int64_t wait = 0;
    ck_assert_int_eq(taken_until_empty(l, &id, NOW), 60);
    ck_assert(!limiter_take(l, &id, NOW, &wait));
    ck_assert_int_eq(wait, 1);
    ck_assert_int_eq(taken_until_empty(l, &other, NOW), 60);

    ck_assert_int_eq(taken_until_empty(l, &id, NOW + MICROS_PER_SECOND), 30);
    ck_assert_int_eq(taken_until_empty(l, &id, NOW + MICROS_PER_SECOND + 33333), 0);
    ck_assert_int_eq(taken_until_empty(l, &id, NOW + MICROS_PER_SECOND + 33334), 1);
    ck_assert_int_eq(taken_until_empty(l, &id, NOW + 100 * MICROS_PER_SECOND), 60);
    limiter_destroy(l);
}
END_TEST

START_TEST(a_slow_rate_says_how_long_to_wait)
{
    struct limiter *l = limiter_create(1, 1);
    struct uuid id = uuid_v7(NOW);
    int64_t wait = 0;
    ck_assert(limiter_take(l, &id, NOW, &wait));
    ck_assert(!limiter_take(l, &id, NOW, &wait));
    ck_assert_int_eq(wait, 1);
    ck_assert(!limiter_take(l, &id, NOW + 999999, &wait));
    ck_assert_int_eq(wait, 1);
    ck_assert(limiter_take(l, &id, NOW + MICROS_PER_SECOND, &wait));
    limiter_destroy(l);
}
END_TEST

START_TEST(a_clock_that_goes_back_gives_nothing)
{
    struct limiter *l = limiter_create(30, 60);
    struct uuid id = uuid_v7(NOW);
    ck_assert_int_eq(taken_until_empty(l, &id, NOW), 60);
    ck_assert_int_eq(taken_until_empty(l, &id, NOW - 3600 * MICROS_PER_SECOND), 0);
    limiter_destroy(l);
}
END_TEST

/* More ids than there are places: each still gets its burst, and nothing grows. */
START_TEST(newcomers_take_over_the_oldest_place)
{
    struct limiter *l = limiter_create(30, 2);
    for (int i = 0; i < 20000; i++) {
        struct uuid id = uuid_v7(NOW + i);
        ck_assert_int_eq(taken_until_empty(l, &id, NOW + i), 2);
    }
    limiter_destroy(l);
}
END_TEST

TESTS("plexsphere/secrets/limit", a_burst_then_a_rate, a_slow_rate_says_how_long_to_wait,
      a_clock_that_goes_back_gives_nothing, newcomers_take_over_the_oldest_place)
