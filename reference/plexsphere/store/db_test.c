#include "reference/plexsphere/store/db.h"

#include <pthread.h>

#include "reference/plexsphere/store/cluster_test_support.h"

static struct arena *arena;
static char *dsn;
static struct db *db;

static void set_up_sized(int size)
{
    struct error e = { "" };
    arena = arena_create();
    dsn = cluster_database(arena);
    cluster_sql(arena, dsn,
                "CREATE TABLE parent (id uuid PRIMARY KEY);"
                "CREATE TABLE thing (id uuid CONSTRAINT thing_id_key UNIQUE,"
                " name text CONSTRAINT thing_name_key UNIQUE CONSTRAINT thing_name_check"
                "  CHECK (length(name) < 10),"
                " n bigint, flag boolean, raw bytea, at timestamptz, doc jsonb,"
                " parent uuid CONSTRAINT thing_parent_fkey REFERENCES parent DEFERRABLE,"
                " span int4range, CONSTRAINT thing_span_excl EXCLUDE USING gist (span WITH &&))");
    ck_assert_msg(db_open(dsn, size, &db, &e), "%s", e.text);
}

static void set_up(void)
{
    set_up_sized(2);
}

static void tear_down(void)
{
    db_close(db);
    arena_destroy(arena);
}

static struct uuid an_id(unsigned char last)
{
    return (struct uuid){ { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, last } };
}

static const struct statement insert_all = { "insert_all",
                                             "INSERT INTO thing (id, name, n, flag, raw, at, doc)"
                                             " VALUES ($1, $2, $3, $4, $5, $6, $7)" };
static const struct statement select_all = {
    "select_all", "SELECT id, name, n, flag, raw, at, doc FROM thing WHERE id = $1"
};
static const struct statement insert_name = { "insert_name",
                                              "INSERT INTO thing (id, name) VALUES ($1, $2)" };
static const struct statement count_things = { "count_things", "SELECT count(*) FROM thing" };
static const struct statement nonsense = { "nonsense", "SELECT no_such_column FROM thing" };
static const struct statement backend = { "backend", "SELECT pg_backend_pid()" };

static int64_t count(struct tx *tx)
{
    struct rows rows;
    ck_assert_int_eq(sql_run(tx, &count_things, &rows, NULL, 0), SQL_OK);
    return row_int(&rows, 0, 0);
}

static int64_t count_afresh(void)
{
    struct tx *tx = tx_begin(db, arena);
    int64_t n = count(tx);
    tx_end(tx);
    return n;
}

START_TEST(refuses_a_malformed_dsn)
{
    static const char *const bad[] = { "",
                                       "  ",
                                       "secret-word",
                                       "mysql://u:secret-word@h/d",
                                       "host='unclosed secret-word",
                                       "no_such_key=secret-word",
                                       "postgres://u:secret-word@h:99999/d",
                                       "postgres://u:secret-word@h:abc/d",
                                       "host=h port=0 password=secret-word" };
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct error e = { "" };
        struct db *none;
        ck_assert_msg(!db_open(bad[i], 1, &none, &e), "%s", bad[i]);
        ck_assert_ptr_null(none);
        ck_assert(text_contains(e.text, "DSN"));
        ck_assert_msg(!text_contains(e.text, "secret-word"), "%s", e.text);
    }
    static const char *const good[] = { "postgres://u:p@h/d", "postgresql:///d?host=/tmp",
                                        "host=a,b port=5432,5433" };
    for (size_t i = 0; i < ARRAY_LEN(good); i++) {
        struct error e = { "" };
        struct db *some;
        ck_assert_msg(db_open(good[i], 1, &some, &e), "%s", e.text);
        db_close(some);
    }
}
END_TEST

