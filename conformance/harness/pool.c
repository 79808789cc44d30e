#include "harness/pool.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/arena.h"
#include "common/buffer.h"
#include "common/json.h"
#include "common/memory.h"
#include "common/process.h"
#include "common/timestamp.h"
#include "harness/case.h"

#define MEMBERS_MAX 256
#define WORLD_BUDGET_MS 60000
#define WORLD_TRIES 3 /* failures in a row before the run gives up */
#define OVERDUE_IN_A_ROW 10
#define POLL_MS 100

enum member_state { MEMBER_GONE, MEMBER_BUILDING, MEMBER_IDLE, MEMBER_BUSY };

struct member {
    enum member_state state;
    pid_t pid;
    int fd;
    int number;
    struct worker_job job;
    int64_t deadline; /* monotonic nanoseconds, while building or busy */
    unsigned budget_ms;
    struct buffer in;
};

struct pool {
    struct pool_options o;
    struct member members[MEMBERS_MAX];
    int n_members; /* places ever used */
    int next_number;
    int world_failures, overdue_in_a_row, losses;
    struct error world_fault; /* why the last world was not built */
    struct error *e;          /* of the batch; set when it gives up */
    bool gave_up;
};

struct pool *pool_create(const struct pool_options *o)
{
    struct pool *p = mem_alloc(sizeof(*p));
    p->o = *o;
    return p;
}

static int64_t deadline_in(unsigned ms)
{
    return clock_monotonic_nanos() + (int64_t)ms * 1000000;
}

static void give_up(struct pool *p)
{
    p->gave_up = true;
}

/* ---- one member's life ------------------------------------------------------------------- */

/* The child keeps its own socket only: a sibling's would hide that sibling's end from the parent.
 */
static void become_worker(struct pool *p, int number, int fd) NO_RETURN;
static void become_worker(struct pool *p, int number, int fd)
{
    for (int i = 0; i < p->n_members; i++) {
        if (p->members[i].state != MEMBER_GONE)
            close(p->members[i].fd);
    }
    worker_main(p->o.setup, number, fd);
}

static bool start_member(struct pool *p, struct member *m)
{
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
        return error_errno(p->e, errno, "a worker cannot be started");
    fflush(NULL); /* or the child would print it again */
    int number = p->next_number++;
    pid_t pid = fork();
    if (pid == 0) {
        close(pair[0]);
        become_worker(p, number, pair[1]);
    }
    close(pair[1]);
    if (pid < 0) {
        int code = errno;
        close(pair[0]);
        return error_errno(p->e, code, "a worker cannot be started");
    }
    *m = (struct member){ .state = MEMBER_BUILDING,
                          .pid = pid,
                          .fd = pair[0],
                          .number = number,
                          .deadline = deadline_in(WORLD_BUDGET_MS) };
    buffer_init(&m->in, WORKER_FRAME_MAX + sizeof(uint32_t));
    return true;
}

/* Reaps. A process that has begun to exit keeps its own status, so the kill cannot falsify it. */
static int end_member(struct member *m)
{
    int status = 0;
    kill(m->pid, SIGKILL);
    while (waitpid(m->pid, &status, 0) < 0 && errno == EINTR)
        ;
    close(m->fd);
    buffer_release(&m->in);
    m->state = MEMBER_GONE;
    return status;
}

void pool_destroy(struct pool *p)
{
    if (p == NULL)
        return;
    for (int i = 0; i < p->n_members; i++) {
        struct member *m = &p->members[i];
        if (m->state == MEMBER_IDLE) {
            /* Closing asks it to leave by itself, so that what its world deferred is released. */
            shutdown(m->fd, SHUT_WR);
            struct pollfd ended = { .fd = m->fd, .events = POLLIN };
            poll(&ended, 1, 2000);
        }
        if (m->state != MEMBER_GONE)
            end_member(m);
    }
    mem_free(p);
}

static void answer(struct pool *p, struct member *m, const json_t *result)
{
    m->state = MEMBER_IDLE;
    p->o.done(p->o.arg, &m->job, m->number, result);
}

static void answer_for(struct pool *p, struct member *m, enum verdict_kind verdict, double ms,
                       const char *message)
{
    json_t *result = json_pack("{s:i, s:i, s:s, s:f, s:s}", "row", (int)m->job.row, "impostor",
                               (int)m->job.impostor, "verdict", verdict_text(verdict), "ms", ms,
                               "message", message);
    answer(p, m, result);
    json_decref(result);
}

