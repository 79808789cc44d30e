#include "harness/agent.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/encoding.h"
#include "common/environment.h"
#include "common/file.h"
#include "common/json.h"
#include "common/process.h"
#include "common/random.h"
#include "common/text.h"
#include "common/timestamp.h"
#include "harness/agent_parts.h"
#include "harness/case.h"
#include "harness/hooks.h"
#include "harness/judge.h"
#include "harness/placeholders.h"
#include "harness/profile.h"
#include "harness/worker.h"
#include "harness/world_own.h"

#define WAIT_MS 15000
#define STOP_MS 10000
#define HOUR_MS 3600000

/* ---- the case's folder -------------------------------------------------------------------- */

static void remove_directory(void *path)
{
    bool removed = directory_remove(path, NULL);
    (void)removed; /* a leftover goes with the run directory */
}

const char *agent_case_directory(struct world *w)
{
    static const char key;
    struct error e = { "" };
    char *directory = arena_attached(w->arena, &key);
    /* Agents sync what they write. What is judged here is killed and never loses its power, so a
     * disk that others keep busy would only make cases late. */
    const char *scratch = w->profile->memory != NULL ? w->profile->memory : "/tmp";
    if (directory != NULL)
        return directory;
    if (!directory_make_temporary(w->arena, path_join(w->arena, scratch, "agent"), &directory, &e))
        broken(w, "%s", e.text);
    (void)chmod(directory, 0711); /* other users pass through to the socket */
    arena_attach(w->arena, &key, directory);
    world_defer(w, remove_directory, directory);
    return directory;
}

/* ---- what the command's placeholders say -------------------------------------------------- */

static const char *duration(struct arena *a, int ms, int otherwise)
{
    return arena_printf(a, "%dms", ms == 0 ? otherwise : ms);
}

static enum agent_dialect dialect_of(const struct agent_options *o)
{
    enum agent_dialect d = o->cp == NULL ? o->dialect : cp_dialect(o->cp);
    return !o->other_dialect ? d : d == AGENT_V1 ? AGENT_MVP : AGENT_V1;
}

const struct placeholder *agent_parameters(const struct agent *a)
{
    const struct agent_options *o = &a->o;
    struct arena *m = a->w->arena;
    const bool real = o->cp == NULL;
    const struct placeholder list[] = {
        { "BIN", path_of_executable(m) },
        { "RUN_DIR", a->w->profile->scratch },
        { "CONTROL_PLANE", o->url != NULL ? o->url : cp_url(o->cp) },
        { "CA_FILE", o->ca_file != NULL ? o->ca_file
                     : real             ? ""
                                        : cp_ca_file(o->cp) },
        { "TOKEN", o->token_env != NULL ? o->token_env : "" },
        { "TOKEN_FILE", a->token_file },
        { "DATA_DIR", a->data },
        { "SOCKET", a->socket },
        { "HTTP_ENABLED", o->http ? "true" : "false" },
        { "HTTP_LISTEN", a->http_listen },
        { "HTTP_TOKEN_FILE", a->http_token_file },
        { "SECRET_AUTH", o->secret_auth ? "true" : "false" },
        { "DIALECT", agent_dialect_name(dialect_of(o)) },
        { "HOSTNAME", a->hostname },
        { "PROJECT_ID", real || o->project_id != NULL ? o->project_id : cp_project_id(o->cp) },
        { "DEV_CONTROL", o->dev_control ? a->dev_control : "" },
        { "CONFIG_FILE", a->config_file },
        { "DEBOUNCE", duration(m, o->debounce_ms, 100) },
        { "HEARTBEAT_INTERVAL", duration(m, o->heartbeat_ms, HOUR_MS) },
        { "RECONCILE_INTERVAL", duration(m, o->reconcile_ms, HOUR_MS) },
        { NULL, NULL },
    };
    return arena_copy(m, list, sizeof list);
}

/* ---- preparing ---------------------------------------------------------------------------- */

static void write_file(struct world *w, const char *file, const char *text, mode_t mode)
{
    struct error e = { "" };
    const struct profile_agent *p = &w->profile->agent;
    if (!file_write_atomic(file, text, strlen(text), mode, &e))
        broken(w, "%s", e.text);
    if (p->uid != 0 && chown(file, (uid_t)p->uid, p->gid != 0 ? (gid_t)p->gid : (gid_t)-1) != 0)
        broken(w, "agent.uid %d: %s cannot be given to it: %s", p->uid, file, strerror(errno));
}

/* A port that is free now; somebody else may take it before the agent does, which a run on a quiet
 * loopback has not seen. */
