#include "reference/plexsphere/store/migrate.h"

#include <pthread.h>
#include <sys/wait.h>

#include "reference/plexsphere/store/cluster_test_support.h"

static struct arena *arena;
static char *dsn, *folder;
static struct error error;

static void put(const char *name, const char *text)
{
    ck_assert_msg(file_write_atomic(path_join(arena, folder, name), text, strlen(text), 0644,
                                    &error),
                  "%s", error.text);
}

static void set_up(void)
{
    arena = arena_create();
    dsn = cluster_database(arena);
    error = (struct error){ "" };
    ck_assert(directory_make_temporary(arena, "/var/tmp/plexsphere-migrations", &folder, &error));
    put("README.md", "not a migration");
    put("0001_a.sql", "-- +goose Up\nCREATE TABLE a (i int);\n-- +goose Down\nDROP TABLE a;\n");
    put("0003_b.sql", "-- +goose Up\nCREATE TABLE b (i int); INSERT INTO b VALUES (1);\n"
                      "-- +goose Down\nDROP TABLE b;\n");
}

static void tear_down(void)
{
    ck_assert(directory_remove(folder, &error));
    arena_destroy(arena);
}

static const char *sql(const char *text)
{
    return cluster_sql(arena, dsn, text);
}

static const char *history(void)
{
    return sql("SELECT string_agg(version_id || ':' || is_applied, ' ' ORDER BY id)"
               " FROM goose_db_version");
}

static bool table_exists(const char *name)
{
    return text_equal(sql(arena_printf(arena, "SELECT to_regclass('%s') IS NOT NULL", name)), "t");
}

static void fails(bool ok, const char *words)
{
    ck_assert_msg(!ok, "succeeded, expected: %s", words);
    ck_assert_msg(text_contains(error.text, words), "said: %s", error.text);
    ck_assert(!text_contains(error.text, "\n"));
    error = (struct error){ "" };
}

static void works(bool ok)
{
    ck_assert_msg(ok, "%s", error.text);
}

START_TEST(a_failing_migration_changes_nothing)
{
    set_up();
    put("0004_c.sql", "-- +goose Up\nCREATE TABLE c (i int);\n\nSELECT 1 / 0;\n");
    fails(migrate_up(dsn, folder, &error),
          "rolled back, nothing changed: 0004_c.sql:4: SQLSTATE 22012: division by zero");
    ck_assert_str_eq(history(), "0:true 1:true 3:true"); /* those before it stay */
    ck_assert(!table_exists("c"));
    put("0004_c.sql", "-- +goose Up\nCREATE TABLE c (i int);\n");
    works(migrate_up(dsn, folder, &error));
    ck_assert_str_eq(history(), "0:true 1:true 3:true 4:true");
    tear_down();
}
END_TEST

START_TEST(a_file_that_does_not_parse_stops_all)
{
    set_up();
    put("0004_c.sql", "-- +goose Up\nSELECT 1\n");
    fails(migrate_up(dsn, folder, &error), "0004_c.sql:2: this statement is not ended");
    ck_assert(!table_exists("a"));
    ck_assert(!table_exists("goose_db_version"));
    tear_down();
}
END_TEST

START_TEST(an_irreversible_down_changes_nothing_and_says_0A000)
{
    set_up();
    put("0004_c.sql", "-- +goose Up\nCREATE TABLE c (i int);\n-- +goose Down\nDROP TABLE c;\n"
                      "-- +goose StatementBegin\nDO $$\nBEGIN\n"
                      "  RAISE EXCEPTION 'cannot be undone' USING ERRCODE = '0A000';\nEND\n$$;\n"
                      "-- +goose StatementEnd\n");
    works(migrate_up(dsn, folder, &error));
    fails(migrate_down(dsn, folder, &error),
          "nothing changed: 0004_c.sql:6: SQLSTATE 0A000: cannot be undone");
    ck_assert(table_exists("c"));
    ck_assert_str_eq(history(), "0:true 1:true 3:true 4:true");
    tear_down();
}
END_TEST