static void world_failed(struct pool *p, const char *why)
{
    error_set(&p->world_fault, "%s", why);
    if (++p->world_failures >= WORLD_TRIES && !p->gave_up) {
        error_set(p->e, "the target could not be set up for the cases: %s", why);
        give_up(p);
    }
}

static void world_built(struct pool *p)
{
    if (p->world_failures > 0 && p->o.replaced != NULL)
        p->o.replaced(p->o.arg, p->world_fault.text);
    p->world_failures = 0;
}

/* The worker's end was seen: its socket is closed. */
static void member_ended(struct pool *p, struct member *m)
{
    struct arena *a = arena_create();
    enum member_state was = m->state;
    int status = end_member(m);
    const char *how = WIFSIGNALED(status)
                          ? process_end_text(a, PROCESS_SIGNALLED, WTERMSIG(status))
                          : process_end_text(a, PROCESS_EXITED, WEXITSTATUS(status));
    if (was == MEMBER_BUILDING) {
        world_failed(p, arena_printf(a, "the worker ended (%s)", how));
    } else if (was == MEMBER_BUSY) {
        p->losses++;
        const struct case_row *row = case_at(m->job.row);
        answer_for(p, m, VERDICT_BROKEN, 0,
                   arena_printf(a, "its worker ended while it ran %s: %s", row->id, how));
        m->state = MEMBER_GONE;
    }
    arena_destroy(a);
}

/* RUN-012: the worker is killed; nothing else can be believed about it. */
static void member_overdue(struct pool *p, struct member *m)
{
    struct arena *a = arena_create();
    enum member_state was = m->state;
    end_member(m);
    if (was == MEMBER_BUILDING) {
        world_failed(p, arena_printf(a, "not ready after %d s", WORLD_BUDGET_MS / 1000));
    } else {
        p->losses++;
        p->overdue_in_a_row++;
        answer_for(p, m, VERDICT_FAILED, m->budget_ms,
                   arena_printf(a, "over its budget of %u ms", m->budget_ms));
        m->state = MEMBER_GONE;
    }
    arena_destroy(a);
}

static void take_frame(struct pool *p, struct member *m, const char *text, size_t len)
{
    struct arena *a = arena_create();
    struct error e = { .text = "" };
    json_t *frame = NULL;
    if (!json_parse(a, text, len, &frame, &e)) {
        fprintf(stderr, "plexconf: worker %d: unreadable frame: %s\n", m->number, e.text);
        kill(m->pid, SIGKILL); /* its end is seen and answered next */
    } else if (json_text(frame, "error") != NULL) {
        end_member(m);
        world_failed(p, json_text(frame, "error"));
    } else if (json_member(frame, "ready") != NULL) {
        m->state = MEMBER_IDLE;
        world_built(p);
    } else if (m->state == MEMBER_BUSY) {
        p->overdue_in_a_row = 0;
        answer(p, m, frame);
    }
    arena_destroy(a);
}

static void take_frames(struct pool *p, struct member *m)
{
    uint32_t len;
    while (m->state != MEMBER_GONE && m->in.len >= sizeof(len)) {
        memcpy(&len, m->in.data, sizeof(len));
        if (m->in.len < sizeof(len) + len)
            return;
        size_t whole = sizeof(len) + len;
        take_frame(p, m, m->in.data + sizeof(len), len);
        if (m->state == MEMBER_GONE)
            return;
        memmove(m->in.data, m->in.data + whole, m->in.len - whole);
        m->in.len -= whole;
    }
}

static void read_member(struct pool *p, struct member *m)
{
    char piece[65536];
    ssize_t n = recv(m->fd, piece, sizeof(piece), MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n <= 0 || !buffer_append(&m->in, piece, (size_t)n))
        member_ended(p, m);
    else
        take_frames(p, m);
}

/* ---- a batch ----------------------------------------------------------------------------- */

struct batch {
    const struct worker_job *jobs;
    size_t n, next;
    int workers, losses_allowed;
    bool draining;
};

static int count_members(const struct pool *p, bool working_only)
{
    int n = 0;
    for (int i = 0; i < p->n_members; i++) {
        enum member_state s = p->members[i].state;
        n += working_only ? s == MEMBER_BUSY : s != MEMBER_GONE;
    }
    return n;
}