static const char *free_port(struct world *w)
{
    struct sockaddr_in address = { .sin_family = AF_INET,
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t size = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool ok = fd >= 0 && bind(fd, (struct sockaddr *)&address, size) == 0 &&
              getsockname(fd, (struct sockaddr *)&address, &size) == 0;
    if (fd >= 0)
        close(fd);
    if (!ok)
        broken(w, "no free port on 127.0.0.1: %s", strerror(errno));
    return arena_printf(w->arena, "127.0.0.1:%u", (unsigned)ntohs(address.sin_port));
}

/* A process that is killed writes no counters: where lines are counted it may end by itself. */
#ifdef PLEXCONF_COVERAGE
enum { END_GRACE_MS = 5000 };
#else
enum { END_GRACE_MS = 0 };
#endif

static void end_agent(void *thing)
{
    struct agent *a = thing;
    int code;
    if (a->process.pid > 0)
        (void)process_stop(&a->process, END_GRACE_MS, &code);
}

static void write_inputs(struct agent *a)
{
    struct world *w = a->w;
    const struct agent_options *o = &a->o;
    const struct profile_agent *p = &w->profile->agent;
    if (!o->no_token_file)
        write_file(w, a->token_file, o->token != NULL ? o->token : cp_token(o->cp), 0600);
    write_file(w, a->http_token_file, a->http_token, 0600);
    if (p->config != NULL)
        write_file(w, a->config_file,
                   arena_printf(w->arena, "%s%s",
                                placeholders_text(w->arena, p->config, agent_parameters(a)),
                                o->more_config != NULL ? o->more_config : ""),
                   0600);
}

static void make_folders(struct agent *a)
{
    struct world *w = a->w;
    const struct profile_agent *p = &w->profile->agent;
    struct error e = { "" };
    gid_t gid = p->gid != 0 ? (gid_t)p->gid : (gid_t)-1;
    a->run = path_join(w->arena, a->directory, "run");
    if (!directory_make(a->data, 0700, &e) || !directory_make(a->run, 0755, &e))
        broken(w, "%s", e.text);
    if (p->uid != 0 &&
        (chown(a->data, (uid_t)p->uid, gid) != 0 || chown(a->run, (uid_t)p->uid, gid) != 0))
        broken(w, "agent.uid %d: its folders cannot be given to it: %s", p->uid, strerror(errno));
}

struct agent *agent_prepare(struct world *w, struct agent_options o)
{
    struct arena *m = w->arena;
    unsigned char raw[16];
    struct agent *a = arena_alloc(m, sizeof *a);
    if (w->profile->agent.argv == NULL)
        unsupported(w, "the profile describes no agent");
    random_bytes(raw, sizeof raw);
    *a = (struct agent){ .w = w, .o = o, .directory = agent_case_directory(w) };
    a->data = path_join(m, a->directory, "data");
    make_folders(a);
    a->socket =
        path_join(m, o.socket_folder == NULL ? a->run : path_join(m, a->run, o.socket_folder),
                  "api.sock");
    a->dev_control = path_join(m, a->run, "control.sock");
    a->token_file = path_join(m, a->run, "bootstrap-token");
    a->http_token_file = path_join(m, a->run, "http-token");
    a->config_file = path_join(m, a->directory, "config.yaml");
    a->log_file = path_join(m, a->directory, "stderr.log");
    a->http_listen = free_port(w);
    a->http_token = hex_encode(m, raw, sizeof raw);
    a->hostname = o.hostname != NULL ? o.hostname : world_name(w, "host");
    redact_learn(w->own->redact, a->http_token);
    write_inputs(a);
    world_defer(w, end_agent, a);
    return a;
}

/* ---- starting ----------------------------------------------------------------------------- */

/* What a program needs to run at all, and what the profile says; an empty value is no variable. */
char **agent_environment(const struct agent *a)
{
    static const char *const passed_on[] = { "PATH",          "HOME",
                                             "TMPDIR",        "ASAN_OPTIONS",
                                             "UBSAN_OPTIONS", "TSAN_OPTIONS",
                                             "GCOV_PREFIX",   "GCOV_PREFIX_STRIP" };
    struct arena *m = a->w->arena;
    const json_t *env = a->w->profile->agent.env;
    const struct placeholder *known = agent_parameters(a);
    struct environment own = environment_of_process();
    char **pairs =
        arena_alloc_array(m, ARRAY_LEN(passed_on) + json_object_size(env) + ARRAY_LEN(a->o.env) + 1,
                          sizeof *pairs);
    size_t n = 0;
    const char *name;
    json_t *value;
    for (size_t i = 0; i < ARRAY_LEN(passed_on); i++)
        if (environment_get(&own, passed_on[i]) != NULL)
            pairs[n++] =
                arena_printf(m, "%s=%s", passed_on[i], environment_get(&own, passed_on[i]));
    json_object_foreach ((json_t *)(uintptr_t)env, name, value) {
        const char *text = placeholders_text(m, json_string_value(value), known);
        if (text[0] != '\0')
            pairs[n++] = arena_printf(m, "%s=%s", name, text);
    }
    for (size_t i = 0; i < ARRAY_LEN(a->o.env) && a->o.env[i] != NULL; i++)
        pairs[n++] = arena_strdup(m, a->o.env[i]);
    return pairs;
}

char **agent_without_empty(struct arena *m, char **argv)
{
    size_t n = 0, out = 0;
    while (argv[n] != NULL)
        n++;
    char **kept = arena_alloc_array(m, n + 1, sizeof *kept);
    for (size_t i = 0; i < n; i++) {
        if (argv[i][0] == '\0' && out > 0 && text_starts(kept[out - 1], "--"))
            kept[--out] = NULL;
        else
            kept[out++] = argv[i];
    }
    return kept;
}

void agent_start(struct agent *a)
{
    struct world *w = a->w;
    struct error e = { "" };
    const struct profile_agent *p = &w->profile->agent;
    const struct placeholder *known = agent_parameters(a);
    worker_judges_agent(w);
    a->starts++;
    a->stood_in = worker_impostor(w) != IMPOSTOR_NONE;
    if (a->stood_in)
        return;
    int log = open(a->log_file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    struct process_options o = {
        .argv = agent_without_empty(w->arena, placeholders_argv(w->arena, p->argv, known)),
        .env = agent_environment(a),
        .cwd = a->directory,
        .stdin_fd = -1,
        .stdout_fd = log,
        .stderr_fd = log,
        .uid = (uid_t)p->uid,
        .gid = (gid_t)p->gid,
        .new_group = true,
    };
    bool ok = log >= 0 && process_start(&o, &a->process, &e);
    if (log >= 0)
        close(log);
    if (!ok)
        broken(w, "the agent cannot be started: %s", e.text);
}

size_t agent_starts(const struct agent *a)
{
    return a->starts;
}

const char *agent_log(struct agent *a)
{
    struct bytes text;
    if (!file_read(a->w->arena, a->log_file, 4u << 20, &text, NULL))
        return "";
    return redact_text(a->w->own->redact, a->w->arena, (const char *)text.data);
}

bool agent_log_leaks(struct agent *a, const char *secret)
{
    struct bytes text;
    return file_read(a->w->arena, a->log_file, 4u << 20, &text, NULL) &&
           text_contains((const char *)text.data, secret);
}

/* The end of the log, short enough for a message. */
static const char *last_words(struct agent *a)
{
    const char *log = text_trim(a->w->arena, agent_log(a));
    size_t len = strlen(log);
    return len == 0 ? "it said nothing"
                    : arena_printf(a->w->arena, "it said: %s", len > 600 ? log + len - 600 : log);
}

static const char *place_file(const struct agent *a)
{
    return a->w->row == NULL ? NULL : a->w->row->file;
}

void agent_ready(struct agent *a)
{
    int code, line = a->w->row == NULL ? 0 : a->w->row->line;
    int64_t until = clock_monotonic_nanos() + (int64_t)a->w->profile->agent.ready_ms * 1000000;
    while (!a->stood_in && !agent_listens(a)) {
        enum process_end end = process_wait(&a->process, 2, &code);
        if (end != PROCESS_TIMED_OUT)
            fail_case(a->w, place_file(a), line,
                      "the agent ended before its node API listened: %s; %s",
                      process_end_text(a->w->arena, end, code), last_words(a));
        if (clock_monotonic_nanos() > until)
            fail_case(a->w, place_file(a), line,
                      "the agent's node API does not listen after %d ms; %s",
                      a->w->profile->agent.ready_ms, last_words(a));
    }
}

struct agent *agent_run(struct world *w, struct agent_options o)
{
    struct agent *a = agent_prepare(w, o);
    agent_start(a);
    agent_ready(a);
    return a;
}

/* ---- ending ------------------------------------------------------------------------------- */

static int status_within(struct agent *a, int ms)
{
    int code;
    if (a->stood_in || a->process.pidfd < 0)
        return -1;
    return process_wait(&a->process, ms, &code) == PROCESS_EXITED ? code : -1;
}

void agent_tell_to_stop(struct agent *a)
{
    if (!a->stood_in && a->process.pid > 0)
        kill(a->process.pid, a->w->profile->agent.stop_signal);
}

int agent_stop(struct agent *a)
{
    agent_tell_to_stop(a);
    return status_within(a, STOP_MS);
}

void agent_kill(struct agent *a)
{
    int code;
    if (!a->stood_in && a->process.pid > 0) {
        kill(a->process.pid, SIGKILL);
        (void)process_wait(&a->process, STOP_MS, &code);
    }
}

int agent_exit_status(struct agent *a)
{
    return status_within(a, WAIT_MS);
}

bool agent_is_running(struct agent *a)
{
    int code;
    return !a->stood_in && process_wait(&a->process, 0, &code) == PROCESS_TIMED_OUT;
}

void agent_advance(struct agent *a, int64_t seconds)
{
    struct world *w = a->w;
    struct error e = { "" };
    struct hook hook = w->profile->agent.advance;
    json_t *answer;
    if (hook.argv == NULL)
        unsupported(w, "the profile has no agent.advance: the agent's clock cannot be moved");
    if (a->o.cp != NULL)
        cp_moved(a->o.cp, seconds);
    if (a->stood_in)
        return;
    hook.argv = placeholders_argv(w->arena, hook.argv, agent_parameters(a));
    json_t *input = json_own(w->arena, json_pack("{s:I}", "seconds", (json_int_t)seconds));
    if (!hook_run(w->arena, w->profile, &hook, "agent.advance", input, &answer, &e))
        broken(w, "%s", e.text);
}

/* ---- waiting ------------------------------------------------------------------------------ */

/* Asks every 2 ms: a file and a log say nothing by themselves. */
static bool until(struct agent *a, bool (*holds)(struct agent *a, const char *what),
                  const char *what)
{
    int64_t end = clock_monotonic_nanos() + (a->stood_in ? 0 : WAIT_MS * INT64_C(1000000));
    while (!holds(a, what)) {
        if (clock_monotonic_nanos() > end)
            return false;
        poll(NULL, 0, 2);
    }
    return true;
}

static bool log_says(struct agent *a, const char *text)
{
    return text_contains(agent_log(a), text);
}

bool agent_log_has(struct agent *a, const char *text)
{
    return until(a, log_says, text);
}

static bool file_is_there(struct agent *a, const char *name)
{
    return agent_has_file(a, name);
}

static bool file_is_gone(struct agent *a, const char *name)
{
    return !a->stood_in && !agent_has_file(a, name);
}

bool agent_file_appears(struct agent *a, const char *name)
{
    return until(a, file_is_there, name);
}

bool agent_file_goes(struct agent *a, const char *name)
{
    return until(a, file_is_gone, name);
}

bool agent_file_forgets(struct agent *a, const char *name, const char *text)
{
    int64_t end = clock_monotonic_nanos() + (a->stood_in ? 0 : WAIT_MS * INT64_C(1000000));
    for (;;) {
        const char *content = agent_read_file(a, name);
        if (content != NULL && !text_contains(content, text))
            return true;
        if (clock_monotonic_nanos() > end)
            return false;
        poll(NULL, 0, 2);
    }
}

/* One question of agent_until(); true when it is answered as hoped. `came` says how it was. */
static bool answers(struct agent *a, const char *where, const char *pointer, const char *text,
                    const char **came)
{
    struct reply *r;
    struct arena *m = a->w->arena;
    if (!send_quietly(exchange_new(a->w, "GET", where, (struct ask){ .agent = a }), &r)) {
        *came = "no answer";
        return false;
    }
    const char *status = arena_printf(m, "%d", r->status);
    const json_t *value = r->json == NULL ? NULL : json_at(r->json, pointer);
    *came = arena_printf(m, "%s %.300s", status, r->json == NULL ? "" : json_dump(m, r->json));
    if (pointer[0] == '\0')
        return text_equal(status, text);
    if (text == NULL)
        return r->json != NULL && value == NULL && (r->status == 200 || r->status == 404);
    if (r->status != 200 || value == NULL)
        return false;
    return text_equal(json_is_string(value) ? json_string_value(value) : json_dump(m, value), text);
}

bool agent_serves_over_tcp(struct agent *a)
{
    struct reply *r;
    struct ask ask = { .agent = a, .tcp = true, .bearer = a->http_token };
    return send_quietly(exchange_new(a->w, "GET", "/v1/state", ask), &r) && r->status == 200;
}

void agent_until_at(struct agent *a, const char *where, const char *pointer, const char *text,
                    const char *file, int line)
{
    const char *came = "";
    int64_t end = clock_monotonic_nanos() + (a->stood_in ? 0 : WAIT_MS * INT64_C(1000000));
    while (!answers(a, where, pointer, text, &came)) {
        if (clock_monotonic_nanos() > end)
            fail_case(a->w, file, line,
                      "GET %s of the node API: %s is not %s; it answered %s; the agent said: %s",
                      where, pointer[0] == '\0' ? "the status" : pointer,
                      text == NULL ? "absent" : text, came, last_words(a));
        poll(NULL, 0, 5);
    }
}
