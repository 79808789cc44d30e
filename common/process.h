/* common/process.h — child processes without a shell.
 *
 * A child gets exactly the argv, environment and descriptors it is given; every other descriptor is
 * closed in it, signals are at their defaults, and it is killed when this process dies
 * (PR_SET_PDEATHSIG). argv[0] without a slash is looked up in this process's PATH.
 *
 * The kernel ties that death to the thread that started the child: start children from a thread
 * that lives as long as they may. */
#ifndef COMMON_PROCESS_H
#define COMMON_PROCESS_H

#include <sys/types.h>

#include "common/base.h"
#include "common/buffer.h"
#include "common/error.h"

struct arena;

struct process_options {
    char *const *argv; /* ends with NULL */
    char *const *env;  /* "NAME=value" …, ends with NULL; NULL: this process's own environment */
    const char *cwd;   /* NULL: unchanged */
    int stdin_fd;      /* 0 or -1: /dev/null */
    int stdout_fd;     /* 0: this process's own, -1: /dev/null */
    int stderr_fd;     /* 0: this process's own, -1: /dev/null */
    int keep_fd;       /* one more descriptor to leave open (its number is kept); 0: none */
    uid_t uid;         /* 0: unchanged */
    gid_t gid;         /* 0: unchanged; supplementary groups are dropped when uid or gid is set */
    bool new_group;    /* a process group of its own: process_stop reaches grandchildren */
};

struct process {
    pid_t pid; /* 0: not started or already reaped */
    int pidfd;
    bool group;
    int status; /* as waitpid() gave it, once reaped */
};

MUST_CHECK bool process_start(const struct process_options *o, struct process *p, struct error *e);

enum process_end { PROCESS_EXITED, PROCESS_SIGNALLED, PROCESS_TIMED_OUT };

/* Waits until the child ends or the time is up; a negative timeout never is. *code is the exit
 * status, the signal number, or timeout_ms. Asked again about a reaped child, it answers the
 * same. */
enum process_end process_wait(struct process *p, int timeout_ms, int *code);

/* SIGTERM, then SIGKILL after grace_ms; reaps. Of a group, what is left then is killed, too.
 * Harmless on a process that has ended. */
enum process_end process_stop(struct process *p, int grace_ms, int *code);

struct process_result {
    enum process_end end;
    int code;
    struct bytes out, err; /* arena, NUL-terminated; cut at the cap */
};

/* Runs to the end, feeding `input` and collecting both outputs up to cap bytes each; the three
 * descriptors of `o` are not used. What is still running when the time is up is killed. */
MUST_CHECK bool process_run(struct arena *a, const struct process_options *o, struct bytes input,
                            size_t cap, int timeout_ms, struct process_result *out,
                            struct error *e);

/* "exit status 3", "killed by SIGSEGV", "still running after 5000 ms". */
char *process_end_text(struct arena *a, enum process_end end, int code);

#endif
