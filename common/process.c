#include "common/process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/arena.h"
#include "common/environment.h"
#include "common/file.h"
#include "common/text.h"
#include "common/timestamp.h"

#define DEFAULT_PATH "/usr/local/bin:/usr/bin:/bin"
#define CHILD_FAILED 127

/* What a child that cannot become the program sends up its pipe. */
struct failure {
    const char *step; /* static text, the same address in both processes */
    int code;
};

static NO_RETURN void child_fail(int report_fd, const char *step)
{
    struct failure f = { step, errno };
    ssize_t ignored = write(report_fd, &f, sizeof(f));
    (void)ignored;
    _exit(CHILD_FAILED);
}

/* A copy above the standard three, so that filling those overwrites no source. */
static int source_fd(int wanted, int own, int flags)
{
    int fd = wanted;
    if (wanted == 0 && own > 0)
        fd = own;
    else if (wanted <= 0)
        fd = open("/dev/null", flags | O_CLOEXEC);
    return fd < 0 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, 3);
}

static bool arrange_descriptors(const struct process_options *o)
{
    int in = source_fd(o->stdin_fd, 0, O_RDONLY);
    int out = source_fd(o->stdout_fd, 1, O_WRONLY);
    int err = source_fd(o->stderr_fd, 2, O_WRONLY);
    if (in < 0 || out < 0 || err < 0 || dup2(in, 0) < 0 || dup2(out, 1) < 0 || dup2(err, 2) < 0)
        return false;
    /* The report pipe must live until the exec: so closed by the exec, not now. */
    if (close_range(3, ~0u, CLOSE_RANGE_CLOEXEC) != 0)
        return false;
    return o->keep_fd <= 0 || fcntl(o->keep_fd, F_SETFD, 0) == 0;
}

/* Bare system calls: glibc's wrappers would stop the threads it believes this child to have. */
static bool change_user(uid_t uid, gid_t gid)
{
    if (uid == 0 && gid == 0)
        return true;
    if (syscall(SYS_setgroups, 0, NULL) != 0)
        return false;
    if (gid != 0 && syscall(SYS_setresgid, gid, gid, gid) != 0)
        return false;
    return uid == 0 || syscall(SYS_setresuid, uid, uid, uid) == 0;
}

static void default_signals(void)
{
    struct sigaction action = { .sa_handler = SIG_DFL };
    for (int s = 1; s < NSIG; s++)
        sigaction(s, &action, NULL); /* refused for SIGKILL and SIGSTOP, rightly */
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

/* Runs between fork and exec: nothing here may allocate or take a lock. */
static NO_RETURN void become(const struct process_options *o, const char *program, pid_t parent,
                             int report_fd)
{
    if (o->new_group && setpgid(0, 0) != 0)
        child_fail(report_fd, "new process group");
    if (!arrange_descriptors(o))
        child_fail(report_fd, "descriptors");
    if (!change_user(o->uid, o->gid))
        child_fail(report_fd, "change of user");
    /* After the change of user, which takes the death signal away again. */
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0)
        child_fail(report_fd, "death signal");
    if (getppid() != parent)
        _exit(CHILD_FAILED); /* it died before the signal was set */
    if (o->cwd != NULL && chdir(o->cwd) != 0)
        child_fail(report_fd, "working folder");
    default_signals();
    execve(program, o->argv, o->env != NULL ? o->env : environ);
    child_fail(report_fd, "start");
}

/* Relative entries of PATH are left out: they would mean something else after chdir(). */
static char *find_program(struct arena *a, const char *name)
{
    struct environment env = environment_of_process();
    const char *path = environment_get(&env, "PATH");
    if (text_contains(name, "/"))
        return arena_strdup(a, name);
    char **folders = text_split(a, path != NULL ? path : DEFAULT_PATH, ':', NULL);
    for (; *folders != NULL; folders++) {
        char *candidate = arena_printf(a, "%s/%s", *folders, name);
        if (**folders == '/' && access(candidate, X_OK) == 0)
            return candidate;
    }
    return NULL;
}

/* The pipe closes without a word when the exec succeeded. */
static bool child_started(int report_fd, struct failure *failure)
{
    ssize_t n;
    do {
        n = read(report_fd, failure, sizeof(*failure));
    } while (n < 0 && errno == EINTR);
    return n != (ssize_t)sizeof(*failure);
}

