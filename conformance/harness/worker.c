#include "harness/worker.h"

#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "common/file.h"
#include "common/json.h"
#include "common/timestamp.h"
#include "harness/case.h"
#include "harness/world.h"

#ifdef PLEXCONF_COVERAGE
void __gcov_dump(void);
#endif

#define EXCHANGES_KEPT 24

struct worker_state {
    const struct worker_setup *setup;
    int fd;
    enum impostor impostor;

    jmp_buf leave; /* valid while `inside` */
    bool inside;
    enum verdict_kind verdict;
    char message[ERROR_TEXT_CAP * 4];
    char where[512];

    json_t *exchanges; /* transcripts of the running case */
    size_t n_judged;
    json_t *seen;    /* {"operation status code": [operation, status, code, count]} */
    json_t *members; /* {"schema member": [schema, member]} */
};

static struct worker_state *state_of(const struct world *w)
{
    return w->engine;
}

const char *worker_impostor_name(enum impostor i)
{
    static const char *const names[] = { "none", "closed", "empty-200",   "500",
                                         "501",  "echo",   "right-status" };
    return (size_t)i < ARRAY_LEN(names) ? names[i] : "none";
}

const char *worker_place(const char *file)
{
    const char *found = strstr(file, "/conformance/");
    for (const char *next = found; next != NULL; next = strstr(found + 1, "/conformance/"))
        found = next;
    return found == NULL ? file : found + 1;
}

enum impostor worker_impostor(const struct world *w)
{
    return state_of(w)->impostor;
}

/* The parent prints nothing of ours, so a worker that cannot go on says why itself. */
static void die(const char *message) NO_RETURN;
static void die(const char *message)
{
    fprintf(stderr, "plexconf: worker: %s\n", message);
    _exit(70);
}

void worker_leave(struct world *w, enum verdict_kind verdict, const char *where_file, int line,
                  const char *message)
{
    struct worker_state *s = state_of(w);
    if (!s->inside)
        die("a verdict was given outside a case");
    s->verdict = verdict;
    snprintf(s->message, sizeof(s->message), "%s", message == NULL ? "" : message);
    if (w->row != NULL && (w->row->flags & CASE_SEEDED))
        snprintf(s->message, sizeof(s->message), "%s (seed %llu%s%s)",
                 message == NULL ? "" : message, (unsigned long long)w->seed,
                 w->during == NULL ? "" : ", ", w->during == NULL ? "" : w->during);
    s->where[0] = '\0';
    if (where_file != NULL)
        snprintf(s->where, sizeof(s->where), "%s:%d", worker_place(where_file), line);
    longjmp(s->leave, 1);
}

void worker_observe(struct world *w, const char *operation, int status, const char *code)
{
    struct worker_state *s = state_of(w);
    char key[512];
    if (operation == NULL || s->impostor != IMPOSTOR_NONE)
        return;
    snprintf(key, sizeof(key), "%s %d %s", operation, status, code == NULL ? "" : code);
    json_t *row = json_object_get(s->seen, key);
    if (row == NULL)
        json_object_set_new(s->seen, key, json_pack("[s, i, s?, i]", operation, status, code, 1));
    else
        json_array_set_new(row, 3, json_integer(json_integer_value(json_array_get(row, 3)) + 1));
}

void worker_observe_member(struct world *w, const char *schema, const char *member)
{
    struct worker_state *s = state_of(w);
    char key[512];
    if (s->impostor != IMPOSTOR_NONE)
        return;
    snprintf(key, sizeof(key), "%s %s", schema, member);
    if (json_object_get(s->members, key) == NULL)
        json_object_set_new(s->members, key, json_pack("[s, s]", schema, member));
}

void worker_add_exchange(struct world *w, json_t *transcript)
{
    struct worker_state *s = state_of(w);
    if (json_is_true(json_object_get(transcript, "judged")))
        s->n_judged++;
    if (json_array_size(s->exchanges) == EXCHANGES_KEPT)
        json_array_remove(s->exchanges, 0);
    json_array_append_new(s->exchanges, transcript);
}

void worker_judges_agent(struct world *w)
{
    state_of(w)->n_judged++;
}

/* setjmp lives in a frame of its own whose locals nobody changes after it. */
static bool guarded(struct world *w, void (*body)(struct world *w))
{
    struct worker_state *s = state_of(w);
    s->inside = true;
    bool came_through = setjmp(s->leave) == 0;
    if (came_through)
        body(w);
    s->inside = false;
    return came_through;
}

static void begin_and_run(struct world *w)
{
    struct worker_state *s = state_of(w);
    s->setup->makers->case_begin(w, w->row);
    w->row->run(w);
}

static void end_case(struct world *w)
{
    state_of(w)->setup->makers->case_end(w);
}

static void set_message(struct worker_state *s, enum verdict_kind v, const char *message)
{
    s->verdict = v;
    snprintf(s->message, sizeof(s->message), "%s", message);
}

/* RUN-020: a pass needs a request that an impostor could have answered, or nothing proves it can
 * fail. */
static void judge_the_pass(struct worker_state *s, const struct case_row *row)
{
    set_message(s, (row->flags & CASE_UNPROVISIONED) ? VERDICT_UNPROVISIONED : VERDICT_PASSED, "");
    if (s->n_judged == 0 && !(row->flags & (CASE_UNJUDGED | CASE_UNPROVISIONED)))
        set_message(s, VERDICT_BROKEN, "the case passed without a judged request");
}

