/* The control plane's speed, told as ratios to what it stands on. */
#include <pthread.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "ci/bench.d/bench.h"
#include "common/buffer.h"
#include "common/encoding.h"
#include "common/file.h"
#include "common/json.h"
#include "common/random.h"
#include "common/text.h"
#include "common/timestamp.h"

enum {
    BOOTS = 9,
    CONNECTIONS = 8,
    READ_ROUNDS = 5,
    READS = 4000,
    REGISTER_ROUNDS = 3,
    REGISTRATIONS = 48, /* a round */
    NODES = REGISTER_ROUNDS * REGISTRATIONS,
    HEARTBEAT_ROUNDS = 5,
    HEARTBEAT_SECONDS = 2,
};

static struct load load_of(const struct site *s, const struct bytes *requests, size_t n, int status)
{
    return (struct load){ .port = s->port,
                          .connections = CONNECTIONS,
                          .requests = requests,
                          .n_requests = n,
                          .total = n,
                          .status = status };
}

/* ---- boot and memory ---- */

static bool boot_row(struct site *s, struct error *e)
{
    struct samples boots = { .n = 0 }, memory = { .n = 0 };
    double seconds;
    for (int i = 0; i < BOOTS; i++) {
        if (i > 0)
            site_halt(s);
        if (!site_boot(s, &seconds, e))
            return false;
        samples_add(&boots, seconds * 1e3);
        samples_add(&memory, private_mib(s->server.pid));
    }
    row_print("boot to /readyz 200, migrated database", &boots, "ms", 30, false);
    row_print("private memory, just booted", &memory, "MiB", 32, false);
    return true;
}

static bool memory_row(struct site *s)
{
    struct samples memory = { .n = 0 };
    samples_add(&memory, private_mib(s->server.pid));
    row_print("private memory, idle after all of this", &memory, "MiB", 32, false);
    return true;
}

/* ---- reads ---- */

struct read_figures {
    struct samples ratio, server_us, backends_us, rate;
};

static bool read_round(struct site *s, const struct bytes *rq, struct read_figures *f,
                       struct error *e)
{
    struct load l = load_of(s, rq, 1, 200);
    double seconds;
    l.total = READS;
    double server = cpu_of_process(s->server.pid), backends = cpu_of_backends(s->postgres.pid);
    if (!load_run(&l, &seconds, e))
        return false;
    server = cpu_of_process(s->server.pid) - server;
    backends = cpu_of_backends(s->postgres.pid) - backends;
    if (f == NULL)
        return true;
    if (backends <= 0)
        return error_set(e, "PostgreSQL's backends cannot be measured");
    samples_add(&f->ratio, server / backends);
    samples_add(&f->server_us, server * 1e6 / READS);
    samples_add(&f->backends_us, backends * 1e6 / READS);
    samples_add(&f->rate, READS / seconds);
    return true;
}

static bool read_rows(struct site *s, struct error *e)
{
    const char *paths[] = { "/v1/auth/whoami",
                            arena_printf(s->arena, "/v1/domains/%s", s->domain_id) };
    static const char *const names[] = { "GET /v1/auth/whoami", "GET /v1/domains/{id}" };
    for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
        struct bytes rq = load_request(s->arena, "GET", paths[i], s->manager, NULL);
        struct read_figures f = { .ratio.n = 0 };
        bool ok = read_round(s, &rq, NULL, e); /* statements prepared, pages warm */
        for (int round = 0; ok && round < READ_ROUNDS; round++)
            ok = read_round(s, &rq, &f, e);
        if (!ok)
            return error_prefix(e, "%s", names[i]);
        row_print(arena_printf(s->arena, "%s: server CPU / backend CPU", names[i]), &f.ratio, "x",
                  1.5, false);
        note_print("  server CPU a request", &f.server_us, "us");
        note_print("  PostgreSQL backends' CPU a request", &f.backends_us, "us");
        note_print("  requests, 8 connections, all on this machine", &f.rate, "/s");
    }
    return true;
}

/* ---- registrations ---- */

struct fleet {
    struct arena *a;
    char *resources[NODES], *tokens[NODES], *nodes[NODES], *keys[NODES];
    size_t base; /* request 0 of the running load */
    char **into;
    const char *member, *second_member;
    char **second;
};

