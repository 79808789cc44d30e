/* A PostgreSQL as production has one, and the control plane of this build on it, furnished. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ci/bench.d/bench.h"
#include "common/file.h"
#include "common/json.h"
#include "common/number.h"
#include "common/text.h"
#include "common/timestamp.h"
#include "harness/boot.h"
#include "harness/http_client.h"
#include "harness/placeholders.h"
#include "harness/rig_parts.h"

enum { OUTPUT_CAP = 1 << 20, READY_MS = 20000 };

/* RFC 8032, test 1: a key pair that signs nothing of worth. */
static const unsigned char signing_seed[32] = { 0x9d, 0x61, 0xb1, 0x9d, 0xef, 0xfd, 0x5a, 0x60,
                                                0xba, 0x84, 0x4a, 0xf4, 0x92, 0xec, 0x2c, 0xc4,
                                                0x44, 0x49, 0xc5, 0x69, 0x7b, 0x32, 0x69, 0x19,
                                                0x70, 0x3b, 0xac, 0x03, 0x1c, 0xae, 0x7f, 0x60 };
static const char signing_public_key[] = "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=";

static bool command(struct site *s, char *const *argv, bool as_postgres, char **said,
                    struct error *e)
{
    struct arena *a = s->arena;
    struct process_result r;
    char *env[] = { "PATH=/usr/local/bin:/usr/bin:/bin",
                    arena_printf(a, "PLEXSPHERE_DSN=%s", s->dsn), NULL };
    struct process_options o = { .argv = argv,
                                 .env = env,
                                 .cwd = "/",
                                 .uid = as_postgres ? s->uid : 0,
                                 .gid = as_postgres ? s->gid : 0 };
    if (!process_run(a, &o, (struct bytes){ 0 }, OUTPUT_CAP, 120000, &r, e))
        return false;
    if (r.end != PROCESS_EXITED || r.code != 0)
        return error_set(e, "%s: %s", argv[0], text_trim(a, (const char *)r.err.data));
    if (said != NULL)
        *said = text_trim(a, (const char *)r.out.data);
    return true;
}

/* Nothing here is faster than it may be: fsync, synchronous_commit and full_page_writes are on. */
static bool start_postgres(struct site *s, const char *data, const char *socket, struct error *e)
{
    struct arena *a = s->arena;
    char *argv[] = { path_join(a, s->pg_bin, "postgres"),
                     "-D",
                     arena_strdup(a, data),
                     "-k",
                     arena_strdup(a, socket),
                     "-c",
                     "listen_addresses=",
                     "-c",
                     "shared_buffers=64MB",
                     "-c",
                     "max_connections=100",
                     "-c",
                     "jit=off",
                     NULL };
    struct process_options o = { .argv = argv,
                                 .stdout_fd = -1,
                                 .stderr_fd = -1,
                                 .cwd = "/",
                                 .uid = s->uid,
                                 .gid = s->gid,
                                 .new_group = true };
    const char *file = path_join(a, data, "postmaster.pid");
    int64_t deadline = clock_monotonic_nanos() + READY_MS * INT64_C(1000000);
    struct bytes text;
    int code;
    if (!process_start(&o, &s->postgres, e))
        return false;
    while (!file_read(a, file, 4096, &text, NULL) ||
           !text_contains((const char *)text.data, "ready"))
        if (process_wait(&s->postgres, 2, &code) != PROCESS_TIMED_OUT ||
            clock_monotonic_nanos() > deadline)
            return error_set(e, "PostgreSQL does not start");
    return true;
}

static bool make_database(struct site *s, const char *migrations, struct error *e)
{
    struct arena *a = s->arena;
    char *socket = path_join(a, s->directory, "pg");
    char *data = path_join(a, socket, "data");
    char *initdb[] = { path_join(a, s->pg_bin, "initdb"),
                       "-D",
                       data,
                       "-A",
                       "trust",
                       "-U",
                       "plexsphere",
                       "-E",
                       "UTF8",
                       "--locale=C.UTF-8",
                       "--no-instructions",
                       NULL };
    char *createdb[] = {
        path_join(a, s->pg_bin, "createdb"), "-h", socket, "-U", "plexsphere", "plexsphere", NULL
    };
    char *migrate[] = { path_join(a, s->bin, "plexsphere"), "migrate", "up", "--dir",
                        arena_strdup(a, migrations),        NULL };
    s->dsn = arena_printf(a, "postgresql:///plexsphere?host=%s&user=plexsphere", socket);
    return directory_make(socket, 0711, e) &&
           (s->uid == 0 || chown(socket, s->uid, s->gid) == 0 ||
            error_set(e, "cannot give %s to PostgreSQL's user", socket)) &&
           command(s, initdb, true, NULL, e) && start_postgres(s, data, socket, e) &&
           command(s, createdb, true, NULL, e) && command(s, migrate, false, NULL, e);
}

static bool load_profile(struct site *s, const char *migrations, struct error *e)
{
    struct arena *a = s->arena;
    char *seed = path_join(a, s->directory, "signing.seed");
    const struct placeholder known[] = { { "BIN", s->bin },
                                         { "RUN_DIR", s->directory },
                                         { "MIGRATIONS", migrations },
                                         { "DSN", s->dsn },
                                         { "SIGNING_SEED_FILE", seed },
                                         { "SIGNING_PUBLIC_KEY_B64", signing_public_key },
                                         { NULL, NULL } };
    char *path = path_join(a, s->bin, "../../conformance/profiles/reference.yaml");
    if (!profile_load(a, path, &s->profile, e) ||
        !file_write_atomic(seed, signing_seed, sizeof signing_seed, 0600, e))
        return false;
    s->profile->boot.argv = placeholders_argv(a, s->profile->boot.argv, known);
    s->profile->boot_env = placeholders_object(a, s->profile->boot_env, known);
    return true;
}

