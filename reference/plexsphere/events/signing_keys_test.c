#include "reference/plexsphere/events/signing_keys.h"

#include "reference/plexsphere/events/events_test_support.h"

static struct publisher publisher;
static const char *lines[16];

static void set_up(enum signing_scope scope)
{
    events_set_up(2, scope);
    publisher = (struct publisher){ .app = &app, .bus = bus_postgres_create(&app) };
}

static struct signing_key key_for_node(const struct uuid *domain)
{
    struct signing_key key;
    struct tx *tx = writing(arena);
    ck_assert_int_eq(signing_key_for_node(tx, &signing, domain, app_clock_now(&app.clock), &key),
                     SQL_OK);
    ck_assert_int_eq(tx_commit(tx), SQL_OK);
    tx_end(tx);
    return key;
}

static bool same_key(const struct signing_key *a, const struct signing_key *b)
{
    return text_equal(a->key_id, b->key_id) &&
           memcmp(a->public_key, b->public_key, sizeof a->public_key) == 0;
}

static size_t published(const struct uuid *domain, const struct uuid *node)
{
    publish_now(&publisher);
    return lines_of(publisher.bus, domain, node, false, lines, ARRAY_LEN(lines));
}

static const char *count_keys(void)
{
    return cluster_sql(arena, dsn, "SELECT count(*) FROM plexsphere.signing_keys");
}

/* KEY-001, KEY-006 */
START_TEST(the_configured_key_is_taken_up_once)
{
    set_up(SIGNING_PLATFORM);
    a_domain(&bus_domain);
    struct signing_key told = key_for_node(&bus_domain);
    ck_assert_str_eq(told.key_id, "platform-1");
    ck_assert_mem_eq(told.public_key, signing.public_key, 32);
    take_up();
    ck_assert_str_eq(count_keys(), "1");
    struct signing_keys keys = keys_of(&bus_domain);
    ck_assert(same_key(&keys.current, &told) && !keys.in_transition);
    bus_tear_down();
}
END_TEST

START_TEST(without_a_seed_nodes_are_told_the_configured_key)
{
    set_up(SIGNING_PLATFORM);
    a_domain(&bus_domain);
    signing.has_seed = false;
    ck_assert_str_eq(key_for_node(&bus_domain).key_id, "platform-1");
    ck_assert_str_eq(keys_of(&bus_domain).current.key_id, "platform-1");
    ck_assert_str_eq(count_keys(), "0");
    bus_tear_down();
}
END_TEST

/* KEY-006: a boot with a new seed; then one with the old seed, which changes nothing. */
START_TEST(a_new_seed_rotates_and_an_old_one_never_comes_back)
{
    set_up(SIGNING_PLATFORM);
    a_domain(&bus_domain);
    a_node(&bus_node, &bus_domain, "v1");
    struct signing_key old = key_for_node(&bus_domain);
    a_seed(8, "platform-2");
    take_up();
    struct signing_keys keys = keys_of(&bus_domain);
    ck_assert_str_eq(keys.current.key_id, "platform-2");
    ck_assert(keys.in_transition && same_key(&keys.previous, &old));
    a_seed(7, "platform-1");
    ck_assert_str_eq(key_for_node(&bus_domain).key_id, "platform-2");
    ck_assert_uint_eq(published(&bus_domain, &bus_node), 1);
    ck_assert(line_signed_by(lines[0], old.public_key));
    ck_assert_str_eq(member_of(lines[0], "/payload/current_id"), "platform-2");
    bus_tear_down();
}
END_TEST

START_TEST(a_new_seed_under_an_old_name_is_not_used)
{
    set_up(SIGNING_PLATFORM);
    a_domain(&bus_domain);
    struct signing_key old = key_for_node(&bus_domain);
    a_seed(8, "platform-1");
    struct signing_key told = key_for_node(&bus_domain);
    ck_assert(same_key(&told, &old));
    ck_assert_str_eq(count_keys(), "1");
    bus_tear_down();
}
END_TEST