START_TEST(values_come_back_as_they_went)
{
    set_up();
    struct uuid id = an_id(1);
    static const unsigned char raw[] = { 0, 1, 0xff, '\\', 0 };
    int64_t at = INT64_C(1795323300123456);
    struct tx *tx = tx_begin(db, arena);
    ck_assert_int_eq(SQL(tx, &insert_all, NULL, p_uuid(&id), p_text("käse'"), p_int(INT64_MIN),
                         p_bool(true), p_bytes(raw, sizeof(raw)), p_time(at),
                         p_text("{\"a\":[1]}")),
                     SQL_OK);
    struct rows r;
    ck_assert_int_eq(SQL(tx, &select_all, &r, p_uuid(&id)), SQL_OK);
    ck_assert_int_eq(r.n, 1);
    struct uuid got = row_uuid(&r, 0, 0);
    ck_assert(uuid_equal(&got, &id));
    ck_assert_str_eq(row_text(&r, 0, 1), "käse'");
    ck_assert_int_eq(row_int(&r, 0, 2), INT64_MIN);
    ck_assert(row_bool(&r, 0, 3));
    struct bytes b = row_bytes(&r, 0, 4);
    ck_assert_uint_eq(b.len, sizeof(raw));
    ck_assert_mem_eq(b.data, raw, sizeof(raw));
    ck_assert_int_eq(row_time(&r, 0, 5), at);
    ck_assert_str_eq(row_text(&r, 0, 6), "{\"a\": [1]}");
    tx_end(tx);
    ck_assert_str_eq(row_text(&r, 0, 1), "käse'"); /* rows live as long as the arena */
    tear_down();
}
END_TEST

START_TEST(null_on_the_first_run_fixes_no_type)
{
    set_up();
    struct uuid id = an_id(1);
    struct tx *tx = tx_begin(db, arena);
    ck_assert_int_eq(SQL(tx, &insert_all, NULL, p_uuid(NULL), p_text(NULL), p_null(), p_null(),
                         p_null(), p_null(), p_null()),
                     SQL_OK);
    ck_assert_int_eq(SQL(tx, &insert_all, NULL, p_uuid(&id), p_text("x"), p_int(-7), p_bool(false),
                         p_bytes(NULL, 0), p_time(0), p_text("null")),
                     SQL_OK);
    struct rows r;
    ck_assert_int_eq(SQL(tx, &select_all, &r, p_uuid(&id)), SQL_OK);
    ck_assert_int_eq(row_int(&r, 0, 2), -7);
    ck_assert(!row_bool(&r, 0, 3));
    ck_assert(!row_is_null(&r, 0, 4));
    ck_assert_uint_eq(row_bytes(&r, 0, 4).len, 0);
    ck_assert(!row_is_null(&r, 0, 5));
    ck_assert_int_eq(row_time(&r, 0, 5), 0);
    static const struct statement nulls = { "nulls", "SELECT id, name, n, flag, raw, at FROM thing"
                                                     " WHERE id IS NULL" };
    ck_assert_int_eq(sql_run(tx, &nulls, &r, NULL, 0), SQL_OK);
    for (int column = 0; column < 6; column++)
        ck_assert(row_is_null(&r, 0, column));
    struct uuid none = row_uuid(&r, 0, 0);
    ck_assert(uuid_is_nil(&none));
    ck_assert_ptr_null(row_text(&r, 0, 1));
    ck_assert_int_eq(row_int(&r, 0, 2), 0);
    ck_assert(!row_bool(&r, 0, 3));
    ck_assert_ptr_null(row_bytes(&r, 0, 4).data);
    ck_assert_int_eq(row_time(&r, 0, 5), 0);
    tx_end(tx);
    tear_down();
}
END_TEST

START_TEST(times_are_exact_to_the_microsecond)
{
    set_up();
    static const struct statement echo = {
        "echo_time", "SELECT $1::timestamptz,"
                     " (extract(epoch FROM $1::timestamptz) * 1000000)::bigint"
    };
    static const int64_t times[] = { 0,
                                     1,
                                     -1,
                                     100000,
                                     INT64_C(-62135596800000000),
                                     INT64_C(253402300799999999),
                                     INT64_C(951782400000000) };
    struct tx *tx = tx_begin(db, arena);
    for (size_t i = 0; i < ARRAY_LEN(times); i++) {
        struct rows r;
        ck_assert_int_eq(SQL(tx, &echo, &r, p_time(times[i])), SQL_OK);
        ck_assert_int_eq(row_time(&r, 0, 0), times[i]);
        ck_assert_int_eq(row_int(&r, 0, 1), times[i]);
    }
    tx_end(tx);
    tear_down();
}
END_TEST

