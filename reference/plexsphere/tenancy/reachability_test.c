#include "reference/plexsphere/tenancy/reachability.h"

#include "common/arena.h"
#include "common/json.h"
#include "common/testing.h"
#include "common/timestamp.h"

static void refused(const char *heartbeat, const char *stale, const char *unreachable)
{
    struct reachability r;
    const char *why = NULL;
    ck_assert_msg(!reachability_read(heartbeat, stale, unreachable, &r, &why),
                  "%s %s %s should be refused", heartbeat, stale, unreachable);
    ck_assert_ptr_nonnull(why);
}

static struct reachability accepted(const char *heartbeat, const char *stale,
                                    const char *unreachable)
{
    struct reachability r;
    const char *why = "";
    ck_assert_msg(reachability_read(heartbeat, stale, unreachable, &r, &why), "%s %s %s: %s",
                  heartbeat, stale, unreachable, why);
    return r;
}

START_TEST(refuses_a_part_of_a_policy)
{
    refused("30s", "0s", "0s");
    refused("0s", "90s", "300s");
    refused("30s", "90s", "0");
    refused(NULL, "90s", "300s");
    refused("30s", NULL, "300s");
    refused("30s", "90s", NULL);
    refused(NULL, NULL, NULL);
}
END_TEST

START_TEST(refuses_what_is_no_duration)
{
    refused("30", "90s", "300s");
    refused("", "90s", "300s");
    refused("30s", "ninety", "300s");
    refused("30s", "90s", "PT5M");
    refused("30s", "90s", "99999999999h");
}
END_TEST

START_TEST(refuses_broken_bounds_and_ratios)
{
    refused("9.999999999s", "30s", "60s");
    refused("-10s", "30s", "60s");
    refused("10s", "29.999999999s", "60s");
    refused("10s", "30s", "59.999999999s");
    refused("10s", "30s", "1h0m0.000000001s");
    refused("10m", "30m1ns", "1h");
    refused("10m0.000000001s", "30m", "1h");
}
END_TEST

START_TEST(takes_the_smallest_and_the_largest)
{
    struct reachability least = accepted("10s", "30s", "60s");
    ck_assert_int_eq(least.heartbeat_interval, 10 * NANOS_PER_SECOND);
    ck_assert_int_eq(least.stale_after, 30 * NANOS_PER_SECOND);
    ck_assert_int_eq(least.unreachable_after, 60 * NANOS_PER_SECOND);
    struct reachability most = accepted("10m", "30m", "1h");
    ck_assert_int_eq(most.unreachable_after, 3600 * NANOS_PER_SECOND);
}
END_TEST

START_TEST(three_zeros_are_the_default)
{
    struct reachability r = accepted("0s", "0", "0h0m");
    ck_assert_int_eq(r.heartbeat_interval, 30 * NANOS_PER_SECOND);
    ck_assert_int_eq(r.stale_after, 90 * NANOS_PER_SECOND);
    ck_assert_int_eq(r.unreachable_after, 300 * NANOS_PER_SECOND);
}
END_TEST

START_TEST(the_default_meets_its_own_rules)
{
    accepted("30s", "90s", "300s");
}
END_TEST

START_TEST(writes_whole_seconds_as_seconds)
{
    struct arena *a = arena_create();
    struct reachability r = accepted("10.5s", "1m", "5m0s");
    json_t *view = json_own(a, reachability_view(a, &r));
    ck_assert_str_eq(json_dump(a, view),
                     "{\"heartbeat_interval\":\"10.5s\",\"stale_after\":\"60s\","
                     "\"unreachable_after\":\"300s\"}");
    arena_destroy(a);
}
END_TEST

TESTS("tenancy/reachability", refuses_a_part_of_a_policy, refuses_what_is_no_duration,
      refuses_broken_bounds_and_ratios, takes_the_smallest_and_the_largest,
      three_zeros_are_the_default, the_default_meets_its_own_rules, writes_whole_seconds_as_seconds)
