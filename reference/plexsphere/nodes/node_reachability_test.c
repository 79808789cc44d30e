#include "reference/plexsphere/nodes/node_reachability.h"

#include "common/arena.h"
#include "common/json.h"
#include "common/testing.h"
#include "common/timestamp.h"

#define REGISTERED INT64_C(1790000000000000)
#define HEARD (REGISTERED + 1000 * MICROS_PER_SECOND)

static struct node_reachability at(int64_t last, int64_t age_micros)
{
    const struct node_heard heard = { REGISTERED, last };
    return node_reachability(&heard, &REACHABILITY_DEFAULT, HEARD + age_micros);
}

START_TEST(silence_ages_at_its_thresholds)
{
    static const struct {
        int64_t age;
        const char *state;
        int64_t changed;
    } rows[] = {
        { 0, "healthy", 0 },
        { 90 * MICROS_PER_SECOND - 1, "healthy", 0 },
        { 90 * MICROS_PER_SECOND, "stale", 90 * MICROS_PER_SECOND },
        { 300 * MICROS_PER_SECOND, "stale", 90 * MICROS_PER_SECOND },
        { 300 * MICROS_PER_SECOND + 1, "unreachable", 300 * MICROS_PER_SECOND },
        { -5, "healthy", 0 },
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct node_reachability r = at(HEARD, rows[i].age);
        ck_assert_str_eq(r.state, rows[i].state);
        ck_assert_int_eq(r.last_heartbeat_at, HEARD);
        ck_assert_int_eq(r.changed_at, HEARD + rows[i].changed);
    }
}
END_TEST

START_TEST(a_domains_own_thresholds_count)
{
    const struct reachability policy = { 10 * NANOS_PER_SECOND, 30 * NANOS_PER_SECOND,
                                         60 * NANOS_PER_SECOND };
    const struct node_heard heard = { REGISTERED, HEARD };
    struct node_reachability r = node_reachability(&heard, &policy, HEARD + 31 * MICROS_PER_SECOND);
    ck_assert_str_eq(r.state, "stale");
    r = node_reachability(&heard, &policy, HEARD + 61 * MICROS_PER_SECOND);
    ck_assert_str_eq(r.state, "unreachable");
}
END_TEST

START_TEST(a_node_never_heard_is_unreachable_since_it_registered)
{
    struct arena *a = arena_create();
    struct node_reachability r = at(0, 0);
    json_t *view = json_own(a, node_reachability_view(a, &r));
    ck_assert_str_eq(r.state, "unreachable");
    ck_assert_int_eq(r.changed_at, REGISTERED);
    ck_assert_ptr_null(json_member(view, "last_heartbeat_at"));
    ck_assert_ptr_nonnull(json_text(view, "changed_at"));
    arena_destroy(a);
}
END_TEST

TESTS("plexsphere/nodes/node_reachability", silence_ages_at_its_thresholds,
      a_domains_own_thresholds_count, a_node_never_heard_is_unreachable_since_it_registered)
