/* harness/boot.h — starting a target through the profile's boot hook.
 *
 * The hook's command runs in the foreground with exactly the environment it is given (and PATH,
 * HOME, TMPDIR and the sanitizers' and gcov's own variables). It also finds {"env":{…}} on standard
 * input. Once ready it prints one line
 * {"base_url":"http://…"} on standard output; what it prints on standard error goes to a file.
 * SIGTERM ends it.
 * ${BOOT_DIR} in the command and in the environment stands for a folder of this boot's own. Ending
 * before the line is a refused boot. */
#ifndef HARNESS_BOOT_H
#define HARNESS_BOOT_H

#include <jansson.h>

#include "common/arena.h"
#include "common/base.h"
#include "common/error.h"
#include "common/process.h"
#include "harness/profile.h"

enum boot_result {
    BOOT_READY,
    BOOT_REFUSED,   /* ended by itself before it was ready: `code` is its exit status */
    BOOT_TIMED_OUT, /* neither ready nor ended in time; killed */
    BOOT_BROKEN,    /* the command could not be started, or spoke nonsense: the error says which */
};

struct booted {
    struct process process;
    const char *directory; /* BOOT_DIR */
    const char *base_url;
    const char *log_path; /* its standard error */
    int code;
    int64_t ready_us; /* from start to the line */
};

/* `directory` must not exist yet; it is made. Strings live in `a`. */
MUST_CHECK enum boot_result boot_start(struct arena *a, const struct profile *p,
                                       const char *directory, const json_t *env, struct booted *out,
                                       struct error *e);
/* What it wrote on standard error so far, cut at 1 MiB. */
const char *boot_log(struct arena *a, const struct booted *b);
/* SIGTERM and, after grace_ms, SIGKILL; true when it ended by itself with status 0. Removes the
 * directory. */
bool boot_stop(struct booted *b, int grace_ms);
void boot_kill(struct booted *b); /* SIGKILL at once; the directory stays */

#endif
