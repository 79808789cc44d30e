#include "common/process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "common/arena.h"
#include "common/file.h"
#include "common/number.h"
#include "common/testing.h"
#include "common/text.h"
#include "common/timestamp.h"

static struct arena *a;
static struct error e;
static struct process_result r;

#define ARGV(...) ((char *[]){ __VA_ARGS__, NULL })
/* The shell here is only a handy program: nothing in process.c goes through one. */
#define SH(script) ARGV("/bin/sh", "-c", script)

static bool run(struct process_options o, const char *input, int timeout_ms)
{
    return process_run(a, &o, BYTES_OF_TEXT(input), 100000, timeout_ms, &r, &e);
}

static int64_t ms_since(int64_t nanos)
{
    return (clock_monotonic_nanos() - nanos) / 1000000;
}

START_TEST(says_why_a_child_cannot_start)
{
    a = arena_create();
    ck_assert(!run((struct process_options){ .argv = ARGV("no-such-program") }, "", 1000));
    ck_assert_str_eq(e.text, "no-such-program: not found in PATH");
    ck_assert(!run((struct process_options){ .argv = ARGV("/no/such/program") }, "", 1000));
    ck_assert_str_eq(e.text, "/no/such/program: start: no such file or directory");
    ck_assert(!run((struct process_options){ .argv = ARGV("/etc/passwd") }, "", 1000));
    ck_assert_str_eq(e.text, "/etc/passwd: start: permission denied");
    ck_assert(!run((struct process_options){ .argv = ARGV("true"), .cwd = "/no/such" }, "", 1000));
    ck_assert_str_eq(e.text, "true: working folder: no such file or directory");
    ck_assert_int_eq(waitpid(-1, NULL, WNOHANG), -1); /* no zombie stays */
    ck_assert_int_eq(errno, ECHILD);
    arena_destroy(a);
}
END_TEST

START_TEST(feeds_and_collects)
{
    a = arena_create();
    ck_assert_msg(run((struct process_options){ .argv = SH("cat; echo oops >&2; exit 3") }, "in\n",
                      5000),
                  "%s", e.text);
    ck_assert_int_eq(r.end, PROCESS_EXITED);
    ck_assert_int_eq(r.code, 3);
    ck_assert_str_eq((const char *)r.out.data, "in\n");
    ck_assert_str_eq((const char *)r.err.data, "oops\n");
    ck_assert_str_eq(process_end_text(a, r.end, r.code), "exit status 3");
    arena_destroy(a);
}
END_TEST

START_TEST(cuts_at_the_cap_without_stopping_the_child)
{
    a = arena_create();
    ck_assert(run((struct process_options){ .argv = SH("head -c 3000000 /dev/zero; echo end >&2") },
                  "", 20000));
    ck_assert_int_eq(r.end, PROCESS_EXITED);
    ck_assert_int_eq(r.code, 0);
    ck_assert_uint_eq(r.out.len, 100000);
    ck_assert_str_eq((const char *)r.err.data, "end\n");
    arena_destroy(a);
}
END_TEST

START_TEST(survives_a_child_that_reads_nothing)
{
    a = arena_create();
    char *input = arena_alloc(a, 1000001);
    memset(input, 'x', 1000000);
    ck_assert(run((struct process_options){ .argv = ARGV("true") }, input, 5000));
    ck_assert_int_eq(r.code, 0);
    arena_destroy(a);
}
END_TEST

START_TEST(bounds_the_wait)
{
    a = arena_create();
    int64_t start = clock_monotonic_nanos();
    ck_assert(run((struct process_options){ .argv = SH("echo begun; exec sleep 50") }, "", 300));
    ck_assert_int_lt(ms_since(start), 10000);
    ck_assert_int_eq(r.end, PROCESS_TIMED_OUT);
    ck_assert_str_eq((const char *)r.out.data, "begun\n");
    ck_assert_str_eq(process_end_text(a, r.end, r.code), "still running after 300 ms");
    arena_destroy(a);
}
END_TEST

START_TEST(does_not_wait_for_a_grandchild_that_keeps_the_pipe)
{
    a = arena_create();
    int64_t start = clock_monotonic_nanos();
    ck_assert(run((struct process_options){ .argv = SH("sleep 5 & echo done") }, "", 20000));
    ck_assert_int_lt(ms_since(start), 4000);
    ck_assert_int_eq(r.end, PROCESS_EXITED);
    ck_assert_str_eq((const char *)r.out.data, "done\n");
    arena_destroy(a);
}
END_TEST

START_TEST(tells_signals_from_exits)
{
    a = arena_create();
    ck_assert(run((struct process_options){ .argv = SH("kill -SEGV $$") }, "", 5000));
    ck_assert_int_eq(r.end, PROCESS_SIGNALLED);
    ck_assert_str_eq(process_end_text(a, r.end, r.code), "killed by SIGSEGV");
    ck_assert_str_eq(process_end_text(a, PROCESS_SIGNALLED, 999), "killed by signal 999");
    arena_destroy(a);
}
END_TEST

