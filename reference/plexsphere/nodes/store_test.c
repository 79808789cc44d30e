/* Which keys prove nothing any more. */
#include "reference/plexsphere/crypto/crypto.h"
#include "reference/plexsphere/store/cluster_test_support.h"

#include "reference/plexsphere/nodes/node_test_support.h"

static struct test_fleet fleet;

static void set_up(void)
{
    struct error e = { "" };
    ck_assert_msg(crypto_init(&e), "%s", e.text);
    fleet_open(&fleet);
}

static struct uuid key_of(const struct uuid *node)
{
    struct nsk key;
    bool found;
    ck_assert_int_eq(nsk_current(fleet.tx, test_wrap_key, node, &found, &key), SQL_OK);
    ck_assert(found);
    return key.id;
}

static bool is_dead(struct uuid nsk, int64_t now)
{
    bool dead = true;
    ck_assert_int_eq(nsk_dead_among(fleet.tx, &nsk, 1, now, &dead), SQL_OK);
    return dead;
}

/* Each in its place, whatever stands beside it, and twice the same key twice. */
START_TEST(dead_keys_are_told_by_their_place)
{
    int n;
    char *text;
    bool dead[5];
    set_up();
    struct uuid live = fleet_node(&fleet, false, &text), gone = fleet_node(&fleet, false, &text);
    struct uuid live_key = key_of(&live), dead_key = key_of(&gone), nobody = uuid_v7(TEST_NOW);
    ck_assert_int_eq(nsk_revoke(fleet.tx, &gone, TEST_NOW, &n), SQL_OK);
    const struct uuid asked[] = { live_key, dead_key, nobody, live_key, dead_key };
    static const bool expected[] = { false, true, true, false, true };
    ck_assert_int_eq(nsk_dead_among(fleet.tx, asked, ARRAY_LEN(asked), TEST_NOW, dead), SQL_OK);
    ck_assert_mem_eq(dead, expected, sizeof expected);
    fleet_close(&fleet);
}
END_TEST

START_TEST(a_replaced_key_lives_up_to_the_end_of_its_overlap)
{
    char *text;
    set_up();
    struct uuid node = fleet_node(&fleet, false, &text), old = key_of(&node);
    ck_assert_int_eq(nsk_retire(fleet.tx, &node, TEST_NOW + 1000), SQL_OK);
    ck_assert_int_eq(nsk_issue(fleet.tx, test_wrap_key, &node, NSK_BASE64, TEST_NOW, &text),
                     SQL_OK);
    struct uuid new = key_of(&node);
    ck_assert(!is_dead(old, TEST_NOW) && !is_dead(old, TEST_NOW + 999));
    ck_assert(is_dead(old, TEST_NOW + 1000));
    ck_assert(!is_dead(new, TEST_NOW + 1000));
    fleet_close(&fleet);
}
END_TEST

START_TEST(a_node_that_left_takes_its_keys_along)
{
    char *text;
    set_up();
    struct uuid node = fleet_node(&fleet, false, &text), key = key_of(&node);
    fleet_commit(&fleet);
    ck_assert(!is_dead(key, TEST_NOW));
    cluster_sql(fleet.arena, fleet.dsn, "UPDATE plexsphere.nodes SET drained_at = registered_at");
    fleet_commit(&fleet);
    ck_assert(is_dead(key, TEST_NOW));
    fleet_close(&fleet);
}
END_TEST

CLUSTER_TESTS("nodes/store", dead_keys_are_told_by_their_place,
              a_replaced_key_lives_up_to_the_end_of_its_overlap,
              a_node_that_left_takes_its_keys_along)