/* KEY-007, KEY-008 */
START_TEST(the_old_key_signs_up_to_the_event_of_the_rotation)
{
    set_up(SIGNING_PLATFORM);
    a_domain(&bus_domain);
    a_node(&bus_node, &bus_domain, "v1");
    struct signing_key old = key_for_node(&bus_domain);
    tell(&bus_domain, NULL, "before");
    struct signing_keys keys = rotate(NULL);
    tell(&bus_domain, NULL, "after");
    ck_assert_uint_eq(published(&bus_domain, &bus_node), 3);
    ck_assert(line_signed_by(lines[0], old.public_key));
    ck_assert(line_signed_by(lines[1], old.public_key));
    ck_assert(line_signed_by(lines[2], keys.current.public_key));
    ck_assert(!line_signed_by(lines[2], old.public_key));
    ck_assert_str_eq(member_of(lines[1], "/type"), "signing_key_rotated");
    ck_assert_str_eq(member_of(lines[1], "/key_id"), old.key_id);
    ck_assert_str_eq(member_of(lines[2], "/key_id"), keys.current.key_id);
    ck_assert_str_eq(member_of(lines[1], "/payload/current"),
                     base64_encode(arena, BASE64_STANDARD, keys.current.public_key, 32));
    ck_assert_str_eq(member_of(lines[1], "/payload/previous"),
                     base64_encode(arena, BASE64_STANDARD, old.public_key, 32));
    ck_assert_str_eq(member_of(lines[1], "/payload/transition_expires"),
                     timestamp_format(arena, keys.transition_expires));
    ck_assert_str_eq(member_of(lines[1], "/payload/previous_id"), old.key_id);
    bus_tear_down();
}
END_TEST

/* A row that was appended before the rotation and is committed after its event went out. */
START_TEST(a_late_committer_is_signed_by_the_old_key)
{
    set_up(SIGNING_PLATFORM);
    a_domain(&bus_domain);
    a_node(&bus_node, &bus_domain, "v1");
    static const struct statement anything = { "test_anything", "SELECT 1" };
    struct signing_key old = key_for_node(&bus_domain);
    struct tx *late = writing(arena);
    append_named(late, &bus_domain, NULL, "late");
    ck_assert_int_eq(sql_run(late, &anything, NULL, NULL, 0), SQL_OK); /* the row is sent with it */
    rotate(NULL);
    publish_now(&publisher);
    ck_assert_int_eq(tx_commit(late), SQL_OK);
    tx_end(late);
    ck_assert_uint_eq(published(&bus_domain, &bus_node), 2);
    ck_assert_str_eq(member_of(lines[1], "/payload/name"), "late");
    ck_assert(line_signed_by(lines[1], old.public_key));
    bus_tear_down();
}
END_TEST

/* KEY-009, KEY-010 */
START_TEST(after_the_transition_the_old_key_signs_its_farewell_alone)
{
    set_up(SIGNING_PLATFORM);
    a_domain(&bus_domain);
    a_node(&bus_node, &bus_domain, "v1");
    struct signing_key old = key_for_node(&bus_domain);
    tell(&bus_domain, NULL, "before");
    struct signing_keys keys = rotate(NULL);
    ck_assert(keys_of(&bus_domain).in_transition);
    app_clock_advance(&app.clock, SIGNING_TRANSITION + MICROS_PER_SECOND);
    ck_assert(!keys_of(&bus_domain).in_transition);
    ck_assert_uint_eq(published(&bus_domain, &bus_node), 2);
    ck_assert(line_signed_by(lines[0], keys.current.public_key));
    ck_assert(line_signed_by(lines[1], old.public_key));
    bus_tear_down();
}
END_TEST

/* KEY-003 */
START_TEST(a_domain_gets_its_own_key_with_itself)
{
    set_up(SIGNING_DOMAIN);
    a_domain(&bus_domain);
    a_domain(&bus_other_domain);
    struct tx *tx = writing(arena);
    ck_assert_int_eq(signing_domain_made(tx, &signing, &bus_domain, app_clock_now(&app.clock)),
                     SQL_OK);
    ck_assert_int_eq(tx_commit(tx), SQL_OK);
    tx_end(tx);
    struct signing_keys own = keys_of(&bus_domain);
    ck_assert_str_ne(own.current.key_id, "platform-1");
    struct signing_key told = key_for_node(&bus_domain), other = key_for_node(&bus_other_domain);
    ck_assert(same_key(&told, &own.current));
    ck_assert(!same_key(&told, &other));
    ck_assert_str_ne(other.key_id, "platform-1");
    bus_tear_down();
}
END_TEST

START_TEST(nodes_that_know_the_platforms_key_are_told_by_it)
{
    set_up(SIGNING_PLATFORM);
    a_domain(&bus_domain);
    a_node(&bus_node, &bus_domain, "v1");
    struct signing_key platform = key_for_node(&bus_domain);
    tell(&bus_domain, NULL, "before");
    signing.scope = SIGNING_DOMAIN;
    publish_now(&publisher);
    tell(&bus_domain, NULL, "after");
    ck_assert_uint_eq(published(&bus_domain, &bus_node), 3);
    struct signing_keys keys = keys_of(&bus_domain);
    ck_assert(keys.in_transition && same_key(&keys.previous, &platform));
    ck_assert(line_signed_by(lines[0], platform.public_key));
    ck_assert_str_eq(member_of(lines[1], "/type"), "signing_key_rotated");
    ck_assert(line_signed_by(lines[1], platform.public_key));
    ck_assert(line_signed_by(lines[2], keys.current.public_key));
    bus_tear_down();
}
END_TEST