static struct member *free_place(struct pool *p)
{
    for (int i = 0; i < p->n_members; i++) {
        if (p->members[i].state == MEMBER_GONE)
            return &p->members[i];
    }
    return p->n_members < MEMBERS_MAX ? &p->members[p->n_members++] : NULL;
}

static void start_members(struct pool *p, const struct batch *b)
{
    size_t open_jobs = b->n - b->next + (size_t)count_members(p, true);
    while (count_members(p, false) < b->workers && (size_t)count_members(p, false) < open_jobs &&
           !p->gave_up) {
        struct member *m = free_place(p);
        if (m == NULL)
            return;
        if (!start_member(p, m))
            give_up(p);
    }
}

static void hand_out(struct pool *p, struct batch *b)
{
    int busy = count_members(p, true);
    for (int i = 0; i < p->n_members && b->next < b->n && busy < b->workers; i++) {
        struct member *m = &p->members[i];
        if (m->state != MEMBER_IDLE)
            continue;
        m->job = b->jobs[b->next++];
        m->state = MEMBER_BUSY;
        m->budget_ms = p->o.budget(p->o.arg, &m->job);
        m->deadline = deadline_in(m->budget_ms);
        busy++;
        /* A dead worker is found out by the next read; its job is answered there. */
        (void)!send(m->fd, &m->job, sizeof(m->job), MSG_NOSIGNAL);
    }
}

static void expire(struct pool *p)
{
    int64_t now = clock_monotonic_nanos();
    for (int i = 0; i < p->n_members; i++) {
        struct member *m = &p->members[i];
        if ((m->state == MEMBER_BUSY || m->state == MEMBER_BUILDING) && now >= m->deadline)
            member_overdue(p, m);
    }
}

static int poll_timeout(const struct pool *p)
{
    int64_t least = POLL_MS * INT64_C(1000000), now = clock_monotonic_nanos();
    for (int i = 0; i < p->n_members; i++) {
        const struct member *m = &p->members[i];
        if ((m->state == MEMBER_BUSY || m->state == MEMBER_BUILDING) && m->deadline - now < least)
            least = m->deadline - now;
    }
    return least <= 0 ? 0 : (int)(least / 1000000) + 1;
}

static void wait_for_members(struct pool *p)
{
    struct pollfd fds[MEMBERS_MAX];
    for (int i = 0; i < p->n_members; i++) {
        bool gone = p->members[i].state == MEMBER_GONE;
        fds[i] = (struct pollfd){ .fd = gone ? -1 : p->members[i].fd, .events = POLLIN };
    }
    if (poll(fds, (nfds_t)p->n_members, poll_timeout(p)) <= 0)
        return;
    for (int i = 0; i < p->n_members; i++) {
        if (fds[i].fd >= 0 && fds[i].revents != 0)
            read_member(p, &p->members[i]);
    }
}

static void check_losses(struct pool *p, const struct batch *b)
{
    if (p->gave_up)
        return;
    if (p->overdue_in_a_row >= OVERDUE_IN_A_ROW)
        error_set(p->e, "%d cases in a row ran over their budget; is the target alive?",
                  p->overdue_in_a_row);
    else if (p->losses > b->losses_allowed)
        error_set(p->e, "%d workers were lost; the run is stopped", p->losses);
    else
        return;
    give_up(p);
}

static void kill_busy(struct pool *p)
{
    for (int i = 0; i < p->n_members; i++) {
        struct member *m = &p->members[i];
        if (m->state == MEMBER_BUSY || m->state == MEMBER_BUILDING)
            end_member(m);
    }
}

static void run_batch(struct pool *p, struct batch *b)
{
    while (!p->gave_up) {
        enum pool_order order = p->o.order(p->o.arg);
        if (order == POOL_STOP)
            return;
        b->draining = b->draining || order == POOL_DRAIN;
        if (!b->draining) {
            start_members(p, b);
            hand_out(p, b);
        }
        if (count_members(p, true) == 0 && (b->draining || b->next == b->n))
            return;
        wait_for_members(p);
        expire(p);
        check_losses(p, b);
    }
}

bool pool_run(struct pool *p, const struct worker_job *jobs, size_t n, int workers, struct error *e)
{
    struct batch b = { .jobs = jobs, .n = n, .workers = workers };
    b.losses_allowed = 20 + (int)(n / 4);
    p->e = e;
    p->gave_up = false;
    p->losses = p->overdue_in_a_row = p->world_failures = 0;
    run_batch(p, &b);
    kill_busy(p);
    return !p->gave_up;
}
