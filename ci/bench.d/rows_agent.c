/* The agent's Local Node API beside a Go server that answers the same: processor time a request,
 * each driven by the same client over a Unix socket. */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ci/bench.d/bench.h"
#include "common/file.h"
#include "common/text.h"
#include "common/timestamp.h"

enum { ROUNDS = 7, REQUESTS = 20000, CONNECTIONS = 4, READY_MS = 10000 };

struct pair {
    struct arena *a;
    const char *directory, *data;
    const char *agent_socket, *go_socket;
    struct process agent, go;
    bool has_go;
};

/* ---- what both serve ---- */

static bool put_file(struct pair *p, const char *name, const char *text, struct error *e)
{
    return file_write_atomic(path_join(p->a, p->data, name), text, strlen(text), 0600, e);
}

/* An identity as a registration leaves it (keys of no worth), and a state as small as most are. */
static bool furnish(struct pair *p, struct error *e)
{
    static const char key[] = "1ToDJpGvcTRsC7jEjRnYlp6tAVkvDyuM1qtIXwjHHGk=";
    const char *identity =
        arena_printf(p->a,
                     "{\"node_id\":\"bench\",\"mesh_ip\":\"10.100.0.1\","
                     "\"signing_public_key\":\"%s\",\"signing_key_id\":\"\",\"dialect\":\"mvp\"}",
                     key);
    if (!directory_make(path_join(p->a, p->data, "state/data"), 0700, e) ||
        !put_file(p, "identity.json", identity, e) || !put_file(p, "private_key", key, e) ||
        !put_file(p, "signing_public_key", key, e) ||
        !put_file(p, "node_secret_key", "0123456789abcdef0123456789abcdef", e) ||
        !put_file(p, "state/secrets.json", "[{\"key\":\"tls-cert\",\"version\":2}]", e) ||
        !put_file(p, "state/metadata.json",
                  "{\"environment\":\"production\",\"region\":\"eu-west-1\",\"role\":\"worker\"}",
                  e))
        return false;
    for (int i = 0; i < 5; i++) {
        const char *text = arena_printf(
            p->a,
            "{\"key\":\"config-%d\",\"content_type\":\"application/json\",\"payload\":"
            "{\"host\":\"db.internal\",\"port\":5432,\"database\":\"myapp\"},\"version\":%d,"
            "\"updated_at\":\"2025-01-15T10:30:00Z\"}",
            i, i + 1);
        if (!put_file(p, arena_printf(p->a, "state/data/config-%d.json", i), text, e))
            return false;
    }
    return true;
}

/* ---- the two servers ---- */

static bool build_go(struct pair *p, struct error *e)
{
    struct arena *a = p->a;
    const char *program = path_join(a, p->directory, "node_api_go");
    char *argv[] = { arena_strdup(a, "go"),
                     arena_strdup(a, "build"),
                     arena_strdup(a, "-buildvcs=false"),
                     arena_strdup(a, "-o"),
                     arena_strdup(a, program),
                     arena_strdup(a, "."),
                     NULL };
    struct process_options o = { .argv = argv, .cwd = "ci/bench.d/node_api_go" };
    struct process_result r;
    if (!process_run(a, &o, (struct bytes){ 0 }, 1 << 20, 300000, &r, e))
        return false;
    return (r.end == PROCESS_EXITED && r.code == 0) ||
           error_set(e, "%s", text_trim(a, (const char *)r.err.data));
}

static bool wait_for(const char *socket, struct process *p, struct error *e)
{
    int64_t end = clock_monotonic_nanos() + READY_MS * INT64_C(1000000);
    int code;
    while (clock_monotonic_nanos() < end) {
        if (path_exists(socket))
            return true;
        if (process_wait(p, 10, &code) != PROCESS_TIMED_OUT)
            break;
    }
    return error_set(e, "no server came up at %s", socket);
}

static bool start_go(struct pair *p, struct error *e)
{
    struct arena *a = p->a;
    char *argv[] = { path_join(a, p->directory, "node_api_go"), arena_strdup(a, p->go_socket),
                     path_join(a, p->data, "state"), NULL };
    struct process_options o = { .argv = argv };
    struct error why = { "" };
    if (!build_go(p, &why)) {
        printf("  no Go server to compare with: %.300s\n", why.text);
        return true;
    }
    p->has_go = process_start(&o, &p->go, e) && wait_for(p->go_socket, &p->go, e);
    return p->has_go;
}

