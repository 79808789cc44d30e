#include <string.h>

#include "common/testing.h"
#include "suites/chaos/plan.h"

START_TEST(a_seed_makes_the_same_decisions)
{
    struct arena *a = arena_create();
    for (int round = 0; round < 50; round++) {
        struct plan one = plan_mixed(plan_seed(7, "CHA-001", round));
        struct plan two = plan_mixed(plan_seed(7, "CHA-001", round));
        ck_assert_str_eq(plan_text(a, &one), plan_text(a, &two));
    }
    arena_destroy(a);
}
END_TEST

START_TEST(seed_case_and_round_each_make_others)
{
    uint64_t here = plan_seed(7, "CHA-001", 1);
    ck_assert_uint_ne(here, plan_seed(8, "CHA-001", 1));
    ck_assert_uint_ne(here, plan_seed(7, "CHA-001/mvp", 1));
    ck_assert_uint_ne(here, plan_seed(7, "CHA-001", 2));
}
END_TEST

/* What is never drawn is never tried. */
START_TEST(everything_is_drawn_in_a_thousand_rounds)
{
    int victims[VICTIMS] = { 0 }, kinds[STEP_KINDS] = { 0 }, before_any = 0, after_all = 0;
    for (int round = 0; round < 1000; round++) {
        struct plan p = plan_mixed(plan_seed(7, "CHA-001", round));
        victims[p.victim]++;
        before_any += p.n_flying > 0 && p.landed == 0;
        after_all += p.n_flying > 0 && p.landed == p.n_flying;
        for (int i = 0; i < p.n_before; i++)
            kinds[p.before[i].kind]++;
    }
    for (int i = 0; i < VICTIMS; i++)
        ck_assert_int_gt(victims[i], 150);
    for (int i = 0; i < STEP_KINDS; i++)
        ck_assert_int_gt(kinds[i], 100);
    ck_assert_int_gt(before_any, 100);
    ck_assert_int_gt(after_all, 100);
}
END_TEST

START_TEST(requests_under_way_together_have_keys_of_their_own)
{
    for (int round = 0; round < 1000; round++) {
        struct plan p = plan_mixed(plan_seed(3, "CHA-001", round));
        unsigned seen = 0;
        for (int i = 0; i < p.n_flying; i++) {
            ck_assert_uint_eq(seen & (1u << p.flying[i].key), 0);
            seen |= 1u << p.flying[i].key;
        }
    }
}
END_TEST

TESTS("suites/chaos/plan", a_seed_makes_the_same_decisions, seed_case_and_round_each_make_others,
      everything_is_drawn_in_a_thousand_rounds, requests_under_way_together_have_keys_of_their_own)
