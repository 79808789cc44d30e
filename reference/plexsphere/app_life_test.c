#include "reference/plexsphere/app_life.h"

#include <poll.h>
#include <pthread.h>

#include "common/testing.h"
#include "common/timestamp.h"

/* Each test runs in a process of its own (Check forks), so app_stop() in one is unseen by another.
 */

START_TEST(a_wait_without_stop_ends_with_its_time)
{
    ck_assert(!app_stopping());
    int64_t start = clock_monotonic_nanos();
    ck_assert(!app_wait(30 * 1000 * 1000));
    ck_assert_int_ge(clock_monotonic_nanos() - start, 30 * 1000 * 1000);
    ck_assert(!app_stopping());
}
END_TEST

START_TEST(no_time_is_no_wait)
{
    ck_assert(!app_wait(0));
    ck_assert(!app_wait(-1));
}
END_TEST

START_TEST(after_stop_no_wait_waits)
{
    app_stop();
    ck_assert(app_stopping());
    int64_t start = clock_monotonic_nanos();
    ck_assert(app_wait(30 * NANOS_PER_SECOND));
    ck_assert_int_lt(clock_monotonic_nanos() - start, 5 * NANOS_PER_SECOND);
}
END_TEST

static void *wait_forever(void *result)
{
    *(bool *)result = app_wait(INT64_MAX);
    return NULL;
}

START_TEST(stop_wakes_every_waiter)
{
    pthread_t threads[3];
    bool stopped[3] = { false };
    for (size_t i = 0; i < ARRAY_LEN(threads); i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, wait_forever, &stopped[i]), 0);
    ck_assert(!app_wait(20 * 1000 * 1000));
    app_stop();
    for (size_t i = 0; i < ARRAY_LEN(threads); i++) {
        pthread_join(threads[i], NULL);
        ck_assert(stopped[i]);
    }
}
END_TEST

static bool readable(int fd)
{
    struct pollfd p = { .fd = fd, .events = POLLIN };
    return poll(&p, 1, 0) == 1;
}

START_TEST(the_descriptor_tells_of_the_stop)
{
    ck_assert_int_ge(app_stop_fd(), 0);
    ck_assert(!readable(app_stop_fd()));
    app_stop();
    ck_assert(readable(app_stop_fd()));
    ck_assert(readable(app_stop_fd())); /* for every loop that looks */
}
END_TEST

TESTS("plexsphere/app_life", a_wait_without_stop_ends_with_its_time, no_time_is_no_wait,
      after_stop_no_wait_waits, stop_wakes_every_waiter, the_descriptor_tells_of_the_stop)
