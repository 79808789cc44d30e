#include "reference/plexsphere/events/bus_test_support.h"

START_TEST(keeps_recipients_apart)
{
    bus_set_up(2);
    bus_keeps_recipients_apart(bus_postgres_create(&app));
    bus_tear_down();
}
END_TEST

START_TEST(keeps_every_member)
{
    bus_set_up(2);
    bus_keeps_every_member(bus_postgres_create(&app));
    bus_tear_down();
}
END_TEST

START_TEST(forgets_by_age)
{
    bus_set_up(2);
    struct event_bus *bus = bus_postgres_create(&app);
    bus_forgets_by_age(bus);
    ck_assert_str_eq(cluster_sql(arena, dsn, "SELECT count(*) FROM plexsphere.node_events"), "1");
    bus_tear_down();
}
END_TEST

START_TEST(delivers_what_comes)
{
    bus_set_up(3);
    bus_delivers_what_comes(bus_postgres_create(&app), bus_postgres_create(&app));
    bus_tear_down();
}
END_TEST

/* Every connection of the server's is cut, the listening one among them; and gone when the next
 * event is published, so that the pool sees it. */
START_TEST(goes_on_behind_a_cut_connection)
{
    static struct ears ears;
    bus_set_up(3);
    struct event_bus *bus = bus_postgres_create(&app);
    struct bus_event events[] = { bus_some_event(&bus_node, &bus_nobody, "one"),
                                  bus_some_event(&bus_node, &bus_nobody, "two") };
    ears_open(&ears, bus);
    bus_publish(bus, &events[0], 1);
    ears_wait(&ears, 1, 0);
    cluster_sql(arena, dsn,
                "SELECT count(pg_terminate_backend(pid, 5000)) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()");
    ears_wait(&ears, 1, 1);
    bus_publish(bus, &events[1], 1);
    ears_wait(&ears, 2, 1);
    ears_close(&ears);
    ck_assert_str_eq(ears.heard, "one two");
    bus_tear_down();
}
END_TEST

/* EVT-006: a number is not seen before it is committed, and no later one is seen before it. */
START_TEST(numbers_become_visible_in_order)
{
    bus_set_up(3);
    struct event_bus *bus = bus_postgres_create(&app);
    struct error e = { "" };
    struct bus_event first = bus_some_event(&bus_node, &bus_nobody, "first");
    struct tx *tx = tx_begin(app.db, arena);
    tx_write(tx);
    ck_assert_msg(bus->publish(bus, tx, &first, 1, &e), "%s", e.text);
    ck_assert_int_eq(bus_head(bus), 0);
    tx_rollback(tx);
    ck_assert_int_eq(bus_head(bus), 0);
    tx_end(tx);
    bus_tear_down();
}
END_TEST

CLUSTER_TESTS("plexsphere/events/bus_postgres", keeps_recipients_apart, keeps_every_member,
              forgets_by_age, delivers_what_comes, goes_on_behind_a_cut_connection,
              numbers_become_visible_in_order)
