#include "harness/boot.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "common/environment.h"
#include "common/file.h"
#include "common/json.h"
#include "common/text.h"
#include "common/timestamp.h"
#include "harness/placeholders.h"

#define LINE_CAP 4096
#define LOG_CAP (1024 * 1024)

/* What a program needs to run at all, whatever its configuration. */
static const char *const passed_on[] = { "PATH",          "HOME",
                                         "TMPDIR",        "ASAN_OPTIONS",
                                         "UBSAN_OPTIONS", "TSAN_OPTIONS",
                                         "GCOV_PREFIX",   "GCOV_PREFIX_STRIP" };

static char **environment_for(struct arena *a, const json_t *env)
{
    struct environment own = environment_of_process();
    char **pairs =
        arena_alloc_array(a, ARRAY_LEN(passed_on) + json_object_size(env) + 1, sizeof *pairs);
    size_t n = 0;
    for (size_t i = 0; i < ARRAY_LEN(passed_on); i++) {
        const char *value = environment_get(&own, passed_on[i]);
        if (value)
            pairs[n++] = arena_printf(a, "%s=%s", passed_on[i], value);
    }
    const char *name;
    json_t *value;
    json_object_foreach ((json_t *)env, name, value)
        if (json_is_string(value))
            pairs[n++] = arena_printf(a, "%s=%s", name, json_string_value(value));
    return pairs;
}

/* The environment once more as JSON, for hooks that pass it to something that is not their child.
 */
static int environment_pipe(struct arena *a, const json_t *env)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0)
        return -1;
    const char *text = json_dump(a, json_own(a, json_pack("{s:O}", "env", env)));
    (void)fcntl(ends[1], F_SETPIPE_SZ, 1 << 18);
    (void)fcntl(ends[1], F_SETFL, O_NONBLOCK);
    bool written = write_all(ends[1], text, strlen(text));
    close(ends[1]);
    if (written)
        return ends[0];
    close(ends[0]);
    return -1;
}

enum line_end { LINE_READ, LINE_CLOSED, LINE_LATE };

static enum line_end read_line(int fd, int timeout_ms, char line[LINE_CAP])
{
    int64_t deadline = clock_monotonic_nanos() + timeout_ms * INT64_C(1000000);
    size_t len = 0;
    while (len < LINE_CAP - 1) {
        int64_t left = deadline - clock_monotonic_nanos();
        struct pollfd p = { .fd = fd, .events = POLLIN };
        if (left <= 0 || poll(&p, 1, (int)(left / 1000000) + 1) == 0)
            return LINE_LATE;
        ssize_t got = read(fd, line + len, LINE_CAP - 1 - len);
        if (got <= 0)
            return LINE_CLOSED;
        len += (size_t)got;
        line[len] = '\0';
        char *newline = strchr(line, '\n');
        if (newline) {
            *newline = '\0';
            return LINE_READ;
        }
    }
    return LINE_READ; /* no newline in 4 KiB: not a line of ours, the parser will say so */
}

static bool start_command(struct arena *a, const struct profile *p, const json_t *given,
                          struct booted *b, int *line_fd, struct error *e)
{
    struct placeholder boot_dir[] = { { "BOOT_DIR", b->directory }, { NULL, NULL } };
    const json_t *env = placeholders_object(a, given, boot_dir);
    int out[2], in = environment_pipe(a, env);
    int log = open(b->log_path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    bool ok = in >= 0 && log >= 0 && pipe2(out, O_CLOEXEC) == 0;
    if (!ok)
        return error_set(e, "boot: cannot prepare files in %s", b->directory);
    struct process_options o = {
        .argv = placeholders_argv(a, p->boot.argv, boot_dir),
        .env = environment_for(a, env),
        .stdin_fd = in,
        .stdout_fd = out[1],
        .stderr_fd = log,
        .new_group = true,
    };
    ok = process_start(&o, &b->process, e);
    close(in);
    close(log);
    close(out[1]);
    if (ok)
        *line_fd = out[0];
    else
        close(out[0]);
    return ok;
}

static enum boot_result understand(struct arena *a, const char *line, struct booted *b,
                                   struct error *e)
{
    json_t *said;
    if (!json_parse(a, line, strlen(line), &said, e) || !json_text(said, "base_url")) {
        error_set(e, "boot: the command's first line is not {\"base_url\":\"http://…\"}");
        boot_kill(b);
        return BOOT_BROKEN;
    }
    b->base_url = json_text(said, "base_url");
    return BOOT_READY;
}

enum boot_result boot_start(struct arena *a, const struct profile *p, const char *directory,
                            const json_t *env, struct booted *out, struct error *e)
{
    char line[LINE_CAP];
    int fd = -1;
    int64_t started = clock_monotonic_nanos();
    int timeout = p->boot.timeout_ms > 0 ? p->boot.timeout_ms : 20000;
    *out = (struct booted){ .directory = arena_strdup(a, directory),
                            .log_path = path_join(a, directory, "stderr.log") };
    if (!directory_make(directory, 0700, e) || !start_command(a, p, env, out, &fd, e))
        return BOOT_BROKEN;
    enum line_end end = read_line(fd, timeout, line);
    close(fd);
    out->ready_us = (clock_monotonic_nanos() - started) / 1000;
    if (end == LINE_READ)
        return understand(a, line, out, e);
    if (end == LINE_CLOSED && process_wait(&out->process, timeout, &out->code) == PROCESS_EXITED)
        return BOOT_REFUSED;
    boot_kill(out);
    error_set(e, end == LINE_LATE ? "boot: not ready after %d ms" : "boot: died within %d ms",
              timeout);
    return end == LINE_LATE ? BOOT_TIMED_OUT : BOOT_BROKEN;
}

const char *boot_log(struct arena *a, const struct booted *b)
{
    struct bytes text;
    if (!file_read(a, b->log_path, LOG_CAP, &text, NULL))
        return "";
    return (const char *)text.data;
}

bool boot_stop(struct booted *b, int grace_ms)
{
    int code = 0;
    enum process_end end = process_stop(&b->process, grace_ms, &code);
    bool removed = directory_remove(b->directory, NULL);
    (void)removed; /* a leftover goes with the run directory */
    return end == PROCESS_EXITED && code == 0;
}

void boot_kill(struct booted *b)
{
    int code;
    (void)process_stop(&b->process, 0, &code);
}
