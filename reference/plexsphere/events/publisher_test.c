#include "reference/plexsphere/events/publisher.h"

#include "reference/plexsphere/events/events_test_support.h"
#include "reference/plexsphere/events/publisher_stress_test_support.h"

static struct publisher publisher;

static void set_up(int connections)
{
    events_set_up(connections, SIGNING_PLATFORM);
    publisher = (struct publisher){ .app = &app, .bus = bus_postgres_create(&app) };
    a_domain(&bus_domain);
    take_up();
}

static const char *unpublished(void)
{
    return cluster_sql(arena, dsn,
                       "SELECT count(*) FROM plexsphere.outbox_events"
                       " WHERE for_nodes AND published_at IS NULL");
}

START_TEST(a_line_has_the_members_of_its_dialect)
{
    set_up(2);
    const char *v1[4], *mvp[4];
    a_node(&bus_node, &bus_domain, "v1");
    a_node(&bus_neighbour, &bus_domain, "mvp");
    tell(&bus_domain, NULL, "to <all>");
    publish_now(&publisher);
    ck_assert_uint_eq(lines_of(publisher.bus, &bus_domain, &bus_node, false, v1, 4), 1);
    ck_assert_uint_eq(lines_of(publisher.bus, &bus_domain, &bus_neighbour, true, mvp, 4), 1);
    ck_assert_str_eq(member_of(v1[0], "/type"), "node_state_updated");
    ck_assert_str_eq(member_of(v1[0], "/scope"),
                     arena_printf(arena, "domain:%s", uuid_text(arena, &bus_domain)));
    ck_assert_str_eq(member_of(v1[0], "/key_id"), "platform-1");
    ck_assert_str_eq(member_of(v1[0], "/payload/name"), "to <all>");
    ck_assert_ptr_nonnull(strstr(v1[0], "to \\u003call\\u003e"));
    ck_assert_str_eq(member_of(mvp[0], "/event_type"), "node_state_updated");
    ck_assert_str_eq(member_of(mvp[0], "/event_id"), member_of(v1[0], "/id"));
    ck_assert_uint_eq(strlen(member_of(mvp[0], "/nonce")), 32);
    ck_assert_uint_eq(strlen(member_of(mvp[0], "/issued_at")), strlen("2026-11-22T04:55:00Z"));
    ck_assert(line_signed_by(v1[0], signing.public_key));
    ck_assert(line_signed_by(mvp[0], signing.public_key));
    ck_assert_str_eq(unpublished(), "0");
    bus_tear_down();
}
END_TEST

/* EVT-008 */
START_TEST(what_nobody_reads_is_not_written)
{
    set_up(2);
    const char *lines[4];
    tell(&bus_domain, NULL, "nobody is there");
    tell(&bus_domain, &bus_node, "nor this one");
    publish_now(&publisher);
    ck_assert_str_eq(unpublished(), "0");
    ck_assert_int_eq(bus_head(publisher.bus), 0);
    a_node(&bus_node, &bus_domain, "mvp");
    tell(&bus_domain, NULL, "one is there");
    publish_now(&publisher);
    ck_assert_uint_eq(lines_of(publisher.bus, &bus_domain, &bus_node, false, lines, 4), 0);
    ck_assert_uint_eq(lines_of(publisher.bus, &bus_domain, &bus_node, true, lines, 4), 1);
    bus_tear_down();
}
END_TEST

START_TEST(more_than_one_batch_keeps_the_order)
{
    set_up(2);
    enum { N = PUBLISH_AT_ONCE + 3 };
    const char *lines[N + 1];
    struct error e = { "" };
    size_t n;
    a_node(&bus_node, &bus_domain, "v1");
    struct tx *tx = writing(arena);
    for (int i = 0; i < N; i++)
        append_named(tx, &bus_domain, &bus_node, arena_printf(arena, "%d", i));
    ck_assert_int_eq(tx_commit(tx), SQL_OK);
    tx_end(tx);
    ck_assert_msg(publish_some(&publisher, &n, &e), "%s", e.text);
    ck_assert_uint_eq(n, PUBLISH_AT_ONCE);
    ck_assert_msg(publish_some(&publisher, &n, &e), "%s", e.text);
    ck_assert_uint_eq(n, 3);
    ck_assert_uint_eq(lines_of(publisher.bus, &bus_domain, &bus_node, false, lines, N + 1), N);
    for (int i = 0; i < N; i++)
        ck_assert_str_eq(member_of(lines[i], "/payload/name"), arena_printf(arena, "%d", i));
    bus_tear_down();
}
END_TEST

