/* Byte budgets (ING-020 to ING-025). */
#include "reference/plexsphere/observability/budget.h"

#include <pthread.h>

#include "common/testing.h"
#include "common/timestamp.h"

#define T0 INT64_C(1790000000000000)
#define S MICROS_PER_SECOND

static const struct budget_size ample = { 1000000, 1000000000 };

static struct uuid id_of(unsigned n)
{
    struct uuid id = { { 0 } };
    id.b[0] = 1;
    id.b[14] = (unsigned char)(n >> 8);
    id.b[15] = (unsigned char)n;
    return id;
}

static enum budget_result charge(struct budgets *b, unsigned node, unsigned domain, int64_t bytes,
                                 int64_t now, int64_t *after)
{
    struct uuid n = id_of(node), d = id_of(domain);
    *after = -1;
    return budgets_charge(b, &n, &d, bytes, now, after);
}

START_TEST(a_spent_budget_fills_again)
{
    int64_t after;
    struct budgets *b = budgets_create((struct budget_size){ 100, 1000 }, ample);
    ck_assert_int_eq(charge(b, 1, 1, 1000, T0, &after), BUDGET_PAID);
    ck_assert_int_eq(charge(b, 1, 1, 250, T0, &after), BUDGET_NODE_EXHAUSTED);
    ck_assert_int_eq(after, 3);
    ck_assert_int_eq(charge(b, 2, 1, 1000, T0, &after), BUDGET_PAID);
    ck_assert_int_eq(charge(b, 1, 1, 250, T0 + 2 * S, &after), BUDGET_NODE_EXHAUSTED);
    ck_assert_int_eq(after, 1);
    ck_assert_int_eq(charge(b, 1, 1, 250, T0 + 3 * S, &after), BUDGET_PAID);
    ck_assert_int_eq(charge(b, 1, 1, 51, T0 + 3 * S, &after), BUDGET_NODE_EXHAUSTED);
    ck_assert_int_eq(charge(b, 1, 1, 50, T0 + 3 * S, &after), BUDGET_PAID);
    /* It never holds more than its burst. */
    ck_assert_int_eq(charge(b, 1, 1, 1000, T0 + 9999 * S, &after), BUDGET_PAID);
    ck_assert_int_eq(charge(b, 1, 1, 1, T0 + 9999 * S, &after), BUDGET_NODE_EXHAUSTED);
    budgets_destroy(b);
}
END_TEST

START_TEST(looking_often_loses_nothing)
{
    int64_t after, now = T0;
    struct budgets *b = budgets_create((struct budget_size){ 3, 10 }, ample);
    ck_assert_int_eq(charge(b, 1, 1, 10, now, &after), BUDGET_PAID);
    for (int i = 0; i < 999; i++, now += S / 1000)
        ck_assert_int_eq(charge(b, 1, 1, 3, now, &after), BUDGET_NODE_EXHAUSTED);
    ck_assert_int_eq(charge(b, 1, 1, 3, T0 + S, &after), BUDGET_PAID);
    budgets_destroy(b);
}
END_TEST

START_TEST(a_node_is_given_back_what_its_domain_could_not_pay)
{
    int64_t after;
    struct budgets *b =
        budgets_create((struct budget_size){ 1, 500 }, (struct budget_size){ 10, 600 });
    ck_assert_int_eq(charge(b, 1, 7, 400, T0, &after), BUDGET_PAID);
    ck_assert_int_eq(charge(b, 2, 7, 400, T0, &after), BUDGET_DOMAIN_EXHAUSTED);
    ck_assert_int_eq(after, 20);
    /* Were it not given back, 100 would be left to the second Node. */
    ck_assert_int_eq(charge(b, 2, 8, 500, T0, &after), BUDGET_PAID);
    ck_assert_int_eq(charge(b, 1, 8, 101, T0, &after), BUDGET_NODE_EXHAUSTED);
    ck_assert_int_eq(charge(b, 1, 7, 100, T0, &after), BUDGET_PAID);
    budgets_destroy(b);
}
END_TEST