START_TEST(a_late_file_is_refused)
{
    set_up();
    works(migrate_up(dsn, folder, &error));
    put("0002_late.sql", "-- +goose Up\nCREATE TABLE late (i int);\n");
    put("0051_far.sql", "-- +goose Up\nCREATE TABLE far (i int);\n");
    fails(migrate_up(dsn, folder, &error),
          "0002_late.sql was never applied although version 3 was");
    ck_assert(!table_exists("far"));
    ck_assert(remove(path_join(arena, folder, "0002_late.sql")) == 0);
    works(migrate_up(dsn, folder, &error)); /* a gap is fine */
    ck_assert_str_eq(history(), "0:true 1:true 3:true 51:true");
    tear_down();
}
END_TEST

START_TEST(bad_folders_are_refused)
{
    set_up();
    put("0003_again.sql", "-- +goose Up\n");
    fails(migrate_up(dsn, folder, &error), "0003_again.sql and 0003_b.sql have the same version 3");
    put("x.sql", "-- +goose Up\n");
    fails(migrate_up(dsn, folder, &error), "x.sql: the name must be a version");
    fails(migrate_up(dsn, path_join(arena, folder, "none"), &error), "none");
    char *empty = path_join(arena, folder, "empty");
    ck_assert(directory_make(empty, 0755, &error));
    fails(migrate_up(dsn, empty, &error), "holds no migration");
    int64_t version;
    fails(migrate_latest(empty, &version, &error), "holds no migration");
    ck_assert(!table_exists("goose_db_version"));
    tear_down();
}
END_TEST

START_TEST(nothing_to_revert_is_said)
{
    set_up();
    fails(migrate_down(dsn, folder, &error), "no migration is applied");
    works(migrate_up(dsn, folder, &error));
    ck_assert(remove(path_join(arena, folder, "0003_b.sql")) == 0);
    fails(migrate_down(dsn, folder, &error), "version 3 is applied but has no file");
    ck_assert(table_exists("b"));
    tear_down();
}
END_TEST

START_TEST(a_migration_may_not_end_its_transaction)
{
    set_up();
    put("0004_c.sql", "-- +goose Up\nCREATE TABLE c (i int);\nROLLBACK;\n");
    fails(migrate_up(dsn, folder, &error), "0004_c.sql ended the transaction");
    ck_assert_str_eq(history(), "0:true 1:true 3:true");
    tear_down();
}
END_TEST

START_TEST(without_transaction_statements_run_alone)
{
    set_up();
    put("0004_c.sql", "-- +goose NO TRANSACTION\n-- +goose Up\n"
                      "CREATE INDEX CONCURRENTLY b_i ON b (i);\nSELECT 1 / 0;\n");
    fails(migrate_up(dsn, folder, &error),
          "stopped halfway, without a transaction: 0004_c.sql:4: ");
    ck_assert(table_exists("b_i"));
    ck_assert_str_eq(history(), "0:true 1:true 3:true");
    put("0004_c.sql", "-- +goose NO TRANSACTION\n-- +goose Up\nSELECT 1;\n");
    works(migrate_up(dsn, folder, &error));
    ck_assert_str_eq(history(), "0:true 1:true 3:true 4:true");
    tear_down();
}
END_TEST

START_TEST(up_and_down_and_up)
{
    set_up();
    works(migrate_up(dsn, folder, &error));
    works(migrate_up(dsn, folder, &error)); /* nothing to do is fine */
    ck_assert_str_eq(history(), "0:true 1:true 3:true");
    ck_assert_str_eq(sql("SELECT count(*) FROM b"), "1");
    works(migrate_down(dsn, folder, &error));
    ck_assert_str_eq(history(), "0:true 1:true");
    ck_assert(!table_exists("b"));
    works(migrate_status(dsn, folder, &error));
    works(migrate_up(dsn, folder, &error));
    ck_assert_str_eq(history(), "0:true 1:true 3:true");
    ck_assert(table_exists("b"));
    works(migrate_down(dsn, folder, &error));
    works(migrate_down(dsn, folder, &error));
    ck_assert_str_eq(history(), "0:true");
    fails(migrate_down(dsn, folder, &error), "no migration is applied");
    tear_down();
}
END_TEST

START_TEST(the_history_of_older_goose_is_understood)
{
    set_up();
    works(migrate_up(dsn, folder, &error));
    sql("INSERT INTO goose_db_version (version_id, is_applied) VALUES (3, false); DROP TABLE b");
    works(migrate_up(dsn, folder, &error));
    ck_assert(table_exists("b"));
    ck_assert_str_eq(history(), "0:true 1:true 3:true 3:false 3:true");
    tear_down();
}
END_TEST