/* EVT-016, KEY-004 */
START_TEST(what_cannot_be_signed_is_left_out_and_the_rest_goes_on)
{
    set_up(2);
    const char *lines[4];
    const struct uuid far = { { 0xa0, 9 } };
    a_domain(&bus_other_domain);
    a_node(&bus_node, &bus_domain, "v1");
    a_node(&far, &bus_other_domain, "v1");
    rotate(&bus_domain);
    publish_now(&publisher);
    cluster_sql(arena, dsn,
                "UPDATE plexsphere.signing_keys SET sealed_seed = (SELECT sealed_seed FROM"
                " plexsphere.signing_keys WHERE domain_id IS NULL)"
                " WHERE transition_expires IS NULL");
    tell(&bus_domain, NULL, "cannot");
    tell(&bus_other_domain, NULL, "can");
    publish_now(&publisher);
    ck_assert_uint_eq(publisher.refused, 1);
    ck_assert_str_eq(unpublished(), "0");
    ck_assert_uint_eq(lines_of(publisher.bus, &bus_domain, &bus_node, false, lines, 4), 1);
    ck_assert_str_eq(member_of(lines[0], "/type"), "signing_key_rotated");
    ck_assert_uint_eq(lines_of(publisher.bus, &bus_other_domain, &far, false, lines, 4), 1);
    bus_tear_down();
}
END_TEST

/* EVT-017 */
START_TEST(a_line_too_long_for_the_mvp_goes_to_v1_alone)
{
    set_up(2);
    const char *lines[4];
    char *name = arena_alloc(arena, 70001);
    memset(name, 'x', 70000);
    a_node(&bus_node, &bus_domain, "v1");
    a_node(&bus_neighbour, &bus_domain, "mvp");
    tell(&bus_domain, NULL, name);
    name[65000] = '\0';
    tell(&bus_domain, NULL, name);
    publish_now(&publisher);
    ck_assert_uint_eq(publisher.refused, 1);
    ck_assert_uint_eq(lines_of(publisher.bus, &bus_domain, &bus_node, false, lines, 4), 2);
    ck_assert_uint_eq(lines_of(publisher.bus, &bus_domain, &bus_neighbour, true, lines, 4), 1);
    ck_assert_uint_le(strlen("data: ") + strlen(lines[0]), 65535);
    bus_tear_down();
}
END_TEST

/* A bus that cannot be reached, until it can. */
static struct event_bus *real;
static bool reachable;

static bool sometimes(struct event_bus *bus, struct tx *tx, struct bus_event *events, size_t n,
                      struct error *e)
{
    (void)bus;
    return reachable ? real->publish(real, tx, events, n, e) : error_set(e, "not reachable");
}

/* EVT-007 */
START_TEST(what_the_bus_does_not_take_stays_unpublished)
{
    set_up(2);
    const char *lines[4];
    struct event_bus port = { .publish = sometimes };
    struct error e = { "" };
    size_t n = 99;
    real = publisher.bus;
    publisher.bus = &port;
    a_node(&bus_node, &bus_domain, "v1");
    tell(&bus_domain, NULL, "later");
    ck_assert(!publish_some(&publisher, &n, &e));
    ck_assert_uint_eq(n, 0);
    ck_assert_str_eq(unpublished(), "1");
    ck_assert_int_eq(bus_head(real), 0);
    reachable = true;
    publish_now(&publisher);
    ck_assert_str_eq(unpublished(), "0");
    ck_assert_uint_eq(lines_of(real, &bus_domain, &bus_node, false, lines, 4), 1);
    bus_tear_down();
}
END_TEST

static void *run_publisher(void *p)
{
    publisher_run(p);
    return NULL;
}

START_TEST(the_loop_looks_at_the_start_and_when_it_is_rung_for)
{
    static struct ears ears;
    pthread_t thread;
    set_up(4);
    a_node(&bus_node, &bus_domain, "v1");
    ears_open(&ears, publisher.bus);
    tell(&bus_domain, NULL, "before");
    ck_assert_int_eq(pthread_create(&thread, NULL, run_publisher, &publisher), 0);
    ears_wait(&ears, 1, 0);
    tell(&bus_domain, NULL, "after");
    ears_wait(&ears, 2, 0);
    ears_close(&ears);
    pthread_join(thread, NULL);
    bus_tear_down();
}
END_TEST

/* EVT-006 */
START_TEST(no_event_is_skipped_whatever_the_order_of_commits)
{
    set_up(STRESS_CONNECTIONS);
    a_node(&bus_node, &bus_domain, "v1");
    stress(publisher.bus);
    bus_tear_down();
}
END_TEST

CLUSTER_TESTS("plexsphere/events/publisher", a_line_has_the_members_of_its_dialect,
              what_nobody_reads_is_not_written, more_than_one_batch_keeps_the_order,
              what_cannot_be_signed_is_left_out_and_the_rest_goes_on,
              a_line_too_long_for_the_mvp_goes_to_v1_alone,
              what_the_bus_does_not_take_stays_unpublished,
              the_loop_looks_at_the_start_and_when_it_is_rung_for,
              no_event_is_skipped_whatever_the_order_of_commits)
