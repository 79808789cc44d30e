/* A run, timed from outside: what a person waits for, not what the program says of itself. */
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ci/bench.d/bench.h"
#include "common/buffer.h"
#include "common/file.h"
#include "common/text.h"
#include "common/timestamp.h"

struct watch {
    struct watched *result;
    struct buffer pending; /* of events.ndjson, up to a line's end */
    const char *path;
    int file;
    int64_t started;
};

static double since(int64_t nanos)
{
    return (double)(clock_monotonic_nanos() - nanos) / 1e9;
}

/* A case that was answered without being run has no worker. */
static void understand(struct watch *w, const char *line)
{
    if (!text_starts(line, "{\"type\":\"case\"") || strstr(line, "\"worker\":-1"))
        return;
    if (w->result->cases++ == 0)
        w->result->first_case = since(w->started);
    w->result->wrong += strstr(line, "\"verdict\":\"failed\"") != NULL ||
                        strstr(line, "\"verdict\":\"broken\"") != NULL;
}

static void read_along(struct watch *w)
{
    char piece[65536];
    ssize_t n;
    if (w->file < 0)
        w->file = open(w->path, O_RDONLY | O_CLOEXEC);
    while (w->file >= 0 && (n = read(w->file, piece, sizeof piece)) > 0) {
        buffer_append(&w->pending, piece, (size_t)n);
        char *line = w->pending.data, *end;
        while ((end = strchr(line, '\n')) != NULL) {
            *end = '\0';
            understand(w, line);
            line = end + 1;
        }
        size_t left = w->pending.len - (size_t)(line - w->pending.data);
        memmove(w->pending.data, line, left + 1);
        w->pending.len = left;
    }
}

/* The child is not reaped here: its resources are asked for with its status. */
static void follow(struct watch *w, int notify, int child)
{
    struct pollfd fds[] = { { .fd = notify, .events = POLLIN }, { .fd = child, .events = POLLIN } };
    char dropped[8192];
    while (fds[1].revents == 0 && poll(fds, 2, -1) >= 0) {
        if (fds[0].revents != 0 && read(notify, dropped, sizeof dropped) <= 0)
            break;
        read_along(w);
    }
    w->result->wall = since(w->started);
    read_along(w);
}

static double seconds_of(struct timeval t)
{
    return (double)t.tv_sec + (double)t.tv_usec / 1e6;
}

static bool reap(struct process *p, struct watched *result, struct error *e)
{
    struct rusage usage;
    int status;
    if (wait4(p->pid, &status, 0, &usage) != p->pid)
        return error_set(e, "the run cannot be waited for");
    close(p->pidfd);
    result->cpu = seconds_of(usage.ru_utime) + seconds_of(usage.ru_stime);
    int code = WIFEXITED(status) ? WEXITSTATUS(status) : 128;
    /* 77: all that ran was unprovisioned, as against the null server */
    return code <= 1 || code == 77 || error_set(e, "plexconf ended with %d", code);
}

static char **with_out(struct arena *a, char *const *argv, const char *out)
{
    size_t n = 0;
    while (argv[n] != NULL)
        n++;
    char **all = arena_alloc_array(a, n + 3, sizeof *all);
    memcpy(all, argv, n * sizeof *all);
    all[n] = arena_strdup(a, "--out");
    all[n + 1] = arena_strdup(a, out);
    return all;
}

bool watch_run(struct arena *a, const char *out, char *const *argv, struct watched *result,
               struct error *e)
{
    struct watch w = { .result = result, .path = path_join(a, out, "events.ndjson"), .file = -1 };
    struct process_options o = { .argv = with_out(a, argv, out), .stdout_fd = -1, .stderr_fd = -1 };
    struct process child;
    *result = (struct watched){ 0 };
    if (!directory_remove(out, e) || !directory_make(out, 0700, e))
        return false;
    int notify = inotify_init1(IN_CLOEXEC);
    if (notify < 0 || inotify_add_watch(notify, out, IN_MODIFY | IN_CREATE) < 0)
        return error_set(e, "inotify does not watch %s", out);
    buffer_init(&w.pending, 64u << 20);
    w.started = clock_monotonic_nanos();
    bool ok = process_start(&o, &child, e);
    if (ok) {
        follow(&w, notify, child.pidfd);
        ok = reap(&child, result, e);
    }
    if (ok && result->cases == 0)
        ok = error_set(e, "the run ran no case");
    close(notify);
    if (w.file >= 0)
        close(w.file);
    buffer_release(&w.pending);
    return ok;
}
