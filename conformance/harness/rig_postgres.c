/* harness/rig_postgres.c — a PostgreSQL of our own.
 *
 * initdb and the migrations take a second; a copied data directory takes a twentieth of that. So
 * the migrated directory is kept as a template, named by what went into it: the server's version
 * and the migrations' bytes. */
#include <fcntl.h>
#include <openssl/evp.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "common/encoding.h"
#include "common/file.h"
#include "common/number.h"
#include "common/text.h"
#include "common/timestamp.h"
#include "harness/rig_parts.h"

#define OUTPUT_CAP (64 * 1024)
#define READY_MS 20000

static bool unprivileged_user(struct postgres_site *site, struct error *e)
{
    if (geteuid() != 0)
        return true; /* initdb refuses root and nobody else */
    struct passwd *user = getpwnam("postgres");
    if (!user)
        user = getpwnam("nobody");
    if (!user)
        return error_set(e,
                         "rig: PostgreSQL refuses root, and there is no user postgres or nobody");
    site->uid = user->pw_uid;
    site->gid = user->pw_gid;
    return true;
}

/* Debian keeps each version's programs in a folder of its own: the highest that has initdb. */
static const char *debian_bin(struct arena *a)
{
    char **names;
    size_t n = 0;
    const char *best = NULL;
    int64_t best_version = 0, version;
    if (!directory_list(a, "/usr/lib/postgresql", &names, &n, NULL))
        return NULL;
    for (size_t i = 0; i < n; i++) {
        char *bin = arena_printf(a, "/usr/lib/postgresql/%s/bin", names[i]);
        if (number_parse(names[i], 1, 999, &version) && version > best_version &&
            path_exists(path_join(a, bin, "initdb"))) {
            best = bin;
            best_version = version;
        }
    }
    return best;
}

static const char *bin_on_path(struct arena *a)
{
    struct process_result r;
    char *argv[] = { "pg_config", "--bindir", NULL };
    struct process_options o = { .argv = argv };
    if (!process_run(a, &o, (struct bytes){ 0 }, OUTPUT_CAP, 5000, &r, NULL) || r.code != 0)
        return NULL;
    char *bin = text_trim(a, (const char *)r.out.data);
    return path_exists(path_join(a, bin, "initdb")) ? bin : NULL;
}

bool postgres_find(struct arena *a, struct postgres_site *out, struct error *e)
{
    *out = (struct postgres_site){ 0 };
    out->bin = debian_bin(a);
    if (!out->bin)
        out->bin = bin_on_path(a);
    if (!out->bin)
        return error_set(e, "rig: no PostgreSQL server found; run ci/install-deps");
    return unprivileged_user(out, e);
}

static bool run_as(struct arena *a, const struct postgres_site *site, char *const *argv,
                   char *const *env, struct error *e)
{
    struct process_result r;
    struct process_options o = {
        .argv = argv, .env = env, .uid = site->uid, .gid = site->gid, .cwd = "/"
    };
    if (!process_run(a, &o, (struct bytes){ 0 }, OUTPUT_CAP, 120000, &r, e))
        return false;
    if (r.end == PROCESS_EXITED && r.code == 0)
        return true;
    return error_set(e, "rig: %s: %s: %s", argv[0], process_end_text(a, r.end, r.code),
                     text_trim(a, (const char *)r.err.data));
}

/* Changes with what prepare_template() does, so that an older template is not taken for a new one.
 */
static const char recipe[] = "small";

/* Names the template: any change of server or migrations gives another. */
static bool template_name(struct arena *a, const struct postgres_site *site, const char *migrations,
                          char **out, struct error *e)
{
    char **names;
    size_t n;
    unsigned char digest[EVP_MAX_MD_SIZE];
    EVP_MD_CTX *sha = EVP_MD_CTX_new();
    bool ok = directory_list(a, migrations, &names, &n, e) &&
              EVP_DigestInit_ex(sha, EVP_sha256(), NULL) == 1 &&
              EVP_DigestUpdate(sha, recipe, sizeof recipe) == 1 &&
              EVP_DigestUpdate(sha, site->bin, strlen(site->bin)) == 1;
    for (size_t i = 0; ok && i < n; i++) {
        struct bytes text;
        ok = file_read(a, path_join(a, migrations, names[i]), 1 << 22, &text, e) &&
             EVP_DigestUpdate(sha, names[i], strlen(names[i]) + 1) == 1 &&
             EVP_DigestUpdate(sha, text.data, text.len) == 1;
    }
    ok = ok && EVP_DigestFinal_ex(sha, digest, NULL) == 1;
    EVP_MD_CTX_free(sha);
    if (ok)
        *out = arena_printf(a, "template-%s", hex_encode(a, digest, 8));
    return ok;
}