static void keep(void *arg, size_t request, const char *body, size_t len)
{
    struct fleet *f = arg;
    json_t *answer;
    if (!json_parse(f->a, body, len, &answer, NULL))
        return;
    f->into[f->base + request] = arena_strdup(f->a, json_text(answer, f->member));
    if (f->second != NULL)
        f->second[f->base + request] = arena_strdup(f->a, json_text(answer, f->second_member));
}

static bool all_there(char *const *texts, size_t n, const char *what, struct error *e)
{
    for (size_t i = 0; i < n; i++)
        if (texts[i] == NULL)
            return error_set(e, "an answer has no %s", what);
    return true;
}

static bool prepare_fleet(struct site *s, struct fleet *f, struct error *e)
{
    struct arena *a = s->arena;
    struct bytes *rq = arena_alloc_array(a, NODES, sizeof *rq);
    const char *resources = arena_printf(a, "/v1/projects/%s/resources", s->project_id);
    const char *tokens = arena_printf(a, "/v1/projects/%s/bootstrap-tokens", s->project_id);
    double seconds;
    for (size_t i = 0; i < NODES; i++)
        rq[i] = load_request(a, "POST", resources, s->project_admin,
                             arena_printf(a,
                                          "{\"origin\":\"adopted\",\"kind\":\"node\","
                                          "\"external_ref\":\"bench-%zu\"}",
                                          i));
    struct load l = load_of(s, rq, NODES, 201);
    l.answered = keep;
    l.arg = f;
    f->into = f->resources;
    f->member = "id";
    if (!load_run(&l, &seconds, e) || !all_there(f->resources, NODES, "id", e))
        return error_prefix(e, "resources");
    for (size_t i = 0; i < NODES; i++)
        rq[i] = load_request(a, "POST", tokens, s->project_admin,
                             "{\"kind\":\"node\",\"env_prefix\":\"dev\",\"ttl_seconds\":3600}");
    f->into = f->tokens;
    f->member = "token";
    if (!load_run(&l, &seconds, e) || !all_there(f->tokens, NODES, "token", e))
        return error_prefix(e, "bootstrap tokens");
    return true;
}

static const char *random_base64(struct arena *a, size_t len)
{
    unsigned char bytes[32];
    random_bytes(bytes, len);
    return base64_encode(a, BASE64_STANDARD, bytes, len);
}

static bool register_round(struct site *s, struct fleet *f, size_t base, double *rate,
                           struct error *e)
{
    struct arena *a = s->arena;
    struct bytes rq[REGISTRATIONS];
    double seconds;
    for (size_t i = 0; i < REGISTRATIONS; i++) {
        const char *body = arena_printf(
            a,
            "{\"project_id\":\"%s\",\"resource_handle\":\"%s\",\"bootstrap_token\":\"%s\","
            "\"nonce\":\"%s\",\"public_key\":\"%s\"}",
            s->project_id, f->resources[base + i], f->tokens[base + i], random_base64(a, 24),
            random_base64(a, 32));
        rq[i] = load_request(a, "POST", "/v1/register", NULL, body);
    }
    struct load l = load_of(s, rq, REGISTRATIONS, 201);
    l.answered = keep;
    l.arg = f;
    f->base = base;
    f->into = f->nodes;
    f->member = "node_id";
    f->second = f->keys;
    f->second_member = "nsk";
    if (!load_run(&l, &seconds, e))
        return false;
    *rate = REGISTRATIONS / seconds;
    return all_there(f->nodes + base, REGISTRATIONS, "node_id", e) &&
           all_there(f->keys + base, REGISTRATIONS, "nsk", e);
}

/* Two threads, as the control plane computes at most two at once (ruling 12's parameters). */
static void *verify_many(void *arg)
{
    const char *phc = arg;
    for (int i = 0; i < REGISTRATIONS / 2; i++)
        if (crypto_pwhash_str_verify(phc, "bench", 5) != 0)
            return NULL;
    return arg;
}