START_TEST(counts_changed_rows)
{
    set_up();
    static const struct statement fill = {
        "fill", "INSERT INTO thing (n) SELECT generate_series(1, $1::int)"
    };
    static const struct statement trim = { "trim", "DELETE FROM thing WHERE n > $1" };
    static const struct statement bump = { "bump", "UPDATE thing SET n = n + 1 RETURNING n" };
    struct rows r;
    struct tx *tx = tx_begin(db, arena);
    ck_assert_int_eq(SQL(tx, &fill, &r, p_int(5)), SQL_OK);
    ck_assert_int_eq(r.n, 5);
    ck_assert_int_eq(SQL(tx, &trim, &r, p_int(3)), SQL_OK);
    ck_assert_int_eq(r.n, 2);
    ck_assert_int_eq(sql_run(tx, &bump, &r, NULL, 0), SQL_OK);
    ck_assert_int_eq(r.n, 3);
    ck_assert_int_eq(SQL(tx, &trim, &r, p_int(100)), SQL_OK);
    ck_assert_int_eq(r.n, 0);
    tx_end(tx);
    tear_down();
}
END_TEST

static enum sql_result outcome_of(const char *name, const char *sql, const char **constraint)
{
    struct statement *s = arena_alloc(arena, sizeof(*s));
    *s = (struct statement){ name, sql };
    struct tx *tx = tx_begin(db, arena);
    enum sql_result result = sql_run(tx, s, NULL, NULL, 0);
    *constraint = arena_strdup(arena, sql_constraint(tx));
    tx_end(tx);
    return result;
}

START_TEST(failures_have_their_meaning)
{
    set_up();
    cluster_sql(
        arena, dsn,
        "INSERT INTO thing (id, name, span) VALUES ('00000000-0000-0000-0000-000000000001', 'a',"
        " '[1,5]')");
    static const struct {
        const char *name, *sql, *constraint;
        enum sql_result result;
    } rows[] = {
        { "u1", "INSERT INTO thing (name) VALUES ('a')", "thing_name_key", SQL_UNIQUE },
        { "u2", "INSERT INTO thing (id) VALUES ('00000000-0000-0000-0000-000000000001')",
          "thing_id_key", SQL_UNIQUE },
        { "ex", "INSERT INTO thing (span) VALUES ('[4,9]')", "thing_span_excl", SQL_EXCLUSION },
        { "fk", "INSERT INTO thing (parent) VALUES (gen_random_uuid())", "thing_parent_fkey",
          SQL_FOREIGN_KEY },
        { "ck", "INSERT INTO thing (name) VALUES ('much too long')", "thing_name_check",
          SQL_CHECK },
        { "de", "SELECT 1 / (SELECT count(*) - 1 FROM thing)", "", SQL_CHECK },
        { "uu", "SELECT ('x' || count(*))::uuid FROM thing", "", SQL_CHECK },
        { "bu", "DO $$ BEGIN RAISE SQLSTATE '40001'; END $$", "", SQL_BUSY },
        { "dl", "DO $$ BEGIN RAISE SQLSTATE '40P01'; END $$", "", SQL_BUSY },
        { "ln", "DO $$ BEGIN RAISE SQLSTATE '55P03'; END $$", "", SQL_BUSY },
        { "qc", "DO $$ BEGIN RAISE SQLSTATE '57014'; END $$", "", SQL_BUSY },
        { "sh", "DO $$ BEGIN RAISE SQLSTATE '57P01'; END $$", "", SQL_UNAVAILABLE },
        { "oo", "DO $$ BEGIN RAISE SQLSTATE '53100'; END $$", "", SQL_UNAVAILABLE },
        { "ro", "DO $$ BEGIN RAISE SQLSTATE '25006'; END $$", "", SQL_UNAVAILABLE },
        { "xx", "DO $$ BEGIN RAISE SQLSTATE 'XX000'; END $$", "", SQL_FAILED },
        { "nt", "SELECT * FROM no_such_table", "", SQL_FAILED },
        { "sy", "SELEC 1", "", SQL_FAILED },
        { "cp", "COPY thing TO STDOUT", "", SQL_UNAVAILABLE },
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const char *constraint;
        enum sql_result result = outcome_of(rows[i].name, rows[i].sql, &constraint);
        ck_assert_msg(result == rows[i].result, "%s gave %d", rows[i].sql, (int)result);
        ck_assert_str_eq(constraint, rows[i].constraint);
    }
    ck_assert_int_eq(count_afresh(), 1); /* the pool is sound after all of that */
    tear_down();
}
END_TEST