static bool own(struct arena *a, const struct postgres_site *site, const char *path,
                struct error *e)
{
    (void)a;
    if (site->uid && chown(path, site->uid, site->gid) != 0)
        return error_set(e, "rig: cannot give %s to the database's user", path);
    return true;
}

/* Settings of a database that is thrown away: no fsync, no replication, small. */
static bool start_server(struct rig *r, const struct postgres_site *site, const char *data,
                         const char *socket, struct error *e)
{
    struct arena *a = r->arena;
    char *argv[] = { path_join(a, site->bin, "postgres"),
                     "-D",
                     arena_strdup(a, data),
                     "-k",
                     arena_strdup(a, socket),
                     "-c",
                     "listen_addresses=",
                     "-c",
                     "fsync=off",
                     "-c",
                     "synchronous_commit=off",
                     "-c",
                     "full_page_writes=off",
                     "-c",
                     "wal_level=minimal",
                     "-c",
                     "max_wal_senders=0",
                     "-c",
                     "shared_buffers=64MB",
                     "-c",
                     "max_connections=200",
                     "-c",
                     "max_wal_size=64MB",
                     "-c",
                     "jit=off",
                     "-c", /* shared memory in its own folder: nothing is left in /dev/shm */
                     "dynamic_shared_memory_type=mmap",
                     NULL };
    int log = open(path_join(a, r->directory, "postgres.log"),
                   O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    struct process_options o = { .argv = argv,
                                 .stdout_fd = log,
                                 .stderr_fd = log,
                                 .cwd = "/",
                                 .stdin_fd = -1,
                                 .uid = site->uid,
                                 .gid = site->gid,
                                 .new_group = true }; /* Ctrl-C is for us, then we stop it */
    bool ok = log >= 0 && process_start(&o, &r->postgres, e);
    if (log >= 0)
        close(log);
    return ok;
}

/* What the server said last: its log goes with the run. */
static const char *last_words(struct rig *r)
{
    struct arena *a = r->arena;
    struct bytes log;
    if (!file_read(a, path_join(a, r->directory, "postgres.log"), 1 << 20, &log, NULL))
        return "it left no log";
    char *text = text_trim(a, (const char *)log.data);
    char *line = strrchr(text, '\n');
    return line ? line + 1 : text;
}

/* The server says "ready" on the last line of its pid file; it offers no event to wait for, so look
 * every 2 ms. */
static bool wait_ready(struct rig *r, const char *data, struct error *e)
{
    struct arena *a = r->arena;
    const char *file = path_join(a, data, "postmaster.pid");
    int64_t deadline = clock_monotonic_nanos() + READY_MS * INT64_C(1000000);
    for (;;) {
        struct bytes text;
        int code;
        if (file_read(a, file, 4096, &text, NULL) &&
            text_contains((const char *)text.data, "ready"))
            return true;
        if (process_wait(&r->postgres, 2, &code) != PROCESS_TIMED_OUT)
            return error_set(e, "rig: PostgreSQL ended while starting: %s", last_words(r));
        if (clock_monotonic_nanos() > deadline)
            return error_set(e, "rig: PostgreSQL not ready after %d ms", READY_MS);
    }
}

static char *dsn_of(struct arena *a, const char *socket, const char *database)
{
    return arena_printf(a, "postgresql:///%s?host=%s&user=plexsphere", database, socket);
}

static bool prepare_template(struct rig *r, const struct postgres_site *site, char *const *migrate,
                             const char *data, const char *socket, struct error *e)
{
    struct arena *a = r->arena;
    char *initdb[] = { path_join(a, site->bin, "initdb"),
                       "-D",
                       arena_strdup(a, data),
                       "-A",
                       "trust",
                       "-U",
                       "plexsphere",
                       "-E",
                       "UTF8",
                       "--locale=C.UTF-8",
                       "-N",
                       "--no-instructions",
                       "--wal-segsize=1",
                       NULL };
    char *createdb[] = { path_join(a, site->bin, "createdb"),
                         "-h",
                         arena_strdup(a, socket),
                         "-U",
                         "plexsphere",
                         "plexsphere",
                         NULL };
    /* Nobody asks for the databases PostgreSQL brings along, and each run would copy all of them.
     */
    char *shrink[] = { path_join(a, site->bin, "psql"),
                       "-Xq",
                       "-h",
                       arena_strdup(a, socket),
                       "-U",
                       "plexsphere",
                       "-c",
                       "UPDATE pg_database SET datistemplate = false",
                       "-c",
                       "DROP DATABASE template0",
                       "-c",
                       "DROP DATABASE template1",
                       "-c",
                       "DROP DATABASE postgres",
                       "plexsphere",
                       NULL };
    char *env[] = { "PATH=/usr/local/bin:/usr/bin:/bin",
                    arena_printf(a, "PLEXSPHERE_DSN=%s", dsn_of(a, socket, "plexsphere")), NULL };
    struct postgres_site ourselves = { 0 };
    int code;
    bool ok = run_as(a, site, initdb, NULL, e) && start_server(r, site, data, socket, e) &&
              wait_ready(r, data, e) && run_as(a, site, createdb, NULL, e) &&
              run_as(a, &ourselves, migrate, env, e) && run_as(a, site, shrink, NULL, e);
    /* SIGINT is PostgreSQL's fast shutdown: a clean data directory, no recovery on the next start
     */
    if (r->postgres.pid > 0)
        kill(r->postgres.pid, SIGINT);
    enum process_end end = process_wait(&r->postgres, 10000, &code);
    return ok && (end == PROCESS_EXITED || error_set(e, "rig: PostgreSQL did not shut down"));
}

/* The template is built beside its place and renamed into it: an interrupted build leaves nothing
 * behind that looks whole. */
static bool make_template(struct rig *r, const struct postgres_site *site, char *const *migrate,
                          const char *socket, const char *final, struct error *e)
{
    struct arena *a = r->arena;
    char *half = path_join(a, r->directory, "template");
    char *data = path_join(a, half, "data");
    if (!directory_make(half, 0711, e) || !own(a, site, half, e) ||
        !prepare_template(r, site, migrate, data, socket, e))
        return false;
    if (rename(half, final) != 0 && !path_exists(final))
        return error_errno(e, 0, "rig: cannot keep the database template at %s", final);
    return true;
}

static bool copy_template(struct rig *r, const struct postgres_site *site, const char *from,
                          const char *to, struct error *e)
{
    char *cp[] = {
        "cp", "-a", "--reflink=auto", path_join(r->arena, from, "data"), arena_strdup(r->arena, to),
        NULL
    };
    (void)site; /* -a keeps the owner */
    struct postgres_site ourselves = { 0 };
    return run_as(r->arena, &ourselves, cp, NULL, e);
}

bool postgres_up(struct rig *r, const struct postgres_site *site, char *const *migrate,
                 const char *migrations, char **dsn, struct error *e)
{
    struct arena *a = r->arena;
    char *name, *socket = path_join(a, r->directory, "pg"),
                *data = path_join(a, r->data_home, "data");
    if (!directory_make(socket, 0711, e) || !own(a, site, socket, e) ||
        !template_name(a, site, migrations, &name, e))
        return false;
    char *kept = path_join(a, r->home, name);
    if (!path_exists(kept) && !make_template(r, site, migrate, socket, kept, e))
        return false;
    *dsn = dsn_of(a, socket, "plexsphere");
    return copy_template(r, site, kept, data, e) && start_server(r, site, data, socket, e) &&
           wait_ready(r, data, e);
}
