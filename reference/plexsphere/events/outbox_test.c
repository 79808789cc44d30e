#include "reference/plexsphere/events/outbox.h"

#include "reference/plexsphere/store/cluster_test_support.h"
#include "reference/plexsphere/store/migrate.h"

static struct arena *arena;
static char *dsn;
static struct db *db;
static const struct uuid domain = { { 1 } }, subject = { { 2 } };

static void set_up(void)
{
    struct error e = { "" };
    arena = arena_create();
    dsn = cluster_database(arena);
    ck_assert_msg(migrate_up(dsn, "migrations", &e), "%s", e.text);
    ck_assert_msg(db_open(dsn, 1, &db, &e), "%s", e.text);
}

static void tear_down(void)
{
    db_close(db);
    arena_destroy(arena);
}

static const char *all_events(void)
{
    return cluster_sql(arena, dsn,
                       "SELECT string_agg(concat_ws(' ', type, domain_id, subject_id, payload,"
                       " extract(epoch FROM created_at)::bigint), '|' ORDER BY id)"
                       " FROM plexsphere.outbox_events");
}

START_TEST(an_event_goes_with_its_transaction)
{
    set_up();
    struct tx *tx = tx_begin(db, arena);
    tx_write(tx);
    ck_assert_int_eq(outbox_append(tx, "ProjectCreated", &domain, &subject, 1000000, json_object()),
                     SQL_OK);
    tx_rollback(tx);
    ck_assert_ptr_null(all_events());
    tx_write(tx);
    ck_assert_int_eq(outbox_append(tx, "ProjectCreated", &domain, &subject, 1000000,
                                   json_pack("{s:s}", "name", "käse")),
                     SQL_OK);
    ck_assert_int_eq(outbox_append(tx, "CloudCreated", NULL, NULL, 2000000, json_object()), SQL_OK);
    ck_assert_int_eq(tx_commit(tx), SQL_OK);
    tx_end(tx);
    ck_assert_str_eq(all_events(), "ProjectCreated 01000000-0000-0000-0000-000000000000 "
                                   "02000000-0000-0000-0000-000000000000 {\"name\": \"käse\"} 1|"
                                   "CloudCreated {} 2");
    tear_down();
}
END_TEST

START_TEST(what_is_no_event_is_refused)
{
    set_up();
    struct tx *tx = tx_begin(db, arena);
    ck_assert_int_eq(outbox_append(tx, "", NULL, NULL, 1, json_object()), SQL_CHECK);
    ck_assert_int_eq(outbox_append(tx, "X", NULL, NULL, 1, json_array()), SQL_CHECK);
    tx_end(tx);
    ck_assert_ptr_null(all_events());
    tear_down();
}
END_TEST

CLUSTER_TESTS("plexsphere/events/outbox", an_event_goes_with_its_transaction,
              what_is_no_event_is_refused)