START_TEST(a_full_budget_pays_for_more_than_it_holds_and_owes_the_rest)
{
    int64_t after;
    struct budgets *b = budgets_create((struct budget_size){ 10, 100 }, ample);
    ck_assert_int_eq(charge(b, 1, 1, 1000, T0, &after), BUDGET_PAID);
    ck_assert_int_eq(charge(b, 1, 1, 1, T0, &after), BUDGET_NODE_EXHAUSTED);
    ck_assert_int_eq(after, 91);
    ck_assert_int_eq(charge(b, 1, 1, 1000, T0, &after), BUDGET_NODE_EXHAUSTED);
    ck_assert_int_eq(after, 100);
    ck_assert_int_eq(charge(b, 1, 1, 1, T0 + 90 * S, &after), BUDGET_NODE_EXHAUSTED);
    ck_assert_int_eq(charge(b, 1, 1, 1, T0 + 91 * S, &after), BUDGET_PAID);
    budgets_destroy(b);
}
END_TEST

START_TEST(a_clock_that_goes_back_fills_nothing)
{
    int64_t after;
    struct budgets *b = budgets_create((struct budget_size){ 10, 100 }, ample);
    ck_assert_int_eq(charge(b, 1, 1, 100, T0, &after), BUDGET_PAID);
    ck_assert_int_eq(charge(b, 1, 1, 1, T0 - 3600 * S, &after), BUDGET_NODE_EXHAUSTED);
    ck_assert_int_eq(charge(b, 1, 1, 1, T0, &after), BUDGET_NODE_EXHAUSTED);
    budgets_destroy(b);
}
END_TEST

START_TEST(many_nodes_keep_apart_and_full_buckets_are_forgotten)
{
    int64_t after;
    struct budgets *b = budgets_create((struct budget_size){ 10, 100 }, ample);
    for (unsigned n = 0; n < 3000; n++)
        ck_assert_int_eq(charge(b, n, 1, 100, T0, &after), BUDGET_PAID);
    for (unsigned n = 0; n < 3000; n++)
        ck_assert_int_eq(charge(b, n, 1, 1, T0, &after), BUDGET_NODE_EXHAUSTED);
    ck_assert_uint_ge(budgets_kept(b), 3000);
    for (unsigned n = 3000; n < 9000; n++)
        ck_assert_int_eq(charge(b, n, 1, 1, T0 + 60 * S, &after), BUDGET_PAID);
    ck_assert_uint_lt(budgets_kept(b), 8500);
    budgets_destroy(b);
}
END_TEST

struct spender {
    struct budgets *budgets;
    int paid;
};

static void *spend(void *argument)
{
    struct spender *s = argument;
    int64_t after;
    for (int i = 0; i < 1000; i++)
        s->paid += charge(s->budgets, 1, 1, 1, T0, &after) == BUDGET_PAID;
    return NULL;
}

START_TEST(threads_share_one_budget)
{
    enum { THREADS = 4 };
    struct budgets *b = budgets_create((struct budget_size){ 1, 1500 }, ample);
    struct spender spenders[THREADS];
    pthread_t threads[THREADS];
    int paid = 0;
    for (int i = 0; i < THREADS; i++) {
        spenders[i] = (struct spender){ b, 0 };
        ck_assert_int_eq(pthread_create(&threads[i], NULL, spend, &spenders[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        paid += spenders[i].paid;
    }
    ck_assert_int_eq(paid, 1500);
    budgets_destroy(b);
}
END_TEST

TESTS("observability/budget", a_spent_budget_fills_again, looking_often_loses_nothing,
      a_node_is_given_back_what_its_domain_could_not_pay,
      a_full_budget_pays_for_more_than_it_holds_and_owes_the_rest,
      a_clock_that_goes_back_fills_nothing, threads_share_one_budget,
      many_nodes_keep_apart_and_full_buckets_are_forgotten)