START_TEST(a_read_fails_alone)
{
    set_up();
    struct tx *tx = tx_begin(db, arena);
    struct rows r;
    ck_assert_int_eq(sql_run(tx, &nonsense, &r, NULL, 0), SQL_FAILED);
    ck_assert_int_eq(r.n, 0);
    ck_assert_int_eq(count(tx), 0);
    ck_assert_int_eq(sql_run(tx, &nonsense, NULL, NULL, 0), SQL_FAILED);
    ck_assert_int_eq(tx_commit(tx), SQL_OK); /* it never wrote */
    tx_end(tx);
    tear_down();
}
END_TEST

START_TEST(a_transaction_is_unseen_until_commit)
{
    set_up();
    struct uuid id = an_id(1);
    struct tx *tx = tx_begin(db, arena);
    tx_write(tx);
    tx_write(tx);
    ck_assert_int_eq(SQL(tx, &insert_name, NULL, p_uuid(&id), p_text("a")), SQL_OK);
    ck_assert_int_eq(count(tx), 1);
    ck_assert_int_eq(count_afresh(), 0);
    ck_assert_int_eq(tx_commit(tx), SQL_OK);
    ck_assert_int_eq(count_afresh(), 1);
    /* The same tx may write again, in a transaction of its own. */
    id = an_id(2);
    tx_write(tx);
    ck_assert_int_eq(SQL(tx, &insert_name, NULL, p_uuid(&id), p_text("b")), SQL_OK);
    tx_rollback(tx);
    ck_assert_int_eq(count(tx), 1);
    ck_assert_int_eq(tx_commit(tx), SQL_OK);
    tx_end(tx);
    ck_assert_int_eq(count_afresh(), 1);
    tear_down();
}
END_TEST

START_TEST(what_is_not_committed_is_undone_at_the_end)
{
    set_up_sized(1); /* the next tx gets the very same connection */
    struct uuid id = an_id(1);
    struct tx *tx = tx_begin(db, arena);
    tx_write(tx);
    ck_assert_int_eq(SQL(tx, &insert_name, NULL, p_uuid(&id), p_text("a")), SQL_OK);
    tx_end(tx);
    ck_assert_int_eq(count_afresh(), 0);
    ck_assert_str_eq(cluster_sql(arena, dsn,
                                 "SELECT count(*) FROM pg_stat_activity WHERE datname ="
                                 " current_database() AND state LIKE 'idle in%'"),
                     "0");
    tear_down();
}
END_TEST

START_TEST(a_failed_transaction_cannot_be_committed)
{
    set_up_sized(1);
    struct uuid id = an_id(1);
    struct tx *tx = tx_begin(db, arena);
    tx_write(tx);
    ck_assert_int_eq(SQL(tx, &insert_name, NULL, p_uuid(&id), p_text("a")), SQL_OK);
    ck_assert_int_eq(SQL(tx, &insert_name, NULL, p_uuid(&id), p_text("b")), SQL_UNIQUE);
    ck_assert_str_eq(sql_constraint(tx), "thing_id_key");
    ck_assert_int_eq(sql_run(tx, &count_things, NULL, NULL, 0), SQL_FAILED);
    ck_assert_int_eq(tx_commit(tx), SQL_UNIQUE);
    ck_assert_int_eq(count(tx), 0);
    /* Failing on the very first statement, with BEGIN in the same flush and the statement
     * unprepared. */
    tx_write(tx);
    ck_assert_int_eq(sql_run(tx, &nonsense, NULL, NULL, 0), SQL_FAILED);
    tx_rollback(tx);
    tx_write(tx);
    ck_assert_int_eq(SQL(tx, &insert_name, NULL, p_uuid(&id), p_text("a")), SQL_OK);
    ck_assert_int_eq(tx_commit(tx), SQL_OK);
    tx_end(tx);
    ck_assert_int_eq(count_afresh(), 1);
    tear_down();
}
END_TEST

