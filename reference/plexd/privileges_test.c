#include "reference/plexd/privileges.h"

#include <errno.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <unistd.h>

#include "common/arena.h"
#include "common/file.h"
#include "common/log.h"
#include "common/testing.h"
#include "common/text.h"

static struct arena *a;
static struct error e;

static const char *status_of(const char *path)
{
    struct bytes text;
    ck_assert_msg(file_read(a, path, 65536, &text, &e), "%s", e.text);
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
    ck_assert(directory_list(a, "/proc/self/task", &tasks, &n, &e));
    ck_assert_uint_ge(n, 2);
    for (size_t i = 0; i < n; i++) {
        const char *status = status_of(arena_printf(a, "/proc/self/task/%s/status", tasks[i]));
        ck_assert(has_line(status, "NoNewPrivs", "1"));
        ck_assert(has_line(status, "CapEff", "0000000000000000"));
        ck_assert(has_line(status, "CapPrm", "0000000000000000"));
        ck_assert(has_line(status, "Seccomp", filtered ? "2" : "0") || !filtered);
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

START_TEST(what_is_not_needed_is_given_up)
{
    struct disk *d;
    struct rlimit core;
    a = arena_create();
    log_set_level(LOG_ERROR);
    ck_assert_msg(privileges_drop_early(&e), "%s", e.text);
    ck_assert(loop_create(&l, &e) && disk_create(l, &d, &e));
    ck_assert_msg(privileges_drop_late(d, &e), "%s", e.text);
    struct disk_job last = { .work = nothing, .done = told };
    disk_submit(d, &last);
    loop_run(l); /* the disk's thread has dropped its own, too */

    bool filtered = has_line(status_of("/proc/self/status"), "Seccomp", "2");
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
    ck_assert(filtered);
#endif
    check_threads(filtered);
    ck_assert_int_eq(prctl(PR_GET_DUMPABLE, 0, 0, 0, 0), 0);
    ck_assert_int_eq(getrlimit(RLIMIT_CORE, &core), 0);
    ck_assert_uint_eq(core.rlim_max, 0);
    if (filtered) {
        char *argv[] = { "true", NULL };
        ck_assert(execv("/bin/true", argv) == -1 && errno == EPERM);
        ck_assert(ptrace(PTRACE_TRACEME, 0, 0, 0) == -1 && errno == EPERM);
        ck_assert(mount("none", "/mnt", "tmpfs", 0, "") == -1 && errno == EPERM);
    }
    disk_destroy(d);
    loop_destroy(l);
    arena_destroy(a);
}
END_TEST

TESTS("plexd/privileges", what_is_not_needed_is_given_up)