static bool bare_argon2id(double *rate, struct error *e)
{
    char phc[crypto_pwhash_STRBYTES];
    pthread_t other;
    void *done = NULL;
    if (crypto_pwhash_str_alg(phc, "bench", 5, 2, 19 * 1024 * 1024, crypto_pwhash_ALG_ARGON2ID13) !=
        0)
        return error_set(e, "no memory for Argon2id");
    int64_t start = clock_monotonic_nanos();
    if (pthread_create(&other, NULL, verify_many, phc) != 0)
        return error_set(e, "no second thread");
    bool ok = verify_many(phc) != NULL;
    ok = pthread_join(other, &done) == 0 && done != NULL && ok;
    *rate = REGISTRATIONS / ((double)(clock_monotonic_nanos() - start) / 1e9);
    return ok || error_set(e, "Argon2id does not verify");
}

static bool register_row(struct site *s, struct fleet *f, struct error *e)
{
    struct samples ratio = { .n = 0 }, ours = { .n = 0 }, bare = { .n = 0 };
    struct samples server_ms = { .n = 0 }, backends_ms = { .n = 0 };
    if (!prepare_fleet(s, f, e))
        return false;
    for (size_t round = 0; round < REGISTER_ROUNDS; round++) {
        double rate = 0, argon = 0;
        if (!bare_argon2id(&argon, e))
            return error_prefix(e, "registrations");
        double server = cpu_of_process(s->server.pid), backends = cpu_of_backends(s->postgres.pid);
        if (!register_round(s, f, round * REGISTRATIONS, &rate, e))
            return error_prefix(e, "registrations");
        server = cpu_of_process(s->server.pid) - server;
        backends = cpu_of_backends(s->postgres.pid) - backends;
        samples_add(&server_ms, server * 1e3 / REGISTRATIONS);
        samples_add(&backends_ms, backends * 1e3 / REGISTRATIONS);
        samples_add(&ratio, rate / argon);
        samples_add(&ours, rate);
        samples_add(&bare, argon);
    }
    row_print("registrations / bare Argon2id", &ratio, "x", 0.8, true);
    note_print("  registrations", &ours, "/s");
    note_print("  Argon2id verifications, two threads", &bare, "/s");
    note_print("  server CPU a registration, Argon2id included", &server_ms, "ms");
    note_print("  PostgreSQL backends' CPU a registration", &backends_ms, "ms");
    return true;
}

/* ---- heartbeats ---- */

static const char checksum[] = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";

/* The statement of nodes/store.c; each client has rows of its own, as each connection has Nodes. */
static bool write_script(struct site *s, const struct fleet *f, char **path, struct error *e)
{
    struct buffer b;
    buffer_init_arena(&b, 1 << 20, s->arena);
    buffer_printf(&b, "\\set i :client_id + 1 + %d * random(0, %d)\n", CONNECTIONS,
                  NODES / CONNECTIONS - 1);
    buffer_text(&b,
                "INSERT INTO plexsphere.node_heartbeats AS h (node_id, accepted_at, client_now, "
                "binary_checksum, binary_version, nat_summary) VALUES (('{");
    for (size_t i = 0; i < NODES; i++)
        buffer_printf(&b, "%s%s", i > 0 ? "," : "", f->nodes[i]);
    buffer_printf(&b,
                  "}'::uuid[])[:i], now(), now(), '\\x%s', '0.1.0', '{\"kind\": \"none\"}') "
                  "ON CONFLICT (node_id) DO UPDATE SET accepted_at = greatest(h.accepted_at, "
                  "excluded.accepted_at), client_now = excluded.client_now, "
                  "binary_checksum = excluded.binary_checksum, "
                  "binary_version = excluded.binary_version, nat_summary = excluded.nat_summary "
                  "RETURNING EXISTS (SELECT FROM plexsphere.peer_key_rotations r "
                  "WHERE r.node_id = h.node_id AND r.completed_at IS NULL);\n",
                  checksum);
    *path = path_join(s->arena, s->directory, "upsert.sql");
    return file_write_atomic(*path, b.data, b.len, 0644, e);
}