START_TEST(a_constraint_that_breaks_at_commit_is_told)
{
    set_up();
    static const struct statement deferred = { "deferred",
                                               "SET CONSTRAINTS thing_parent_fkey DEFERRED" };
    static const struct statement orphan = { "orphan", "INSERT INTO thing (parent) VALUES ($1)" };
    struct uuid id = an_id(9);
    struct tx *tx = tx_begin(db, arena);
    tx_write(tx);
    ck_assert_int_eq(sql_run(tx, &deferred, NULL, NULL, 0), SQL_OK);
    ck_assert_int_eq(SQL(tx, &orphan, NULL, p_uuid(&id)), SQL_OK);
    ck_assert_int_eq(tx_commit(tx), SQL_FOREIGN_KEY);
    ck_assert_int_eq(count(tx), 0);
    tx_end(tx);
    tear_down();
}
END_TEST

static enum sql_result later(struct tx *tx, unsigned char last, const char *name)
{
    struct uuid id = an_id(last);
    char text[32];
    strncpy(text, name, sizeof text - 1);
    text[sizeof text - 1] = '\0';
    enum sql_result r = SQL_LATER(tx, &insert_name, p_uuid(&id), p_text(text));
    memset(text, 'x', sizeof text - 1); /* what was left is a copy */
    return r;
}

START_TEST(what_is_left_for_later_goes_before_what_follows)
{
    set_up();
    struct tx *tx = tx_begin(db, arena);
    tx_write(tx);
    ck_assert_int_eq(later(tx, 1, "a"), SQL_OK);
    ck_assert_int_eq(later(tx, 2, "b"), SQL_OK);
    ck_assert_int_eq(count(tx), 2);
    ck_assert_int_eq(count_afresh(), 0);
    ck_assert_int_eq(later(tx, 3, "c"), SQL_OK);
    ck_assert_int_eq(tx_commit(tx), SQL_OK);
    ck_assert_int_eq(count_afresh(), 3);
    ck_assert_str_eq(cluster_sql(arena, dsn, "SELECT string_agg(name, '' ORDER BY id) FROM thing"),
                     "abc");
    tx_end(tx);
    tear_down();
}
END_TEST

START_TEST(more_may_be_left_for_later_than_one_flush_holds)
{
    set_up();
    struct tx *tx = tx_begin(db, arena);
    tx_write(tx);
    for (unsigned char i = 1; i <= 40; i++)
        ck_assert_int_eq(later(tx, i, arena_printf(arena, "n%d", i)), SQL_OK);
    ck_assert_int_eq(tx_commit(tx), SQL_OK);
    ck_assert_int_eq(count_afresh(), 40);
    tx_end(tx);
    tear_down();
}
END_TEST

START_TEST(what_was_left_for_later_is_undone_with_the_rest)
{
    set_up();
    struct tx *tx = tx_begin(db, arena);
    tx_write(tx);
    ck_assert_int_eq(later(tx, 1, "a"), SQL_OK);
    tx_rollback(tx);
    ck_assert_int_eq(tx_commit(tx), SQL_OK); /* nothing was written */
    tx_write(tx);
    ck_assert_int_eq(later(tx, 2, "b"), SQL_OK);
    tx_end(tx);
    ck_assert_int_eq(count_afresh(), 0);
    tx = tx_begin(db, arena); /* without tx_write() it is not left */
    ck_assert_int_eq(later(tx, 3, "c"), SQL_OK);
    ck_assert_int_eq(count_afresh(), 1);
    tx_end(tx);
    tear_down();
}
END_TEST

/* The statement that comes upon it did not break anything, so it is not told what broke. */
START_TEST(a_failure_of_what_was_left_is_nobodys_own)
{
    set_up();
    struct rows rows;
    struct tx *tx = tx_begin(db, arena);
    tx_write(tx);
    ck_assert_int_eq(later(tx, 1, "a"), SQL_OK);
    ck_assert_int_eq(later(tx, 1, "b"), SQL_OK);
    ck_assert_int_eq(sql_run(tx, &count_things, &rows, NULL, 0), SQL_FAILED);
    ck_assert_int_eq(later(tx, 2, "c"), SQL_FAILED);
    ck_assert_int_eq(tx_commit(tx), SQL_UNIQUE);
    tx_write(tx);
    ck_assert_int_eq(later(tx, 1, "a"), SQL_OK);
    ck_assert_int_eq(later(tx, 1, "b"), SQL_OK);
    ck_assert_int_eq(tx_commit(tx), SQL_UNIQUE);
    tx_write(tx); /* the connection is as good as before */
    ck_assert_int_eq(later(tx, 1, "a"), SQL_OK);
    ck_assert_int_eq(tx_commit(tx), SQL_OK);
    ck_assert_int_eq(count_afresh(), 1);
    tx_end(tx);
    tear_down();
}
END_TEST

