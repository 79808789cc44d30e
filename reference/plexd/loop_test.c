#include "reference/plexd/loop.h"

#include <pthread.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "common/testing.h"
#include "common/timestamp.h"

static struct loop *l;
static char order[32];
static size_t n;

static void begin(void)
{
    struct error e;
    ck_assert(loop_create(&l, &e));
    n = 0;
    memset(order, 0, sizeof order);
}

static void say_a(void *self)
{
    (void)self;
    order[n++] = 'a';
}

static void say_b(void *self)
{
    (void)self;
    order[n++] = 'b';
}

static void end(void *self)
{
    (void)self;
    order[n++] = '.';
    loop_stop(l);
}

START_TEST(timers_fire_in_order_of_time_and_then_of_setting)
{
    begin();
    struct timer a = { .fire = say_a }, b = { .fire = say_b }, last = { .fire = end };
    timer_set(l, &last, 3000000);
    timer_set(l, &b, 1000000);
    timer_set(l, &a, 2000000);
    loop_run(l);
    ck_assert_str_eq(order, "ba.");
    ck_assert(!a.armed && !b.armed && !last.armed);
    loop_destroy(l);
}
END_TEST

START_TEST(a_timer_is_moved_and_cancelled)
{
    begin();
    struct timer a = { .fire = say_a }, b = { .fire = say_b }, last = { .fire = end };
    timer_set(l, &a, 0);
    timer_set(l, &b, 0);
    timer_set(l, &last, 1000000);
    timer_set(l, &a, NANOS_PER_SECOND * 3600);
    timer_cancel(l, &b);
    timer_cancel(l, &b);
    loop_run(l);
    ck_assert_str_eq(order, ".");
    ck_assert(a.armed);
    loop_destroy(l);
}
END_TEST

static void advance_an_hour(void *self)
{
    (void)self;
    loop_advance(l, 3600 * NANOS_PER_SECOND);
}

START_TEST(advancing_fires_what_would_have_been_due)
{
    begin();
    struct timer a = { .fire = say_a }, b = { .fire = say_b }, last = { .fire = end },
                 jump = { .fire = advance_an_hour };
    int64_t wall = loop_wall(l), now = loop_now(l);
    timer_set(l, &a, 1800 * NANOS_PER_SECOND);
    timer_set(l, &b, 7200 * NANOS_PER_SECOND);
    timer_set(l, &last, 3600 * NANOS_PER_SECOND);
    timer_set(l, &jump, 0);
    loop_run(l);
    ck_assert_str_eq(order, "a.");
    ck_assert_int_ge(loop_wall(l) - wall, 3600 * MICROS_PER_SECOND);
    ck_assert_int_ge(loop_now(l) - now, 3600 * NANOS_PER_SECOND);
    ck_assert(b.armed);
    loop_destroy(l);
}
END_TEST

static struct timer again;
static int rounds;

static void once_more(void *self)
{
    (void)self;
    rounds++;
    timer_set(l, &again, 0);
}

static void read_end(void *self, uint32_t events)
{
    (void)events;
    struct watch *w = self;
    char c;
    ck_assert_int_eq(read(w->fd, &c, 1), 1);
    order[n++] = c;
    if (c == '.')
        loop_stop(l);
}

START_TEST(a_timer_that_sets_itself_anew_starves_no_descriptor)
{
    begin();
    int fds[2];
    ck_assert_int_eq(pipe(fds), 0);
    struct watch w = { .fd = fds[0], .ready = read_end, .self = &w };
    struct error e;
    ck_assert(loop_watch(l, &w, EPOLLIN, &e));
    again = (struct timer){ .fire = once_more };
    timer_set(l, &again, 0);
    ck_assert_int_eq(write(fds[1], "x.", 2), 2);
    loop_run(l);
    ck_assert_str_eq(order, "x.");
    loop_unwatch(l, &w);
    loop_unwatch(l, &w);
    close(fds[0]);
    close(fds[1]);
    loop_destroy(l);
}
END_TEST

static struct watch pair[2];

static void first_takes_out_the_other(void *self, uint32_t events)
{
    (void)events;
    struct watch *mine = self, *other = mine == &pair[0] ? &pair[1] : &pair[0];
    order[n++] = 'a';
    loop_unwatch(l, other);
    loop_unwatch(l, mine);
    loop_stop(l);
}

START_TEST(a_watch_that_was_taken_out_is_not_called)
{
    begin();
    int one[2], two[2];
    struct error e;
    ck_assert(pipe(one) == 0 && pipe(two) == 0);
    ck_assert(write(one[1], "x", 1) == 1 && write(two[1], "x", 1) == 1);
    for (int i = 0; i < 2; i++) {
        pair[i] = (struct watch){ .fd = i == 0 ? one[0] : two[0],
                                  .ready = first_takes_out_the_other,
                                  .self = &pair[i] };
        ck_assert(loop_watch(l, &pair[i], EPOLLIN, &e));
    }
    loop_run(l);
    ck_assert_str_eq(order, "a");
    for (int i = 0; i < 2; i++)
        close(one[i]), close(two[i]);
    loop_destroy(l);
}
END_TEST

static void *post_three(void *self)
{
    (void)self;
    loop_post(l, say_a, NULL);
    loop_post(l, say_b, NULL);
    loop_post(l, end, NULL);
    return NULL;
}

START_TEST(posts_of_another_thread_run_in_their_order)
{
    begin();
    pthread_t thread;
    ck_assert_int_eq(pthread_create(&thread, NULL, post_three, NULL), 0);
    loop_run(l);
    pthread_join(thread, NULL);
    ck_assert_str_eq(order, "ab.");
    loop_destroy(l);
}
END_TEST

static void post_another(void *self)
{
    (void)self;
    order[n++] = 'p';
    loop_post(l, say_b, NULL);
}

START_TEST(posts_are_not_lost_when_the_loop_goes)
{
    begin();
    loop_post(l, post_another, NULL);
    loop_destroy(l);
    ck_assert_str_eq(order, "pb");
}
END_TEST

START_TEST(a_bad_descriptor_is_an_error)
{
    begin();
    struct watch w = { .fd = -1, .ready = read_end };
    struct error e;
    ck_assert(!loop_watch(l, &w, EPOLLIN, &e));
    ck_assert(!w.added);
    loop_destroy(l);
}
END_TEST

TESTS("plexd/loop", timers_fire_in_order_of_time_and_then_of_setting,
      a_timer_is_moved_and_cancelled, advancing_fires_what_would_have_been_due,
      a_timer_that_sets_itself_anew_starves_no_descriptor, a_watch_that_was_taken_out_is_not_called,
      posts_of_another_thread_run_in_their_order, posts_are_not_lost_when_the_loop_goes,
      a_bad_descriptor_is_an_error)
