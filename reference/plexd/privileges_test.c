#include "reference/plexd/privileges.h"

#include <errno.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/arena.h"
#include "common/file.h"
#include "common/log.h"
#include "common/testing.h"
#include "common/text.h"

static struct arena *a;
static struct error e;

/* The filter would refuse what Check does at a test's end, so all of it happens in a child. */
#define REQUIRE(condition)                                                                         \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf(stderr, "line %d: %s\n", __LINE__, #condition);                                \
            _exit(1);                                                                              \
        }                                                                                          \
    } while (0)

static const char *status_of(const char *path)
{
    struct bytes text;
    REQUIRE(file_read(a, path, 65536, &text, &e));
    return (const char *)text.data;
}

static bool has_line(const char *status, const char *name, const char *value)
{
    return text_contains(status, arena_printf(a, "\n%s:\t%s\n", name, value));
}

/* Every thread: the disk's was there before. */
static void check_threads(bool filtered)
{
    char **tasks;
    size_t n;
    REQUIRE(directory_list(a, "/proc/self/task", &tasks, &n, &e));
    REQUIRE(n >= 2);
    for (size_t i = 0; i < n; i++) {
        const char *status = status_of(arena_printf(a, "/proc/self/task/%s/status", tasks[i]));
        REQUIRE(has_line(status, "NoNewPrivs", "1"));
        REQUIRE(has_line(status, "CapEff", "0000000000000000"));
        REQUIRE(has_line(status, "CapPrm", "0000000000000000"));
        REQUIRE(has_line(status, "Seccomp", filtered ? "2" : "0") || !filtered);
    }
}

static struct loop *l;

static void told(struct disk_job *job)
{
    (void)job;
    loop_stop(l);
}

static void nothing(struct disk_job *job)
{
    (void)job;
}

static void give_up_and_look(void)
{
    struct disk *d;
    struct rlimit core;
    a = arena_create();
    log_set_level(LOG_ERROR);
    REQUIRE(privileges_drop_early(&e));
    REQUIRE(loop_create(&l, &e) && disk_create(l, &d, &e));
    REQUIRE(privileges_drop_late(d, &e));
    struct disk_job last = { .work = nothing, .done = told };
    disk_submit(d, &last);
    loop_run(l); /* the disk's thread has dropped its own, too */

    bool filtered = has_line(status_of("/proc/self/status"), "Seccomp", "2");
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
    REQUIRE(filtered);
#endif
    check_threads(filtered);
    REQUIRE(prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0);
    REQUIRE(getrlimit(RLIMIT_CORE, &core) == 0);
    REQUIRE(core.rlim_max == 0);
    if (filtered) {
        char *argv[] = { "true", NULL };
        REQUIRE(execv("/bin/true", argv) == -1 && errno == EPERM);
        REQUIRE(ptrace(PTRACE_TRACEME, 0, 0, 0) == -1 && errno == EPERM);
        REQUIRE(mount("none", "/mnt", "tmpfs", 0, "") == -1 && errno == EPERM);
    }
    disk_destroy(d);
    loop_destroy(l);
    arena_destroy(a);
}

START_TEST(what_is_not_needed_is_given_up)
{
    int status;
    pid_t child = fork();
    if (child == 0) {
        give_up_and_look();
        _exit(0);
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_int_eq(status, 0);
}
END_TEST

TESTS("plexd/privileges", what_is_not_needed_is_given_up)