START_TEST(gives_exactly_argv_environment_and_folder)
{
    a = arena_create();
    char *env[] = { "ONLY=this", NULL };
    ck_assert(run((struct process_options){ .argv = ARGV("env"), .env = env }, "", 5000));
    ck_assert_str_eq((const char *)r.out.data, "ONLY=this\n");
    ck_assert(run((struct process_options){ .argv = ARGV("printf", "%s|", "a b", "$HOME", "") }, "",
                  5000));
    ck_assert_str_eq((const char *)r.out.data, "a b|$HOME||");
    ck_assert(run((struct process_options){ .argv = ARGV("pwd"), .cwd = "/" }, "", 5000));
    ck_assert_str_eq((const char *)r.out.data, "/\n");
    setenv("PROCESS_TEST", "inherited", 1);
    ck_assert(run((struct process_options){ .argv = SH("echo $PROCESS_TEST") }, "", 5000));
    ck_assert_str_eq((const char *)r.out.data, "inherited\n");
    arena_destroy(a);
}
END_TEST

START_TEST(leaves_no_descriptor_open_but_the_kept_one)
{
    a = arena_create();
    int stray = open("/dev/null", O_RDONLY), kept = open("/dev/zero", O_RDONLY | O_CLOEXEC);
    ck_assert(stray > 2 && kept > 2);
    /* The shell opens the folder itself with the lowest number that is free. */
    const char *list = "for f in /proc/$$/fd/*; do echo ${f##*/} $(readlink $f); done";
    ck_assert(run((struct process_options){ .argv = SH((char *)list), .keep_fd = kept }, "", 5000));
    ck_assert_msg(text_contains((const char *)r.out.data, arena_printf(a, "%d /dev/zero\n", kept)),
                  "%s", r.out.data);
    ck_assert_msg(!text_contains((const char *)r.out.data, "/dev/null"), "%s", r.out.data);
    ck_assert(run((struct process_options){ .argv = SH((char *)list) }, "", 5000));
    ck_assert_msg(!text_contains((const char *)r.out.data, "/dev/zero"), "%s", r.out.data);
    arena_destroy(a);
}
END_TEST

/* Standard output into this process's standard error and the other way round. */
START_TEST(descriptors_may_cross)
{
    a = arena_create();
    int fds[2];
    char text[16] = "";
    ck_assert_int_eq(pipe2(fds, O_CLOEXEC), 0);
    int in = open("/dev/zero", O_RDONLY | O_CLOEXEC);
    struct process_options o = { .argv = SH("head -c 2 | tr '\\0' z; echo e >&2"),
                                 .stdin_fd = in,
                                 .stdout_fd = fds[1],
                                 .stderr_fd = fds[1] };
    struct process p;
    int code;
    ck_assert_msg(process_start(&o, &p, &e), "%s", e.text);
    ck_assert_int_eq(process_wait(&p, 5000, &code), PROCESS_EXITED);
    ck_assert_int_eq(read(fds[0], text, 15), 4);
    ck_assert_str_eq(text, "zze\n");

    o = (struct process_options){ .argv = SH("read line || echo eof"), .stdout_fd = fds[1] };
    ck_assert(process_start(&o, &p, &e));
    ck_assert_int_eq(process_wait(&p, 5000, NULL), PROCESS_EXITED);
    memset(text, 0, sizeof(text));
    ck_assert_int_eq(read(fds[0], text, 15), 4); /* no stdin is /dev/null */
    ck_assert_str_eq(text, "eof\n");
    arena_destroy(a);
}
END_TEST

START_TEST(waits_again_and_stops_what_ended_without_harm)
{
    struct process p;
    int code = -1;
    struct process_options o = { .argv = SH("exit 7") };
    ck_assert(process_start(&o, &p, &e));
    ck_assert_int_eq(process_wait(&p, -1, &code), PROCESS_EXITED);
    ck_assert_int_eq(code, 7);
    ck_assert_int_eq(p.pid, 0);
    code = -1;
    ck_assert_int_eq(process_wait(&p, 0, &code), PROCESS_EXITED);
    ck_assert_int_eq(code, 7);
    ck_assert_int_eq(process_stop(&p, 0, &code), PROCESS_EXITED);
    ck_assert_int_eq(code, 7);
}
END_TEST

START_TEST(stops_gently_then_hard)
{
    a = arena_create();
    int fds[2], code;
    char c;
    struct process p;
    ck_assert_int_eq(pipe2(fds, O_CLOEXEC), 0);
    struct process_options o = { .stdout_fd = fds[1] };
    o.argv = SH("trap 'exit 9' TERM; echo; while :; do sleep 0.05; done");
    ck_assert(process_start(&o, &p, &e));
    ck_assert_int_eq(read(fds[0], &c, 1), 1);
    ck_assert_int_eq(process_wait(&p, 20, &code), PROCESS_TIMED_OUT);
    ck_assert_int_eq(code, 20);
    ck_assert_int_eq(process_stop(&p, 10000, &code), PROCESS_EXITED);
    ck_assert_int_eq(code, 9);

    o.argv = SH("trap '' TERM; echo; while :; do sleep 0.05; done");
    ck_assert(process_start(&o, &p, &e));
    ck_assert_int_eq(read(fds[0], &c, 1), 1);
    ck_assert_int_eq(process_stop(&p, 100, &code), PROCESS_SIGNALLED);
    ck_assert_int_eq(code, SIGKILL);
    arena_destroy(a);
}
END_TEST

