#include "reference/plexd/privileges.h"

#include <errno.h>
#include <linux/capability.h>
#include <seccomp.h>
#include <semaphore.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common/log.h"
#include "common/memory.h"

bool privileges_drop_early(struct error *e)
{
    struct rlimit none = { 0, 0 };
    if (setrlimit(RLIMIT_CORE, &none) != 0)
        return error_errno(e, errno, "RLIMIT_CORE");
    if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
        return error_errno(e, errno, "PR_SET_DUMPABLE");
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return error_errno(e, errno, "PR_SET_NO_NEW_PRIVS");
    return true;
}

/* ---- capabilities ---- */

/* Lowering one's own sets is never refused; the bounding set needs CAP_SETPCAP, and matters only
 * where that is there. */
static bool drop_capabilities(void)
{
    struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
    struct __user_cap_data_struct none[2] = { { 0 }, { 0 } };
    for (unsigned long cap = 0; cap <= CAP_LAST_CAP; cap++)
        (void)prctl(PR_CAPBSET_DROP, cap, 0, 0, 0);
    (void)prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
    return syscall(SYS_capset, &head, none) == 0;
}

struct drop_job {
    struct disk_job base;
    sem_t over;
    bool dropped;
};

static void drop_here(struct disk_job *base)
{
    struct drop_job *job = (struct drop_job *)base;
    job->dropped = drop_capabilities();
    sem_post(&job->over);
}

static void forget_job(struct disk_job *base)
{
    mem_free(base);
}

/* Waited for, because the filter that follows knows no capset(). */
static bool drop_on_disk_thread(struct disk *d)
{
    struct drop_job *job = mem_alloc(sizeof *job);
    job->base = (struct disk_job){ .work = drop_here, .done = forget_job };
    sem_init(&job->over, 0, 0);
    disk_submit(d, &job->base);
    while (sem_wait(&job->over) != 0)
        ;                /* EINTR */
    return job->dropped; /* freed on the loop, which is this thread's */
}

/* ---- the filter ---- */

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED 1
#endif
#endif

#ifdef SANITIZED

static bool install_filter(struct error *e)
{
    (void)e;
    log_line(LOG_WARN, "no system-call filter: this is a sanitizer build", NULL);
    return true;
}

#else

static const char *const allowed[] = {
    /* files */
    "read",
    "write",
    "readv",
    "writev",
    "pread64",
    "pwrite64",
    "open",
    "openat",
    "close",
    "close_range",
    "stat",
    "fstat",
    "lstat",
    "newfstatat",
    "statx",
    "statfs",
    "fstatfs",
    "lseek",
    "access",
    "faccessat",
    "faccessat2",
    "getdents64",
    "getcwd",
    "readlink",
    "readlinkat",
    "rename",
    "renameat",
    "renameat2",
    "unlink",
    "unlinkat",
    "mkdir",
    "mkdirat",
    "rmdir",
    "chmod",
    "fchmod",
    "fchmodat",
    "chown",
    "fchown",
    "lchown",
    "fchownat",
    "umask",
    "fsync",
    "fdatasync",
    "ftruncate",
    "fallocate",
    "flock",
    "fcntl",
    "dup",
    "dup2",
    "dup3",
    "pipe",
    "pipe2",
    "ioctl",
    "fadvise64",
    "utimensat",
    /* sockets and waiting */
    "socket",
    "socketpair",
    "connect",
    "bind",
    "listen",
    "accept",
    "accept4",
    "getsockname",
    "getpeername",
    "getsockopt",
    "setsockopt",
    "sendto",
    "recvfrom",
    "sendmsg",
    "recvmsg",
    "sendmmsg",
    "recvmmsg",
    "shutdown",
    "poll",
    "ppoll",
    "select",
    "pselect6",
    "epoll_create1",
    "epoll_ctl",
    "epoll_wait",
    "epoll_pwait",
    "epoll_pwait2",
    "eventfd2",
    "signalfd4",
    /* memory and threads */
    "mmap",
    "munmap",
    "mprotect",
    "mremap",
    "madvise",
    "brk",
    "clone",
    "clone3",
    "futex",
    "set_robust_list",
    "get_robust_list",
    "rseq",
    "set_tid_address",
    "sched_yield",
    "sched_getaffinity",
    "sched_getparam",
    "sched_getscheduler",
    "membarrier",
    "exit",
    "exit_group",
    /* signals, time, identity, the rest */
    "rt_sigaction",
    "rt_sigprocmask",
    "rt_sigreturn",
    "sigaltstack",
    "tgkill",
    "alarm",
    "setitimer",
    "restart_syscall",
    "clock_gettime",
    "clock_getres",
    "clock_nanosleep",
    "nanosleep",
    "gettimeofday",
    "time",
    "getpid",
    "getppid",
    "gettid",
    "getuid",
    "geteuid",
    "getgid",
    "getegid",
    "getgroups",
    "getrandom",
    "getrlimit",
    "prlimit64",
    "getrusage",
    "sysinfo",
    "uname",
    "prctl",
};

/* EPERM, not death: a library of another release may try a call that is not here, and manage
 * without. */
static bool install_filter(struct error *e)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
    int result = filter == NULL ? -ENOMEM : seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1);
    for (size_t i = 0; i < ARRAY_LEN(allowed) && result == 0; i++) {
        int call = seccomp_syscall_resolve_name(allowed[i]);
        if (call >= 0) /* not every architecture has them all */
            result = seccomp_rule_add(filter, SCMP_ACT_ALLOW, call, 0);
    }
    if (result == 0)
        result = seccomp_load(filter);
    seccomp_release(filter);
    return result == 0 || error_errno(e, -result, "the system-call filter");
}

#endif

bool privileges_drop_late(struct disk *d, struct error *e)
{
    if (!drop_on_disk_thread(d) || !drop_capabilities())
        return error_set(e, "the kernel did not let capabilities be dropped");
    return install_filter(e);
}