static pid_t fork_quietly(const struct process_options *o, const char *program, int report[2])
{
    sigset_t all, before;
    sigfillset(&all);
    /* No handler of this process may run in the child. */
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pid_t parent = getpid();
    pid_t pid = fork();
    if (pid == 0)
        become(o, program, parent, report[1]);
    int code = errno;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    close(report[1]);
    errno = code;
    return pid;
}

static void reap(struct process *p)
{
    pid_t got;
    do {
        got = waitpid(p->pid, &p->status, 0);
    } while (got < 0 && errno == EINTR);
    if (p->pidfd >= 0)
        close(p->pidfd);
    p->pidfd = -1;
    p->pid = 0;
}

static bool start(const struct process_options *o, const char *program, struct process *p,
                  struct error *e)
{
    int report[2];
    if (pipe2(report, O_CLOEXEC) != 0)
        return error_errno(e, errno, "%s: pipe", o->argv[0]);
    struct failure failure;
    p->pid = fork_quietly(o, program, report);
    if (p->pid < 0) {
        int code = errno;
        close(report[0]);
        p->pid = 0;
        return error_errno(e, code, "%s: fork", o->argv[0]);
    }
    bool started = child_started(report[0], &failure);
    close(report[0]);
    p->pidfd = pidfd_open(p->pid, 0);
    if (p->pidfd < 0) {
        failure = (struct failure){ "pidfd_open", errno };
        kill(p->pid, SIGKILL);
        started = false;
    }
    if (!started) {
        reap(p);
        return error_errno(e, failure.code, "%s: %s", o->argv[0], failure.step);
    }
    return true;
}

bool process_start(const struct process_options *o, struct process *p, struct error *e)
{
    *p = (struct process){ .pidfd = -1, .group = o->new_group };
    struct arena *a = arena_create();
    const char *program = find_program(a, o->argv[0]);
    bool ok = program != NULL ? start(o, program, p, e)
                              : error_set(e, "%s: not found in PATH", o->argv[0]);
    arena_destroy(a);
    return ok;
}

static int64_t now_ms(void)
{
    return clock_monotonic_nanos() / 1000000;
}

/* Milliseconds until `deadline`, as poll() wants them. */
static int left_ms(int64_t deadline)
{
    int64_t left = deadline - now_ms();
    return left < 0 ? 0 : (int)left;
}

static bool ended_within(const struct process *p, int timeout_ms)
{
    struct pollfd ended = { .fd = p->pidfd, .events = POLLIN };
    int64_t deadline = now_ms() + timeout_ms;
    int n;
    do {
        n = poll(&ended, 1, timeout_ms < 0 ? -1 : left_ms(deadline));
    } while (n < 0 && errno == EINTR);
    return n > 0;
}

static enum process_end end_of(const struct process *p, int *code)
{
    bool signalled = WIFSIGNALED(p->status);
    if (code != NULL)
        *code = signalled ? WTERMSIG(p->status) : WEXITSTATUS(p->status);
    return signalled ? PROCESS_SIGNALLED : PROCESS_EXITED;
}

enum process_end process_wait(struct process *p, int timeout_ms, int *code)
{
    if (p->pid != 0) {
        if (!ended_within(p, timeout_ms)) {
            if (code != NULL)
                *code = timeout_ms;
            return PROCESS_TIMED_OUT;
        }
        reap(p);
    }
    return end_of(p, code);
}

static void send_signal(const struct process *p, int signal_number)
{
    if (p->group)
        kill(-p->pid, signal_number);
    else
        pidfd_send_signal(p->pidfd, signal_number, NULL, 0);
}

enum process_end process_stop(struct process *p, int grace_ms, int *code)
{
    if (p->pid != 0) {
        send_signal(p, SIGTERM);
        bool ended = ended_within(p, grace_ms);
        /* Until it is reaped the leader keeps the group's number from being used again. */
        if (!ended || p->group)
            send_signal(p, SIGKILL);
        reap(p);
    }
    return end_of(p, code);
}

/* Reading end of one output. */
struct tap {
    int read_fd, write_fd;
    struct buffer kept;
};