/* One Domain is rotated away from the platform; another stays and hears nothing. */
START_TEST(a_rotation_concerns_its_own_chain_alone)
{
    set_up(SIGNING_PLATFORM);
    a_domain(&bus_domain);
    a_domain(&bus_other_domain);
    a_node(&bus_node, &bus_domain, "v1");
    a_node(&bus_neighbour, &bus_other_domain, "v1");
    take_up();
    struct signing_keys own = rotate(&bus_domain);
    rotate(NULL);
    ck_assert_uint_eq(published(&bus_domain, &bus_node), 1);
    ck_assert_str_eq(member_of(lines[0], "/payload/current_id"), own.current.key_id);
    ck_assert_uint_eq(published(&bus_other_domain, &bus_neighbour), 1);
    ck_assert_str_ne(member_of(lines[0], "/payload/current_id"), own.current.key_id);
    struct signing_keys now = keys_of(&bus_domain);
    ck_assert(same_key(&now.current, &own.current));
    bus_tear_down();
}
END_TEST

START_TEST(a_key_needs_one_before_it)
{
    set_up(SIGNING_PLATFORM);
    struct signing_keys keys;
    struct tx *tx = writing(arena);
    ck_assert_int_eq(signing_rotate(tx, &signing, NULL, 0, &keys), SQL_CHECK);
    tx_end(tx);
    take_up();
    tx = writing(arena);
    ck_assert_int_eq(signing_rotate(tx, &signing, &bus_domain, 0, &keys), SQL_FOREIGN_KEY);
    tx_end(tx);
    bus_tear_down();
}
END_TEST

/* KEY-004 */
START_TEST(no_seed_lies_open_in_the_database)
{
    set_up(SIGNING_PLATFORM);
    take_up();
    const char *seed = hex_encode(arena, signing.seed, 32);
    ck_assert_str_eq(
        cluster_sql(arena, dsn,
                    arena_printf(arena,
                                 "SELECT position('%s' in encode(sealed_seed, 'hex')) FROM"
                                 " plexsphere.signing_keys",
                                 seed)),
        "0");
    ck_assert_str_eq(cluster_sql(arena, dsn,
                                 "SELECT octet_length(sealed_seed) FROM plexsphere.signing_keys"),
                     "60");
    bus_tear_down();
}
END_TEST

/* Registrations of one Domain at once make one key. */
static void *ask_for_key(void *out)
{
    struct arena *a = arena_create();
    struct tx *tx = writing(a);
    ck_assert_int_eq(signing_key_for_node(tx, &signing, &bus_domain, app_clock_now(&app.clock),
                                          out),
                     SQL_OK);
    ck_assert_int_eq(tx_commit(tx), SQL_OK);
    tx_end(tx);
    arena_destroy(a);
    return NULL;
}

START_TEST(registrations_at_once_hear_of_one_key)
{
    enum { N = 4 };
    pthread_t threads[N];
    struct signing_key keys[N];
    events_set_up(N, SIGNING_DOMAIN);
    a_domain(&bus_domain);
    for (int i = 0; i < N; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, ask_for_key, &keys[i]), 0);
    for (int i = 0; i < N; i++)
        pthread_join(threads[i], NULL);
    for (int i = 1; i < N; i++)
        ck_assert_mem_eq(keys[i].public_key, keys[0].public_key, 32);
    ck_assert_str_eq(cluster_sql(arena, dsn,
                                 "SELECT count(*) FROM plexsphere.signing_keys"
                                 " WHERE domain_id IS NOT NULL"),
                     "1");
    bus_tear_down();
}
END_TEST

CLUSTER_TESTS("plexsphere/events/signing_keys", the_configured_key_is_taken_up_once,
              without_a_seed_nodes_are_told_the_configured_key,
              a_new_seed_rotates_and_an_old_one_never_comes_back,
              a_new_seed_under_an_old_name_is_not_used,
              the_old_key_signs_up_to_the_event_of_the_rotation,
              a_late_committer_is_signed_by_the_old_key,
              after_the_transition_the_old_key_signs_its_farewell_alone,
              a_domain_gets_its_own_key_with_itself,
              nodes_that_know_the_platforms_key_are_told_by_it,
              a_rotation_concerns_its_own_chain_alone, a_key_needs_one_before_it,
              no_seed_lies_open_in_the_database, registrations_at_once_hear_of_one_key)