bool site_open(struct site *s, struct error *e)
{
    struct arena *a = s->arena;
    struct postgres_site found;
    s->bin = path_of_executable(a);
    char *migrations = path_join(a, s->bin, "../../migrations");
    if (!postgres_find(a, &found, e))
        return false;
    s->pg_bin = arena_strdup(a, found.bin);
    s->uid = found.uid;
    s->gid = found.gid;
    return make_database(s, migrations, e) && load_profile(s, migrations, e);
}

void site_halt(struct site *s)
{
    int code;
    (void)process_stop(&s->server, 5000, &code);
}

void site_close(struct site *s)
{
    int code;
    if (s->server.pid > 0)
        site_halt(s);
    if (s->postgres.pid > 0) {
        kill(s->postgres.pid, SIGQUIT);
        (void)process_stop(&s->postgres, 5000, &code);
    }
}

/* ---- the control plane ---- */

static bool ready(struct site *s, const char *base_url, struct error *e)
{
    struct arena *a = s->arena;
    struct http_client *c = http_client_create(s->profile, NULL);
    struct http_request rq = { .method = "GET",
                               .timeout_ms = 5000,
                               .url = arena_printf(a, "%s/readyz", base_url) };
    struct http_answer answer = { 0 };
    enum http_result result = http_send(c, a, &rq, &answer, e);
    http_client_destroy(c);
    return result == HTTP_ANSWERED &&
           (answer.status == 200 || error_set(e, "/readyz answers %d", answer.status));
}

bool site_boot(struct site *s, double *seconds, struct error *e)
{
    static unsigned number;
    struct arena *a = s->arena;
    struct booted b;
    int64_t port, start = clock_monotonic_nanos();
    const char *directory = path_join(a, s->directory, arena_printf(a, "boot%u", number++));
    if (boot_start(a, s->profile, directory, s->profile->boot_env, &b, e) != BOOT_READY)
        return error_prefix(e, "the control plane does not boot");
    s->server = b.process;
    if (!ready(s, b.base_url, e))
        return false;
    *seconds = (double)(clock_monotonic_nanos() - start) / 1e9;
    const char *colon = strrchr(b.base_url, ':');
    if (!number_parse(colon + 1, 1, 65535, &port))
        return error_set(e, "no port in %s", b.base_url);
    s->port = (int)port;
    return true;
}

/* ---- what requests need ---- */

static bool mint(struct site *s, const char *role, const char *option, const char *id, char **token,
                 struct error *e)
{
    struct arena *a = s->arena;
    char *argv[] = { path_join(a, s->bin, "plexsphere"),
                     "token",
                     "mint",
                     "--role",
                     arena_strdup(a, role),
                     arena_strdup(a, option),
                     arena_strdup(a, id),
                     NULL };
    char *said;
    json_t *answer;
    if (!command(s, argv, false, &said, e) || !json_parse(a, said, strlen(said), &answer, e))
        return error_prefix(e, "token mint");
    *token = arena_strdup(a, json_text(answer, "token"));
    return *token != NULL || error_set(e, "token mint gave no token");
}

struct made {
    struct arena *arena;
    char *id;
};

static void keep_id(void *arg, size_t request, const char *body, size_t len)
{
    struct made *m = arg;
    json_t *answer;
    (void)request;
    if (json_parse(m->arena, body, len, &answer, NULL))
        m->id = arena_strdup(m->arena, json_text(answer, "id"));
}

static bool make(struct site *s, const char *path, const char *bearer, const char *body, char **id,
                 struct error *e)
{
    struct made m = { .arena = s->arena };
    struct bytes rq = load_request(s->arena, "POST", path, bearer, body);
    struct load l = { .port = s->port,
                      .connections = 1,
                      .requests = &rq,
                      .n_requests = 1,
                      .total = 1,
                      .status = 201,
                      .answered = keep_id,
                      .arg = &m };
    double seconds;
    if (!load_run(&l, &seconds, e))
        return error_prefix(e, "POST %s", path);
    *id = m.id;
    return *id != NULL || error_set(e, "POST %s: the answer has no id", path);
}

bool site_furnish(struct site *s, struct error *e)
{
    struct arena *a = s->arena;
    char *admin;
    if (!mint(s, "platform manage", NULL, NULL, &s->manager, e) ||
        !make(s, "/v1/domains", s->manager,
              "{\"name\":\"bench\",\"slug\":\"bench\",\"mesh_cidr\":\"10.64.0.0/16\"}",
              &s->domain_id, e) ||
        !mint(s, "domain admin", "--domain", s->domain_id, &admin, e))
        return false;
    const char *project =
        arena_printf(a, "{\"domain_id\":\"%s\",\"name\":\"bench\",\"slug\":\"bench\"}",
                     s->domain_id);
    return make(s, "/v1/projects", admin, project, &s->project_id, e) &&
           mint(s, "project admin", "--project", s->project_id, &s->project_admin, e);
}
