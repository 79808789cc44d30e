#include "reference/plexsphere/store/migrate.h"

#include <inttypes.h>
#include <poll.h>
#include <stdio.h>

#include "common/arena.h"
#include "common/timestamp.h"
#include "reference/plexsphere/store/connect.h"
#include "reference/plexsphere/store/goose_folder.h"
#include "reference/plexsphere/store/goose_table.h"

/* Any constant will do that nobody else uses: "plexmigr" in ASCII. */
#define LOCK_KEY "8101819374164862834"
/* Another migrator may be building an index on a large table. */
#define LOCK_WAIT (300 * NANOS_PER_SECOND)
#define CONNECT_WAIT (10 * NANOS_PER_SECOND)

/* No statement_timeout: a migration takes as long as it takes. */
static const char session_settings[] = "SET timezone = 'UTC'; SET statement_timeout = 0";

struct migrator {
    struct arena *arena;
    PGconn *connection;
    struct goose_folder folder;
    struct goose_history history;
};

static void pause_ms(int ms)
{
    poll(NULL, 0, ms);
}

/* Tried again and again, not waited for: a session that waits in pg_advisory_lock holds a snapshot,
 * and the holder's CREATE INDEX CONCURRENTLY would wait for that snapshot forever. */
static bool take_lock(PGconn *c, struct error *e)
{
    int64_t deadline = clock_monotonic_nanos() + LOCK_WAIT;
    for (;;) {
        PGresult *r = PQexec(c, "SELECT pg_try_advisory_lock(" LOCK_KEY ")");
        bool asked = PQresultStatus(r) == PGRES_TUPLES_OK;
        bool taken = asked && PQgetvalue(r, 0, 0)[0] == 't';
        PQclear(r);
        if (taken)
            return true;
        if (!asked)
            return connection_error(c, e);
        if (clock_monotonic_nanos() > deadline)
            return error_set(e,
                             "another migrator has held its lock for five minutes: look for it in "
                             "pg_locks (locktype advisory)");
        pause_ms(50);
    }
}

static bool migrator_open(struct migrator *m, const char *dsn, const char *directory,
                          struct error *e)
{
    if (!dsn_check(dsn, e) || !goose_folder_read(m->arena, directory, &m->folder, e))
        return false;
    m->connection = connect_until(dsn, session_settings, clock_monotonic_nanos() + CONNECT_WAIT, e);
    return m->connection != NULL;
}

static void migrator_close(struct migrator *m)
{
    if (m->connection)
        PQfinish(m->connection); /* and with it goes the lock */
    arena_destroy(m->arena);
}

/* Opens, locks, and reads what has been applied: in this order, so that what it reads stays true.
 */
static bool migrator_begin(struct migrator *m, const char *dsn, const char *directory,
                           struct error *e)
{
    return migrator_open(m, dsn, directory, e) && take_lock(m->connection, e) &&
           goose_history_read(m->arena, m->connection, &m->history, e);
}

enum direction { DIRECTION_UP, DIRECTION_DOWN };

static bool run_statements(struct migrator *m, const char *name, const struct goose_section *s,
                           struct error *e)
{
    for (size_t i = 0; i < s->n; i++)
        if (!goose_execute(m->connection, s->statements[i].sql, e))
            return error_prefix(e, "%s:%d", name, s->statements[i].line);
    return true;
}

static bool record(struct migrator *m, int64_t version, enum direction direction, struct error *e)
{
    return direction == DIRECTION_UP ? goose_table_add(m->connection, version, e)
                                     : goose_table_remove(m->connection, version, e);
}

static bool run_in_transaction(struct migrator *m, const struct goose_migration *g,
                               const struct goose_section *s, enum direction direction,
                               struct error *e)
{
    if (!goose_execute(m->connection, "BEGIN", e))
        return false;
    bool ok = run_statements(m, g->name, s, e);
    if (ok && PQtransactionStatus(m->connection) != PQTRANS_INTRANS)
        ok = error_set(e,
                       "%s ended the transaction it runs in: leave out COMMIT and ROLLBACK, or say "
                       "-- +goose NO TRANSACTION",
                       g->name);
    ok = ok && record(m, g->version, direction, e) && goose_execute(m->connection, "COMMIT", e);
    if (!ok)
        PQclear(PQexec(m->connection, "ROLLBACK"));
    return ok;
}

static bool run_migration(struct migrator *m, const struct goose_migration *g,
                          enum direction direction, struct error *e)
{
    struct goose_file file;
    if (!goose_migration_load(m->arena, g, &file, e))
        return false;
    int64_t start = clock_monotonic_nanos();
    const struct goose_section *s = direction == DIRECTION_UP ? &file.up : &file.down;
    bool ok = file.no_transaction
                  ? run_statements(m, g->name, s, e) && record(m, g->version, direction, e)
                  : run_in_transaction(m, g, s, direction, e);
    if (!ok)
        return error_prefix(e, "%s",
                            file.no_transaction ? "stopped halfway, without a transaction"
                                                : "rolled back, nothing changed");
    printf("%s %s (%" PRId64 " ms)\n", direction == DIRECTION_UP ? "applied" : "reverted", g->name,
           (clock_monotonic_nanos() - start) / 1000000);
    fflush(stdout);
    return true;
}

/* A file below what is applied already came late, from another branch say: running it now would
 * give this database another history than all others. */
static bool check_none_missing(const struct migrator *m, struct error *e)
{
    for (size_t i = 0; i < m->folder.n; i++) {
        const struct goose_migration *g = &m->folder.migrations[i];
        if (g->version < m->history.highest && !goose_history_find(&m->history, g->version))
            return error_set(e,
                             "%s was never applied although version %" PRId64
                             " was: give it a higher number",
                             g->name, m->history.highest);
    }
    return true;
}