/* Nobody listens at port 1: the agent goes on with what it has. */
static bool start_agent(struct pair *p, struct error *e)
{
    struct arena *a = p->a;
    char *words[] = { path_join(a, path_of_executable(a), "plexd"),
                      arena_strdup(a, "up"),
                      arena_strdup(a, "--api"),
                      arena_strdup(a, "http://127.0.0.1:1"),
                      arena_strdup(a, "--dialect"),
                      arena_strdup(a, "mvp"),
                      arena_strdup(a, "--data-dir"),
                      arena_strdup(a, p->data),
                      arena_strdup(a, "--socket"),
                      arena_strdup(a, p->agent_socket),
                      NULL };
    struct process_options o = { .argv = words, .stderr_fd = -1 };
    return process_start(&o, &p->agent, e) && wait_for(p->agent_socket, &p->agent, e);
}

/* ---- the figures ---- */

struct answer {
    char text[4096];
};

static void keep(void *arg, size_t request, const char *body, size_t len)
{
    struct answer *a = arg;
    (void)request;
    snprintf(a->text, sizeof a->text, "%.*s", (int)len, body);
}

static bool drive(const char *socket, pid_t pid, const struct bytes *rq, size_t total,
                  struct answer *answer, double *micros, struct error *e)
{
    struct load l = { .socket = socket,
                      .connections = CONNECTIONS,
                      .requests = rq,
                      .n_requests = 1,
                      .total = total,
                      .status = 200,
                      .answered = answer == NULL ? NULL : keep,
                      .arg = answer };
    double seconds, before = cpu_of_process(pid);
    if (!load_run(&l, &seconds, e))
        return false;
    *micros = (cpu_of_process(pid) - before) * 1e6 / (double)total;
    return true;
}

/* What differs is not compared. */
static bool same_answers(struct pair *p, const struct bytes *rq, struct error *e)
{
    struct answer ours, theirs;
    double micros;
    if (!drive(p->agent_socket, p->agent.pid, rq, CONNECTIONS, &ours, &micros, e) ||
        (p->has_go && !drive(p->go_socket, p->go.pid, rq, CONNECTIONS, &theirs, &micros, e)))
        return false;
    return !p->has_go || text_equal(ours.text, theirs.text) ||
           error_set(e, "the two servers answer differently");
}

static bool row(struct pair *p, const char *path, struct error *e)
{
    struct bytes rq = load_request(p->a, "GET", path, NULL, NULL);
    struct samples ratio = { .n = 0 }, ours = { .n = 0 }, theirs = { .n = 0 };
    double mine = 0, other = 0;
    if (!same_answers(p, &rq, e))
        return false;
    for (int i = -1; i < ROUNDS; i++) { /* the first one warms up */
        if (!drive(p->agent_socket, p->agent.pid, &rq, REQUESTS, NULL, &mine, e) ||
            (p->has_go && !drive(p->go_socket, p->go.pid, &rq, REQUESTS, NULL, &other, e)))
            return false;
        if (i < 0)
            continue;
        samples_add(&ours, mine);
        if (!p->has_go)
            continue;
        samples_add(&theirs, other);
        samples_add(&ratio, mine / other);
    }
    if (p->has_go)
        row_print(arena_printf(p->a, "agent: GET %s CPU / Go's net/http", path), &ratio, "x", 0.6,
                  false);
    note_print(arena_printf(p->a, "  agent CPU a request (GET %s)", path), &ours, "us");
    if (p->has_go)
        note_print("  Go server CPU a request", &theirs, "us");
    return true;
}

static void memory_row(struct pair *p, const char *when)
{
    struct samples s = { .n = 0 };
    samples_add(&s, private_mib(p->agent.pid));
    row_print(arena_printf(p->a, "agent: private memory, %s", when), &s, "MiB", 8, false);
    if (!p->has_go)
        return;
    s.n = 0;
    samples_add(&s, private_mib(p->go.pid));
    note_print("  Go server", &s, "MiB");
}

static bool measure(struct pair *p, struct error *e)
{
    if (!furnish(p, e) || !start_agent(p, e) || !start_go(p, e))
        return false;
    memory_row(p, "just started");
    bool ok = row(p, "/v1/state", e) && row(p, "/v1/state/data/config-2", e);
    if (ok)
        memory_row(p, "after all of this");
    return ok;
}

bool rows_of_agent(struct arena *a, const char *directory, struct error *e)
{
    struct pair p = { .a = a, .directory = directory };
    int code;
    p.data = path_join(a, directory, "agent");
    p.agent_socket = path_join(a, directory, "agent.sock");
    p.go_socket = path_join(a, directory, "go.sock");
    bool ok = measure(&p, e);
    if (!ok)
        failure_print("agent", e);
    if (p.agent.pid != 0)
        process_stop(&p.agent, 5000, &code);
    if (p.go.pid != 0)
        process_stop(&p.go, 1000, &code);
    return ok;
}
