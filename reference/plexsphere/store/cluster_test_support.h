/* store/cluster_test_support.h — a private PostgreSQL for tests. Only test programs include this.
 *
 *     CLUSTER_TESTS("plexsphere/x", first, second)     instead of TESTS (common/testing.h)
 *
 * The cluster is made with initdb before the first test and thrown away after the last: socket
 * only, no fsync, under /var/tmp, as user postgres when the tests run as root. No PostgreSQL is a
 * failure, not a skip. Each test asks for a database of its own. */
#ifndef PLEXSPHERE_CLUSTER_TEST_SUPPORT_H
#define PLEXSPHERE_CLUSTER_TEST_SUPPORT_H

#include <libpq-fe.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/arena.h"
#include "common/file.h"
#include "common/process.h"
#include "common/testing.h"
#include "common/text.h"
#include "common/timestamp.h"

struct cluster {
    struct arena *arena;
    char *directory; /* socket and data */
    char *bin;
    uid_t uid;
    gid_t gid;
    struct process server;
};
static struct cluster cluster;

static inline void cluster_fail(const char *what, const char *why)
{
    fprintf(stderr, "test cluster: %s: %s\n", what, why);
}

static inline char *cluster_find_bin(struct arena *a)
{
    static const char root[] = "/usr/lib/postgresql";
    char **names;
    size_t n;
    struct error e = { "" };
    if (directory_list(a, root, &names, &n, &e))
        while (n-- > 0) {
            char *bin = arena_printf(a, "%s/%s/bin", root, names[n]);
            if (path_exists(path_join(a, bin, "initdb")))
                return bin;
        }
    return NULL;
}

/* initdb refuses root. */
static inline bool cluster_choose_user(void)
{
    if (geteuid() != 0)
        return true;
    const struct passwd *user = getpwnam("postgres");
    if (!user) {
        cluster_fail("running as root", "there is no user postgres to become");
        return false;
    }
    cluster.uid = user->pw_uid;
    cluster.gid = user->pw_gid;
    return true;
}

static inline bool cluster_make_directory(struct error *e)
{
    return directory_make_temporary(cluster.arena, "/var/tmp/plexsphere-test", &cluster.directory,
                                    e) &&
           (cluster.uid == 0 || chown(cluster.directory, cluster.uid, cluster.gid) == 0 ||
            error_set(e, "chown %s", cluster.directory));
}

static inline struct process_options cluster_process(char *const *argv)
{
    return (struct process_options){ .argv = argv,
                                     .cwd = "/",
                                     .stdout_fd = -1,
                                     .stderr_fd = -1,
                                     .uid = cluster.uid,
                                     .gid = cluster.gid };
}

static inline bool cluster_initdb(struct error *e)
{
    char *const argv[] = { path_join(cluster.arena, cluster.bin, "initdb"),
                           (char[]){ "-D" },
                           path_join(cluster.arena, cluster.directory, "data"),
                           (char[]){ "-Upostgres" },
                           (char[]){ "-Atrust" },
                           (char[]){ "-EUTF8" },
                           (char[]){ "--locale=C" },
                           (char[]){ "--no-sync" },
                           NULL };
    struct process_options o = cluster_process(argv);
    struct process_result r;
    if (!process_run(cluster.arena, &o, (struct bytes){ NULL, 0 }, 65536, 60000, &r, e))
        return false;
    if (r.end != PROCESS_EXITED || r.code != 0)
        return error_set(e, "initdb: %s: %s", process_end_text(cluster.arena, r.end, r.code),
                         (const char *)r.err.data);
    return true;
}

static inline char *cluster_dsn(struct arena *a, const char *database)
{
    return arena_printf(a, "host=%s user=postgres dbname=%s", cluster.directory, database);
}

static inline bool cluster_start(void)
{
    struct error e = { "" };
    char *const argv[] = { path_join(cluster.arena, cluster.bin, "postgres"),
                           (char[]){ "-D" },
                           path_join(cluster.arena, cluster.directory, "data"),
                           (char[]){ "-k" },
                           cluster.directory,
                           (char[]){ "-clisten_addresses=" },
                           (char[]){ "-cfsync=off" },
                           (char[]){ "-cshared_buffers=16MB" },
                           NULL };
    struct process_options o = cluster_process(argv);
    if (!process_start(&o, &cluster.server, &e)) {
        cluster_fail("postgres", e.text);
        return false;
    }
    int64_t deadline = clock_monotonic_nanos() + 30 * NANOS_PER_SECOND;
    while (PQping(cluster_dsn(cluster.arena, "postgres")) != PQPING_OK) {
        if (clock_monotonic_nanos() > deadline) {
            cluster_fail("postgres", "not ready within 30 s");
            return false;
        }
        poll(NULL, 0, 20);
    }
    return true;
}

static inline bool cluster_up(void)
{
    struct error e = { "" };
    cluster.arena = arena_create();
    cluster.bin = cluster_find_bin(cluster.arena);
    if (!cluster.bin) {
        cluster_fail("initdb", "not found below /usr/lib/postgresql: install postgresql");
        return false;
    }
    if (!cluster_choose_user())
        return false;
    if (!cluster_make_directory(&e) || !cluster_initdb(&e)) {
        cluster_fail("making it", e.text);
        return false;
    }
    return cluster_start();
}

static inline void cluster_down(void)
{
    int code;
    struct error e = { "" };
    if (cluster.server.pid > 0 && kill(cluster.server.pid, SIGINT) == 0) /* fast shutdown */
        process_stop(&cluster.server, 5000, &code);
    if (cluster.directory && !directory_remove(cluster.directory, &e))
        cluster_fail("removing it", e.text);
    arena_destroy(cluster.arena);
}

/* Runs SQL in `dsn` and gives the first value of the last result as text, NULL for none. */
static inline const char *cluster_sql(struct arena *a, const char *dsn, const char *sql)
{
    PGconn *c = PQconnectdb(dsn);
    PGresult *r = PQexec(c, sql);
    ExecStatusType status = PQresultStatus(r);
    ck_assert_msg(status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK, "%s: %s", sql,
                  PQerrorMessage(c));
    const char *value =
        PQntuples(r) > 0 && !PQgetisnull(r, 0, 0) ? arena_strdup(a, PQgetvalue(r, 0, 0)) : NULL;
    PQclear(r);
    PQfinish(c);
    return value;
}

/* A fresh database; the DSN is arena text. */
static inline char *cluster_database(struct arena *a)
{
    static int count;
    char *name = arena_printf(a, "t%d_%d", (int)getpid(), ++count);
    cluster_sql(a, cluster_dsn(a, "postgres"), arena_printf(a, "CREATE DATABASE %s", name));
    return cluster_dsn(a, name);
}

#define CLUSTER_TESTS(suite_name, ...)                                                             \
    TEST_RUNNER(run_cluster_tests, suite_name, __VA_ARGS__)                                        \
    int main(void)                                                                                 \
    {                                                                                              \
        int result = cluster_up() ? run_cluster_tests() : EXIT_FAILURE;                            \
        cluster_down();                                                                            \
        return result;                                                                             \
    }

#endif