static bool pgbench(struct site *s, const char *script, double *rate, struct error *e)
{
    struct arena *a = s->arena;
    char *argv[] = { path_join(a, s->pg_bin, "pgbench"),
                     "-n",
                     "-M",
                     "prepared",
                     "-c",
                     arena_printf(a, "%d", CONNECTIONS),
                     "-j",
                     "1",
                     "-T",
                     arena_printf(a, "%d", HEARTBEAT_SECONDS),
                     "-f",
                     arena_strdup(a, script),
                     s->dsn,
                     NULL };
    struct process_options o = { .argv = argv, .cwd = "/" };
    struct process_result r;
    if (!process_run(a, &o, (struct bytes){ 0 }, 1 << 20, 60000, &r, e))
        return false;
    const char *tps = r.code == 0 ? strstr((const char *)r.out.data, "tps = ") : NULL;
    if (tps == NULL || sscanf(tps, "tps = %lf", rate) != 1)
        return error_set(e, "pgbench: %s", text_trim(a, (const char *)r.err.data));
    return true;
}

static bool heartbeat_round(struct site *s, const struct fleet *f, size_t total, double *rate,
                            struct error *e)
{
    struct arena *a = arena_create();
    struct bytes rq[NODES];
    double seconds;
    const char *body = arena_printf(
        a,
        "{\"client_now\":\"%s\",\"binary_checksum\":\"%s\",\"binary_version\":\"0.1.0\","
        "\"nat_summary\":{\"kind\":\"none\"}}",
        timestamp_format(a, clock_wall_micros()), checksum);
    for (size_t i = 0; i < NODES; i++)
        rq[i] = load_request(a, "POST", arena_printf(a, "/v1/nodes/%s/heartbeat", f->nodes[i]),
                             f->keys[i], body);
    struct load l = load_of(s, rq, NODES, 200);
    l.total = total;
    bool ok = load_run(&l, &seconds, e);
    arena_destroy(a);
    *rate = (double)total / seconds;
    return ok;
}

static bool heartbeat_row(struct site *s, const struct fleet *f, struct error *e)
{
    struct samples ratio = { .n = 0 }, ours = { .n = 0 }, theirs = { .n = 0 };
    char *script;
    double rate, tps;
    if (!write_script(s, f, &script, e) || !heartbeat_round(s, f, NODES, &rate, e))
        return error_prefix(e, "heartbeats");
    for (int i = 0; i < HEARTBEAT_ROUNDS; i++) {
        size_t total = (size_t)(rate * HEARTBEAT_SECONDS) + 1;
        if (!pgbench(s, script, &tps, e) || !heartbeat_round(s, f, total, &rate, e))
            return error_prefix(e, "heartbeats");
        samples_add(&ratio, rate / tps);
        samples_add(&ours, rate);
        samples_add(&theirs, tps);
    }
    row_print("heartbeats / pgbench commits of the same rows", &ratio, "x", 0.5, true);
    note_print("  heartbeats, 8 connections, fsync on", &ours, "/s");
    note_print("  pgbench, 8 clients, fsync on", &theirs, "/s");
    return true;
}

bool rows_of_server(struct arena *a, const char *directory, struct error *e)
{
    struct site s = { .arena = a, .directory = arena_strdup(a, directory) };
    struct fleet f = { .a = a };
    bool ok = site_open(&s, e) && boot_row(&s, e) && site_furnish(&s, e) && read_rows(&s, e) &&
              register_row(&s, &f, e) && heartbeat_row(&s, &f, e) && memory_row(&s);
    if (!ok)
        failure_print("control plane", e);
    site_close(&s);
    return ok;
}

bool rows_of_events(struct arena *a, const char *directory, struct error *e)
{
    struct site s = { .arena = a, .directory = path_join(a, directory, "events") };
    struct fleet f = { .a = a };
    double ignored;
    bool ok = directory_make(s.directory, 0711, e) && site_open(&s, e) &&
              site_boot(&s, &ignored, e) && site_furnish(&s, e) && prepare_fleet(&s, &f, e) &&
              register_round(&s, &f, 0, &ignored, e);
    /* What registrations left in the heap would be taken for streams' memory that is not there. */
    if (ok)
        site_halt(&s);
    ok = ok && site_boot(&s, &ignored, e) && event_rows(&s, f.nodes, f.keys, REGISTRATIONS, e);
    if (!ok)
        failure_print("events", e);
    site_close(&s);
    return ok;
}