static bool tap_open(struct tap *t, struct arena *a, size_t cap)
{
    int fds[2];
    if (pipe2(fds, O_CLOEXEC) != 0)
        return false;
    t->read_fd = fds[0];
    t->write_fd = fds[1];
    buffer_init_arena(&t->kept, cap, a);
    return fcntl(t->read_fd, F_SETFL, O_NONBLOCK) == 0;
}

static void close_fd(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

/* Everything that is there now; what the cap leaves out is read all the same, so that the child
 * never waits for us. */
static void tap_drain(struct tap *t)
{
    char piece[16384];
    while (t->read_fd >= 0) {
        ssize_t n = read(t->read_fd, piece, sizeof(piece));
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno == EAGAIN)
            return;
        if (n <= 0) {
            close_fd(&t->read_fd);
            return;
        }
        size_t room = t->kept.cap - t->kept.len;
        buffer_append(&t->kept, piece, (size_t)n < room ? (size_t)n : room);
    }
}

/* A file in memory instead of a pipe: it can neither fill up nor raise SIGPIPE. */
static int input_fd(struct bytes input)
{
    int fd = memfd_create("input", MFD_CLOEXEC);
    if (fd < 0)
        return -1;
    if (write_all(fd, input.data, input.len) && lseek(fd, 0, SEEK_SET) == 0)
        return fd;
    close(fd);
    return -1;
}

/* Ends with the child, not with its outputs: a grandchild may hold those open. */
static bool collect(struct process *p, struct tap *out, struct tap *err, int timeout_ms)
{
    int64_t deadline = now_ms() + timeout_ms;
    for (;;) {
        struct pollfd fds[] = { { .fd = p->pidfd, .events = POLLIN },
                                { .fd = out->read_fd, .events = POLLIN },
                                { .fd = err->read_fd, .events = POLLIN } };
        int n = poll(fds, ARRAY_LEN(fds), timeout_ms < 0 ? -1 : left_ms(deadline));
        tap_drain(out);
        tap_drain(err);
        if (fds[0].revents != 0 && n > 0)
            return true;
        if (timeout_ms >= 0 && now_ms() >= deadline)
            return false;
    }
}

static bool run(const struct process_options *o, int timeout_ms, struct tap *out, struct tap *err,
                struct process_result *result, struct error *e)
{
    struct process p;
    if (!process_start(o, &p, e))
        return false;
    close_fd(&out->write_fd);
    close_fd(&err->write_fd);
    if (collect(&p, out, err, timeout_ms)) {
        result->end = process_wait(&p, -1, &result->code);
    } else {
        process_stop(&p, 200, NULL);
        result->end = PROCESS_TIMED_OUT;
        result->code = timeout_ms;
    }
    tap_drain(out);
    tap_drain(err);
    result->out = (struct bytes){ (unsigned char *)out->kept.data, out->kept.len };
    result->err = (struct bytes){ (unsigned char *)err->kept.data, err->kept.len };
    return true;
}

bool process_run(struct arena *a, const struct process_options *o, struct bytes input, size_t cap,
                 int timeout_ms, struct process_result *out, struct error *e)
{
    struct tap taps[2] = { { .read_fd = -1, .write_fd = -1 }, { .read_fd = -1, .write_fd = -1 } };
    struct process_options own = *o;
    bool ok = false;
    own.stdin_fd = input_fd(input);
    *out = (struct process_result){ 0 };
    if (own.stdin_fd >= 0 && tap_open(&taps[0], a, cap) && tap_open(&taps[1], a, cap)) {
        own.stdout_fd = taps[0].write_fd;
        own.stderr_fd = taps[1].write_fd;
        ok = run(&own, timeout_ms, &taps[0], &taps[1], out, e);
    } else {
        error_errno(e, errno, "%s: pipes", o->argv[0]);
    }
    close_fd(&own.stdin_fd);
    for (size_t i = 0; i < ARRAY_LEN(taps); i++) {
        close_fd(&taps[i].read_fd);
        close_fd(&taps[i].write_fd);
    }
    return ok;
}

char *process_end_text(struct arena *a, enum process_end end, int code)
{
    if (end == PROCESS_TIMED_OUT)
        return arena_printf(a, "still running after %d ms", code);
    if (end == PROCESS_EXITED)
        return arena_printf(a, "exit status %d", code);
    const char *name = sigabbrev_np(code);
    return name != NULL ? arena_printf(a, "killed by SIG%s", name)
                        : arena_printf(a, "killed by signal %d", code);
}