/* Every pending file is parsed before the first is run: a typing mistake in the last one should not
 * leave the database halfway. */
static bool check_pending_parse(struct migrator *m, struct error *e)
{
    struct goose_file ignored;
    for (size_t i = 0; i < m->folder.n; i++)
        if (m->folder.migrations[i].version > m->history.highest &&
            !goose_migration_load(m->arena, &m->folder.migrations[i], &ignored, e))
            return false;
    return true;
}

static bool up(struct migrator *m, struct error *e)
{
    if (!check_none_missing(m, e) || !check_pending_parse(m, e) ||
        !goose_table_ensure(m->connection, &m->history, e))
        return false;
    size_t ran = 0;
    for (size_t i = 0; i < m->folder.n; i++) {
        if (m->folder.migrations[i].version <= m->history.highest)
            continue;
        if (!run_migration(m, &m->folder.migrations[i], DIRECTION_UP, e))
            return false;
        ran++;
    }
    if (ran == 0)
        printf("nothing to apply, at version %" PRId64 "\n", m->history.current);
    return true;
}

static bool down(struct migrator *m, struct error *e)
{
    if (m->history.current == 0)
        return error_set(e, "no migration is applied, nothing to revert");
    const struct goose_migration *g = goose_folder_find(&m->folder, m->history.current);
    if (!g)
        return error_set(e, "version %" PRId64 " is applied but has no file in %s",
                         m->history.current, m->folder.path);
    return run_migration(m, g, DIRECTION_DOWN, e);
}

bool migrate_up(const char *dsn, const char *directory, struct error *e)
{
    struct migrator m = { .arena = arena_create() };
    bool ok = migrator_begin(&m, dsn, directory, e) && up(&m, e);
    migrator_close(&m);
    return ok;
}

bool migrate_down(const char *dsn, const char *directory, struct error *e)
{
    struct migrator m = { .arena = arena_create() };
    bool ok = migrator_begin(&m, dsn, directory, e) && down(&m, e);
    migrator_close(&m);
    return ok;
}

static void print_status(const struct migrator *m)
{
    for (size_t i = 0; i < m->folder.n; i++) {
        const struct goose_migration *g = &m->folder.migrations[i];
        const struct goose_applied *applied = goose_history_find(&m->history, g->version);
        printf("%-20s %s\n", applied ? applied->at : "pending", g->name);
    }
    for (size_t i = 0; i < m->history.n; i++)
        if (m->history.applied[i].version != 0 &&
            !goose_folder_find(&m->folder, m->history.applied[i].version))
            printf("%-20s version %" PRId64 ", no file in %s\n", m->history.applied[i].at,
                   m->history.applied[i].version, m->folder.path);
    printf("at version %" PRId64 ", latest is %" PRId64 "\n", m->history.current,
           goose_folder_latest(&m->folder));
}

/* Reads only, and takes no lock: it must answer while a migration runs. */
bool migrate_status(const char *dsn, const char *directory, struct error *e)
{
    struct migrator m = { .arena = arena_create() };
    bool ok = migrator_open(&m, dsn, directory, e) &&
              goose_history_read(m.arena, m.connection, &m.history, e);
    if (ok)
        print_status(&m);
    migrator_close(&m);
    return ok;
}

bool migrate_latest(const char *directory, int64_t *version, struct error *e)
{
    struct arena *a = arena_create();
    struct goose_folder folder;
    bool ok = goose_folder_read(a, directory, &folder, e);
    if (ok)
        *version = goose_folder_latest(&folder);
    arena_destroy(a);
    return ok;
}

/* One look at the database; the error says how far it is. */
static bool look(const char *dsn, int64_t want, int64_t deadline, struct error *e)
{
    int64_t soon = clock_monotonic_nanos() + CONNECT_WAIT;
    PGconn *c = connect_until(dsn, session_settings, soon < deadline ? soon : deadline, e);
    if (!c)
        return error_prefix(e, "cannot connect");
    struct arena *a = arena_create();
    struct goose_history h;
    bool ok = goose_history_read(a, c, &h, e);
    if (ok && !h.table_exists)
        ok = error_set(e, "goose_db_version is absent: no migrator has run yet");
    else if (ok && h.empty)
        ok = error_set(e, "goose_db_version is empty");
    else if (ok && h.highest < want)
        ok = error_set(e, "at version %" PRId64 ", want %" PRId64, h.highest, want);
    arena_destroy(a);
    PQfinish(c);
    return ok;
}

/* 200 ms between looks: far less than a Pod takes to start, far more than a look costs. */
bool migrate_wait(const char *dsn, const char *directory, int timeout_s, struct error *e)
{
    int64_t want;
    if (!dsn_check(dsn, e) || !migrate_latest(directory, &want, e))
        return false;
    int64_t deadline = clock_monotonic_nanos() + timeout_s * NANOS_PER_SECOND;
    struct error last = { "" };
    for (;;) {
        int64_t now = clock_monotonic_nanos();
        /* At least one honest look, however short the time. */
        if (look(dsn, want, now + NANOS_PER_SECOND > deadline ? now + NANOS_PER_SECOND : deadline,
                 &last)) {
            printf("at version %" PRId64 "\n", want);
            return true;
        }
        if (clock_monotonic_nanos() + 200 * 1000000 > deadline)
            return error_set(e, "gave up after %d s: %s", timeout_s, last.text);
        pause_ms(200);
    }
}