static void forget_case(struct worker_state *s)
{
    s->message[0] = s->where[0] = '\0';
    s->n_judged = 0;
    json_array_clear(s->exchanges);
    json_object_clear(s->seen);
    json_object_clear(s->members);
}

static json_t *values_of(json_t *object)
{
    const char *key;
    json_t *value, *list = json_array();
    json_object_foreach (object, key, value)
        json_array_append(list, value);
    return list;
}

static bool send_frame(struct worker_state *s, struct arena *a, json_t *frame)
{
    const char *text = json_dump(a, json_own(a, frame));
    uint32_t len = (uint32_t)strlen(text);
    return write_all(s->fd, &len, sizeof(len)) && write_all(s->fd, text, len);
}

const char *worker_histories(const struct world *w)
{
    return state_of(w)->setup->histories;
}

static json_t *result_frame(struct worker_state *s, const struct worker_job *job, double ms)
{
    json_t *frame = json_pack("{s:i, s:i, s:s, s:f}", "row", (int)job->row, "impostor",
                              (int)job->impostor, "verdict", verdict_text(s->verdict), "ms", ms);
    if (s->message[0] != '\0')
        json_object_set_new(frame, "message", json_string(s->message));
    if (s->where[0] != '\0')
        json_object_set_new(frame, "where", json_string(s->where));
    bool told = s->verdict == VERDICT_FAILED || s->verdict == VERDICT_BROKEN;
    if (s->impostor == IMPOSTOR_NONE && (told || s->setup->transcripts))
        json_object_set(frame, "exchanges", s->exchanges);
    if (json_object_size(s->seen) > 0)
        json_object_set_new(frame, "seen", values_of(s->seen));
    if (json_object_size(s->members) > 0)
        json_object_set_new(frame, "members", values_of(s->members));
    return frame;
}

/* A clean-up that fails breaks a case that was fine, and never softens one that was not. */
static void run_clean_up(struct world *w)
{
    struct worker_state *s = state_of(w);
    bool fine = s->verdict == VERDICT_PASSED || s->verdict == VERDICT_UNPROVISIONED;
    enum verdict_kind verdict = s->verdict;
    const char *message = arena_strdup(w->arena, s->message);
    const char *where = arena_strdup(w->arena, s->where);
    if (guarded(w, end_case))
        return;
    if (fine) {
        s->verdict = VERDICT_BROKEN;
        return;
    }
    set_message(s, verdict, message);
    snprintf(s->where, sizeof(s->where), "%s", where);
}

static bool run_job(struct world *w, const struct worker_job *job)
{
    struct worker_state *s = state_of(w);
    w->row = case_at(job->row);
    if (w->row == NULL)
        die("the parent asked for a case that does not exist");
    s->impostor = (enum impostor)job->impostor;
    forget_case(s);
    w->during = NULL;
    int64_t start = clock_monotonic_nanos();
    if (guarded(w, begin_and_run))
        judge_the_pass(s, w->row);
    run_clean_up(w);
    double ms = (double)(clock_monotonic_nanos() - start) / 1e6;
    bool sent = send_frame(s, w->arena, result_frame(s, job, ms));
    w->row = NULL;
    arena_reset(w->arena);
    return sent;
}

static void build(struct world *w)
{
    struct worker_state *s = state_of(w);
    struct error e = { .text = "" };
    if (!s->setup->makers->build(w, s->setup->profile, w->worker, &e))
        worker_leave(w, VERDICT_BROKEN, NULL, 0, e.text);
}

static bool build_world(struct world *w)
{
    struct worker_state *s = state_of(w);
    json_t *frame = guarded(w, build) ? json_pack("{s:b}", "ready", 1)
                                      : json_pack("{s:s}", "error", s->message);
    bool ready = json_object_get(frame, "ready") != NULL;
    bool sent = send_frame(s, w->arena, frame);
    arena_reset(w->arena);
    return ready && sent;
}

static bool read_job(int fd, struct worker_job *job)
{
    size_t have = 0;
    while (have < sizeof(*job)) {
        ssize_t n = read(fd, (char *)job + have, sizeof(*job) - have);
        if (n <= 0)
            return false; /* the parent has no more, or is gone */
        have += (size_t)n;
    }
    return true;
}

void worker_main(const struct worker_setup *setup, int number, int fd)
{
    struct worker_state s = { .setup = setup, .fd = fd };
    struct world w = { .profile = setup->profile,
                       .run = setup->run,
                       .worker = number,
                       .seed = setup->seed,
                       .rounds = setup->rounds };
    struct worker_job job;
    signal(SIGINT, SIG_IGN); /* Ctrl-C reaches the whole group; the parent decides what ends */
    signal(SIGTERM, SIG_DFL);
    signal(SIGPIPE, SIG_IGN);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    s.exchanges = json_array();
    s.seen = json_object();
    s.members = json_object();
    w.arena = arena_create();
    w.world_arena = arena_create();
    w.engine = &s;
    if (build_world(&w)) {
        while (read_job(fd, &job) && run_job(&w, &job))
            ;
    }
    /* arena_defer may tie children or files to the world. */
    arena_destroy(w.arena);
    arena_destroy(w.world_arena);
#ifdef PLEXCONF_COVERAGE
    __gcov_dump();
#endif
    _exit(0); /* exit handlers belong to the parent */
}
