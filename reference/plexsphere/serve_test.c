/* What a running server's process is like, seen from outside. */
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/arena.h"
#include "common/environment.h"
#include "common/file.h"
#include "common/testing.h"
#include "common/text.h"
#include "reference/plexsphere/commands.h"
#include "reference/plexsphere/crypto/no_core.h"

enum { SAID_DUMPABLE = 3 };

/* In a child, because neither can be taken back. */
START_TEST(dumps_are_off)
{
    pid_t child = fork();
    if (child == 0) {
        struct error e = { "" };
        struct rlimit limit;
        bool ok = core_dumps_off(&e) && prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0 &&
                  getrlimit(RLIMIT_CORE, &limit) == 0 && limit.rlim_cur == 0 && limit.rlim_max == 0;
        _exit(ok ? 0 : SAID_DUMPABLE);
    }
    int status = 0;
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert(WIFEXITED(status));
    ck_assert_int_eq(WEXITSTATUS(status), 0);
}
END_TEST

/* A server in a child, which says on the pipe that it serves. */
static pid_t serve_in_a_child(const char *mode, int *announced)
{
    int pipes[2];
    ck_assert_int_eq(pipe2(pipes, O_CLOEXEC), 0);
    pid_t child = fork();
    if (child == 0) {
        char *argv[] = { (char[]){ "serve" }, (char[]){ "--listen" }, (char[]){ "127.0.0.1:0" },
                         (char[]){ "--announce" }, NULL };
        char *vars[] = { (char *)(uintptr_t)mode, NULL };
        const struct rlimit some = { 4096, 4096 };
        dup2(pipes[1], STDOUT_FILENO);
        if (setrlimit(RLIMIT_CORE, &some) != 0)
            _exit(1);
        _exit(command_serve((struct environment){ .pairs = vars }, 4, argv));
    }
    close(pipes[1]);
    *announced = pipes[0];
    return child;
}

static void has_no_core(const char *mode)
{
    struct arena *a = arena_create();
    struct error e = { "" };
    struct bytes limits;
    char line[128];
    int announced, status;
    pid_t child = serve_in_a_child(mode, &announced);
    ck_assert_int_gt(read(announced, line, sizeof line), 0);
    ck_assert_msg(file_read(a, arena_printf(a, "/proc/%d/limits", (int)child), 65536, &limits, &e),
                  "%s", e.text);
    const char *core = strstr((const char *)limits.data, "Max core file size");
    ck_assert_ptr_nonnull(core);
    ck_assert_ptr_eq(strchr(core, '0'), core + strcspn(core, "0123456789u"));
    ck_assert_int_eq(core[strcspn(core, "0123456789u") + 1], ' ');
    ck_assert_int_eq(kill(child, SIGTERM), 0);
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    close(announced);
    arena_destroy(a);
}

START_TEST(a_server_leaves_no_core)
{
    has_no_core("PLEXSPHERE_MODE=production");
    has_no_core("PLEXSPHERE_MODE=dev");
}
END_TEST

TESTS("plexsphere/serve", dumps_are_off, a_server_leaves_no_core)