START_TEST(several_statements_travel_together)
{
    set_up();
    struct uuid id = an_id(1);
    const struct param named[] = { p_uuid(&id), p_text("a") };
    struct rows first, last;
    struct sql_call calls[] = {
        { .statement = &count_things, .rows = &first },
        { .statement = &insert_name, .params = named, .n_params = 2 },
        { .statement = &count_things, .rows = &last },
    };
    struct tx *tx = tx_begin(db, arena);
    for (int round = 0; round < 3; round++) { /* unprepared, prepared, in a transaction */
        cluster_sql(arena, dsn, "DELETE FROM thing");
        if (round == 2)
            tx_write(tx);
        ck_assert_int_eq(sql_run_all(tx, calls, ARRAY_LEN(calls)), SQL_OK);
        ck_assert_int_eq(row_int(&first, 0, 0), 0);
        ck_assert_int_eq(row_int(&last, 0, 0), 1);
        ck_assert_int_eq(tx_commit(tx), SQL_OK);
        ck_assert_int_eq(count_afresh(), 1);
    }
    tx_end(tx);
    tear_down();
}
END_TEST

START_TEST(of_several_statements_none_follows_a_failure)
{
    set_up();
    struct uuid id = an_id(1);
    const struct param named[] = { p_uuid(&id), p_text("a") };
    struct rows first, last;
    struct sql_call calls[] = {
        { .statement = &count_things, .rows = &first },
        { .statement = &insert_name, .params = named, .n_params = 2 },
        { .statement = &insert_name, .params = named, .n_params = 2 },
        { .statement = &backend, .rows = &last },
    };
    struct tx *tx = tx_begin(db, arena);
    for (int round = 0; round < 3; round++) {
        if (round == 2)
            tx_write(tx);
        ck_assert_int_eq(sql_run_all(tx, calls, ARRAY_LEN(calls)), SQL_UNIQUE);
        ck_assert_int_eq(calls[0].result, SQL_OK);
        ck_assert_int_eq(row_int(&first, 0, 0), 0);
        ck_assert_int_eq(calls[1].result, SQL_OK);
        ck_assert_int_eq(calls[2].result, SQL_UNIQUE);
        ck_assert_str_eq(sql_constraint(tx), "thing_id_key");
        ck_assert_int_eq(calls[3].result, SQL_FAILED);
        ck_assert_int_eq(last.n, 0);
        ck_assert_int_eq(tx_commit(tx), round == 2 ? SQL_UNIQUE : SQL_OK);
        ck_assert_int_eq(count_afresh(), 0);
    }
    /* What was skipped is still not prepared, and is when it runs. */
    ck_assert_int_eq(sql_run(tx, &backend, &last, NULL, 0), SQL_OK);
    ck_assert_int_eq(last.n, 1);
    tx_end(tx);
    tear_down();
}
END_TEST

static int64_t backend_of(struct tx *tx)
{
    struct rows r;
    ck_assert_int_eq(sql_run(tx, &backend, &r, NULL, 0), SQL_OK);
    return row_int(&r, 0, 0);
}

static void terminate(int64_t pid)
{
    cluster_sql(arena, dsn,
                arena_printf(arena, "SELECT pg_terminate_backend(%ld, 5000)", (long)pid));
}

START_TEST(a_connection_lost_while_idle_is_replaced_unnoticed)
{
    set_up_sized(1);
    struct tx *tx = tx_begin(db, arena);
    int64_t first = backend_of(tx);
    tx_end(tx);
    terminate(first);
    tx = tx_begin(db, arena);
    ck_assert_int_ne(backend_of(tx), first);
    tx_end(tx);
    tear_down();
}
END_TEST