static void *migrate_in_thread(void *result)
{
    struct error e = { "" };
    *(bool *)result = migrate_up(dsn, folder, &e);
    return NULL;
}

START_TEST(concurrent_migrators_take_turns)
{
    set_up();
    put("0002_slow.sql", "-- +goose Up\nSELECT pg_sleep(0.2);\n");
    pthread_t threads[5];
    bool ok[5] = { false };
    for (size_t i = 0; i < ARRAY_LEN(threads); i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, migrate_in_thread, &ok[i]), 0);
    for (size_t i = 0; i < ARRAY_LEN(threads); i++) {
        pthread_join(threads[i], NULL);
        ck_assert(ok[i]);
    }
    ck_assert_str_eq(history(), "0:true 1:true 2:true 3:true");
    tear_down();
}
END_TEST

START_TEST(wait_tells_how_far_it_is)
{
    set_up();
    fails(migrate_wait("host=/var/tmp/no-such-directory", folder, 0, &error),
          "gave up after 0 s: cannot connect: ");
    fails(migrate_wait(dsn, folder, 0, &error), "goose_db_version is absent");
    sql("CREATE TABLE goose_db_version (id integer PRIMARY KEY GENERATED BY DEFAULT AS IDENTITY,"
        " version_id bigint NOT NULL, is_applied boolean NOT NULL,"
        " tstamp timestamp NOT NULL DEFAULT now())");
    fails(migrate_wait(dsn, folder, 0, &error), "goose_db_version is empty");
    works(migrate_up(dsn, folder, &error)); /* an empty table is filled as a new one is */
    ck_assert_str_eq(history(), "0:true 1:true 3:true");
    works(migrate_wait(dsn, folder, 0, &error));
    works(migrate_down(dsn, folder, &error));
    fails(migrate_wait(dsn, folder, 1, &error), "gave up after 1 s: at version 1, want 3");
    tear_down();
}
END_TEST

START_TEST(wait_sees_the_migration_come)
{
    set_up();
    put("0002_slow.sql", "-- +goose Up\nSELECT pg_sleep(0.5);\n");
    pthread_t thread;
    bool ok = false;
    ck_assert_int_eq(pthread_create(&thread, NULL, migrate_in_thread, &ok), 0);
    works(migrate_wait(dsn, folder, 20, &error));
    pthread_join(thread, NULL);
    ck_assert(ok);
    tear_down();
}
END_TEST

START_TEST(latest_of_a_folder)
{
    set_up();
    int64_t version = 0;
    works(migrate_latest(folder, &version, &error));
    ck_assert_int_eq(version, 3);
    tear_down();
}
END_TEST

/* The project's own migrations: up, all the way down, up again. */
START_TEST(our_migrations_go_up_and_down_and_up)
{
    set_up();
    int64_t version;
    works(migrate_up(dsn, "migrations", &error));
    works(migrate_latest("migrations", &version, &error));
    ck_assert_str_eq(sql("SELECT max(version_id) FROM goose_db_version"),
                     arena_printf(arena, "%ld", (long)version));
    while (!text_equal(sql("SELECT max(version_id) FROM goose_db_version"), "0"))
        works(migrate_down(dsn, "migrations", &error));
    ck_assert_str_eq(sql("SELECT count(*) FROM pg_namespace WHERE nspname = 'plexsphere'"), "0");
    ck_assert_str_eq(sql("SELECT count(*) FROM pg_extension WHERE extname = 'btree_gist'"), "0");
    works(migrate_up(dsn, "migrations", &error));
    tear_down();
}
END_TEST

CLUSTER_TESTS("plexsphere/store/migrate", a_failing_migration_changes_nothing,
              a_file_that_does_not_parse_stops_all,
              an_irreversible_down_changes_nothing_and_says_0A000, a_late_file_is_refused,
              bad_folders_are_refused, nothing_to_revert_is_said,
              a_migration_may_not_end_its_transaction, without_transaction_statements_run_alone,
              up_and_down_and_up, the_history_of_older_goose_is_understood,
              concurrent_migrators_take_turns, wait_tells_how_far_it_is,
              wait_sees_the_migration_come, latest_of_a_folder,
              our_migrations_go_up_and_down_and_up)