/* True once the process has ended; it is not our child, so a pidfd tells. */
static bool gone_within(pid_t pid, int ms)
{
    int fd = (int)syscall(SYS_pidfd_open, pid, 0);
    if (fd < 0)
        return errno == ESRCH;
    struct pollfd p = { .fd = fd, .events = POLLIN };
    bool gone = poll(&p, 1, ms) == 1;
    close(fd);
    return gone;
}

static pid_t read_pid(int fd)
{
    char text[32] = "";
    int64_t pid;
    ssize_t n = read(fd, text, sizeof(text) - 1);
    ck_assert_int_gt(n, 1);
    text[n - 1] = '\0';
    ck_assert_msg(number_parse(text, 2, INT32_MAX, &pid), "%s", text);
    return (pid_t)pid;
}

START_TEST(a_group_takes_its_grandchildren_along)
{
    a = arena_create();
    int fds[2];
    struct process p;
    ck_assert_int_eq(pipe2(fds, O_CLOEXEC), 0);
    struct process_options o = { .argv = SH("(trap '' TERM; sleep 50) & echo $!; wait"),
                                 .stdout_fd = fds[1],
                                 .new_group = true };
    ck_assert(process_start(&o, &p, &e));
    pid_t grandchild = read_pid(fds[0]);
    ck_assert_int_eq(getpgid(p.pid), p.pid);
    ck_assert(kill(grandchild, 0) == 0);
    process_stop(&p, 1000, NULL);
    ck_assert(gone_within(grandchild, 5000));
    arena_destroy(a);
}
END_TEST

/* A parent that starts a child, tells its number and is killed. */
static void orphan_is_killed(struct process_options o)
{
    int fds[2], status;
    ck_assert_int_eq(pipe2(fds, O_CLOEXEC), 0);
    pid_t parent = fork();
    if (parent == 0) {
        struct process p;
        if (!process_start(&o, &p, &e) || dprintf(fds[1], "%d\n", (int)p.pid) < 0)
            _exit(1);
        raise(SIGKILL);
    }
    close(fds[1]);
    pid_t child = read_pid(fds[0]);
    ck_assert_int_eq(waitpid(parent, &status, 0), parent);
    ck_assert(WIFSIGNALED(status));
    ck_assert(gone_within(child, 5000));
}

START_TEST(dies_with_its_parent)
{
    a = arena_create();
    orphan_is_killed((struct process_options){ .argv = ARGV("sleep", "50") });
    arena_destroy(a);
}
END_TEST

START_TEST(signals_are_at_their_defaults)
{
    a = arena_create();
    signal(SIGPIPE, SIG_IGN);
    signal(SIGUSR1, SIG_IGN);
    sigset_t blocked;
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGUSR2);
    pthread_sigmask(SIG_BLOCK, &blocked, NULL);
    struct process_options o = { 0 };
    o.argv = ARGV("sed", "-nE", "s/^Sig(Blk|Ign):.//p", "/proc/self/status");
    ck_assert(run(o, "", 5000));
    unsigned long long blocked_there, ignored_there;
    ck_assert_int_eq(sscanf((const char *)r.out.data, "%llx\n%llx\n", &blocked_there,
                            &ignored_there),
                     2);
    /* 32 and 33 are the C library's own: sigaction() reaches neither, so what this process was
     * started with goes on. */
    ck_assert_uint_eq(blocked_there, 0);
    ck_assert_uint_eq(ignored_there & ~0x180000000ull, 0);
    arena_destroy(a);
}
END_TEST

START_TEST(changes_the_user_and_drops_groups)
{
    a = arena_create();
    struct process_options o = { .argv = SH("id -u; id -g; id -G"), .uid = 65534, .gid = 65534 };
    if (geteuid() == 0) {
        ck_assert_msg(run(o, "", 5000), "%s", e.text);
        ck_assert_str_eq((const char *)r.out.data, "65534\n65534\n65534\n");
        /* The death signal outlives the change of user, which clears it. */
        o.argv = ARGV("sleep", "50");
        orphan_is_killed(o);
    } else {
        ck_assert(!run(o, "", 5000));
        ck_assert_str_eq(e.text, "/bin/sh: change of user: operation not permitted");
    }
    arena_destroy(a);
}
END_TEST

TESTS("common/process", says_why_a_child_cannot_start, feeds_and_collects,
      cuts_at_the_cap_without_stopping_the_child, survives_a_child_that_reads_nothing,
      bounds_the_wait, does_not_wait_for_a_grandchild_that_keeps_the_pipe, tells_signals_from_exits,
      gives_exactly_argv_environment_and_folder, leaves_no_descriptor_open_but_the_kept_one,
      descriptors_may_cross, waits_again_and_stops_what_ended_without_harm, stops_gently_then_hard,
      a_group_takes_its_grandchildren_along, dies_with_its_parent, signals_are_at_their_defaults,
      changes_the_user_and_drops_groups)