START_TEST(a_connection_lost_in_a_transaction_is_told_and_replaced)
{
    set_up_sized(1);
    struct uuid id = an_id(1);
    struct tx *tx = tx_begin(db, arena);
    tx_write(tx);
    int64_t first = backend_of(tx);
    ck_assert_int_eq(SQL(tx, &insert_name, NULL, p_uuid(&id), p_text("a")), SQL_OK);
    terminate(first);
    ck_assert_int_eq(sql_run(tx, &count_things, NULL, NULL, 0), SQL_UNAVAILABLE);
    ck_assert_int_eq(sql_run(tx, &count_things, NULL, NULL, 0), SQL_UNAVAILABLE);
    ck_assert_int_eq(tx_commit(tx), SQL_UNAVAILABLE);
    tx_end(tx);
    ck_assert_int_eq(count_afresh(), 0);
    /* Lost between the last statement and COMMIT. */
    tx = tx_begin(db, arena);
    tx_write(tx);
    ck_assert_int_eq(SQL(tx, &insert_name, NULL, p_uuid(&id), p_text("a")), SQL_OK);
    terminate(backend_of(tx));
    ck_assert_int_eq(tx_commit(tx), SQL_UNAVAILABLE);
    tx_end(tx);
    ck_assert_int_eq(count_afresh(), 0);
    tear_down();
}
END_TEST

START_TEST(without_a_server_everything_says_so_quickly)
{
    arena = arena_create();
    struct error e = { "" };
    ck_assert(db_open("host=/var/tmp/no-such-directory password=secret-word", 1, &db, &e));
    int64_t start = clock_monotonic_nanos();
    struct uuid id = an_id(1);
    struct tx *tx = tx_begin(db, arena);
    ck_assert_int_eq(sql_run(tx, &count_things, NULL, NULL, 0), SQL_UNAVAILABLE);
    tx_write(tx);
    ck_assert_int_eq(SQL(tx, &insert_name, NULL, p_uuid(&id), p_text("a")), SQL_UNAVAILABLE);
    ck_assert_int_eq(tx_commit(tx), SQL_UNAVAILABLE);
    tx_end(tx);
    ck_assert(!db_ping(db, 1000, &e));
    ck_assert(text_contains(e.text, "no-such-directory"));
    ck_assert(!text_contains(e.text, "secret-word"));
    int64_t version;
    ck_assert(!db_migrated_to(db, &version, &e));
    ck_assert_int_lt(clock_monotonic_nanos() - start, 3 * NANOS_PER_SECOND);
    db_close(db);
    arena_destroy(arena);
}
END_TEST

START_TEST(a_server_that_hangs_is_given_up)
{
    set_up_sized(1);
    struct error e = { "" };
    struct tx *tx = tx_begin(db, arena);
    int64_t pid = backend_of(tx);
    tx_end(tx);
    ck_assert_int_eq(kill((pid_t)pid, SIGSTOP), 0);
    int64_t start = clock_monotonic_nanos();
    ck_assert(!db_ping(db, 300, &e));
    int64_t took = clock_monotonic_nanos() - start;
    ck_assert_int_eq(kill((pid_t)pid, SIGCONT), 0);
    ck_assert_str_eq(e.text, "the database server gave no answer within 300 ms");
    ck_assert_int_ge(took, 290 * 1000000);
    ck_assert_int_lt(took, 3 * NANOS_PER_SECOND);
    ck_assert_msg(db_ping(db, 3000, &e), "%s", e.text);
    tear_down();
}
END_TEST

START_TEST(a_lease_waits_for_its_turn_and_no_longer)
{
    set_up_sized(1);
    struct error e = { "" };
    struct tx *holder = tx_begin(db, arena);
    ck_assert_int_eq(count(holder), 0);
    int64_t start = clock_monotonic_nanos();
    ck_assert(!db_ping(db, 200, &e));
    ck_assert_str_eq(e.text, "all 1 database connections are in use");
    ck_assert_int_ge(clock_monotonic_nanos() - start, 190 * 1000000);
    tx_end(holder);
    ck_assert(db_ping(db, 200, &e));
    tear_down();
}
END_TEST

enum { THREADS = 6, ROUNDS = 50 };
static atomic_int failures;

static void *write_rows(void *unused)
{
    static const struct statement one = { "one_more", "INSERT INTO thing (n) VALUES ($1)" };
    (void)unused;
    for (int i = 0; i < ROUNDS; i++) {
        struct arena *a = arena_create();
        struct tx *tx = tx_begin(db, a);
        tx_write(tx);
        if (SQL(tx, &one, NULL, p_int(i)) != SQL_OK || tx_commit(tx) != SQL_OK)
            failures++;
        tx_end(tx);
        arena_destroy(a);
    }
    return NULL;
}

