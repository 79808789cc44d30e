#include "reference/plexsphere/nodes/reachability.h"

#include "common/testing.h"
#include "common/timestamp.h"

#define CREATED INT64_C(1790000000000000)
#define HEARD (CREATED + 7 * MICROS_PER_SECOND)

static void judge(int64_t heard, int64_t now, enum node_reachable want, int64_t want_changed)
{
    enum node_reachable state;
    int64_t changed;
    node_reachability(heard, CREATED, &REACHABILITY_DEFAULT, now, &state, &changed);
    ck_assert_str_eq(node_reachable_text(state), node_reachable_text(want));
    ck_assert_int_eq(changed, want_changed);
}

START_TEST(a_node_never_heard_is_unreachable_since_it_was_made)
{
    judge(0, CREATED, NODE_UNREACHABLE, CREATED);
    judge(0, CREATED + 1, NODE_UNREACHABLE, CREATED);
}
END_TEST

START_TEST(silence_ages_a_node_at_its_thresholds)
{
    const int64_t second = MICROS_PER_SECOND;
    judge(HEARD, HEARD, NODE_HEALTHY, HEARD);
    judge(HEARD, HEARD + 90 * second - 1, NODE_HEALTHY, HEARD);
    judge(HEARD, HEARD + 90 * second, NODE_STALE, HEARD + 90 * second);
    judge(HEARD, HEARD + 300 * second, NODE_STALE, HEARD + 90 * second);
    judge(HEARD, HEARD + 300 * second + 1, NODE_UNREACHABLE, HEARD + 300 * second);
}
END_TEST

/* Two processes' clocks: the heartbeat may lie ahead of us. */
START_TEST(a_heartbeat_from_the_future_is_healthy)
{
    judge(HEARD, HEARD - MICROS_PER_SECOND, NODE_HEALTHY, HEARD);
}
END_TEST

START_TEST(the_domains_thresholds_count)
{
    const struct reachability slow = { INT64_C(60) * NANOS_PER_SECOND,
                                       INT64_C(180) * NANOS_PER_SECOND,
                                       INT64_C(360) * NANOS_PER_SECOND };
    enum node_reachable state;
    int64_t changed;
    node_reachability(HEARD, CREATED, &slow, HEARD + 179 * MICROS_PER_SECOND, &state, &changed);
    ck_assert_int_eq(state, NODE_HEALTHY);
    node_reachability(HEARD, CREATED, &slow, HEARD + 361 * MICROS_PER_SECOND, &state, &changed);
    ck_assert_int_eq(state, NODE_UNREACHABLE);
    ck_assert_int_eq(changed, HEARD + 360 * MICROS_PER_SECOND);
}
END_TEST

TESTS("nodes/reachability", a_node_never_heard_is_unreachable_since_it_was_made,
      silence_ages_a_node_at_its_thresholds, a_heartbeat_from_the_future_is_healthy,
      the_domains_thresholds_count)