START_TEST(threads_share_fewer_connections_than_they_are)
{
    set_up_sized(2);
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, write_rows, NULL), 0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    ck_assert_int_eq(failures, 0);
    ck_assert_int_eq(count_afresh(), THREADS * ROUNDS);
    ck_assert_str_eq(cluster_sql(arena, dsn,
                                 "SELECT count(*) FROM pg_stat_activity WHERE datname ="
                                 " current_database() AND pid <> pg_backend_pid()"),
                     "2");
    tear_down();
}
END_TEST

START_TEST(a_changed_table_costs_one_failure_at_most)
{
    set_up_sized(1);
    static const struct statement star = { "star", "SELECT * FROM thing" };
    struct tx *tx = tx_begin(db, arena);
    ck_assert_int_eq(sql_run(tx, &star, NULL, NULL, 0), SQL_OK);
    tx_end(tx);
    cluster_sql(arena, dsn, "ALTER TABLE thing ADD COLUMN late text");
    tx = tx_begin(db, arena);
    ck_assert_int_eq(sql_run(tx, &star, NULL, NULL, 0), SQL_FAILED);
    tx_end(tx);
    tx = tx_begin(db, arena);
    ck_assert_int_eq(sql_run(tx, &star, NULL, NULL, 0), SQL_OK);
    tx_end(tx);
    tear_down();
}
END_TEST

START_TEST(the_session_is_set_up)
{
    set_up();
    static const struct statement settings = {
        "settings", "SELECT current_setting('timezone'), current_setting('statement_timeout'),"
                    " current_setting('application_name'),"
                    " current_setting('idle_in_transaction_session_timeout')"
    };
    struct rows r;
    struct tx *tx = tx_begin(db, arena);
    ck_assert_int_eq(sql_run(tx, &settings, &r, NULL, 0), SQL_OK);
    ck_assert_str_eq(row_text(&r, 0, 0), "UTC");
    ck_assert_str_eq(row_text(&r, 0, 1), "15s");
    ck_assert_str_eq(row_text(&r, 0, 2), "plexsphere");
    ck_assert_str_eq(row_text(&r, 0, 3), "30s");
    tx_end(tx);
    tear_down();
}
END_TEST

START_TEST(reads_the_migration_version)
{
    set_up();
    struct error e = { "" };
    int64_t version = 5;
    ck_assert(db_migrated_to(db, &version, &e));
    ck_assert_int_eq(version, -1);
    cluster_sql(
        arena, dsn,
        "CREATE TABLE goose_db_version (id integer PRIMARY KEY GENERATED BY DEFAULT AS IDENTITY,"
        " version_id bigint NOT NULL, is_applied boolean NOT NULL,"
        " tstamp timestamp NOT NULL DEFAULT now())");
    ck_assert(db_migrated_to(db, &version, &e));
    ck_assert_int_eq(version, -1);
    cluster_sql(arena, dsn,
                "INSERT INTO goose_db_version (version_id, is_applied) VALUES (0, true),"
                " (1, true), (2, true), (2, false)");
    ck_assert(db_migrated_to(db, &version, &e));
    ck_assert_int_eq(version, 1);
    tear_down();
}
END_TEST

CLUSTER_TESTS("plexsphere/store/db", what_is_left_for_later_goes_before_what_follows,
              more_may_be_left_for_later_than_one_flush_holds,
              what_was_left_for_later_is_undone_with_the_rest,
              a_failure_of_what_was_left_is_nobodys_own, refuses_a_malformed_dsn,
              values_come_back_as_they_went, null_on_the_first_run_fixes_no_type,
              times_are_exact_to_the_microsecond, counts_changed_rows, failures_have_their_meaning,
              a_read_fails_alone, a_transaction_is_unseen_until_commit,
              what_is_not_committed_is_undone_at_the_end, a_failed_transaction_cannot_be_committed,
              a_constraint_that_breaks_at_commit_is_told, several_statements_travel_together,
              of_several_statements_none_follows_a_failure,
              a_connection_lost_while_idle_is_replaced_unnoticed,
              a_connection_lost_in_a_transaction_is_told_and_replaced,
              without_a_server_everything_says_so_quickly, a_server_that_hangs_is_given_up,
              a_lease_waits_for_its_turn_and_no_longer,
              threads_share_fewer_connections_than_they_are,
              a_changed_table_costs_one_failure_at_most, the_session_is_set_up,
              reads_the_migration_version)
