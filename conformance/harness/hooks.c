#include "harness/hooks.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/buffer.h"
#include "common/json.h"
#include "common/memory.h"
#include "common/process.h"
#include "common/text.h"
#include "common/timestamp.h"

#define OUTPUT_CAP (1024u * 1024)
#define LINE_CAP (64u * 1024)
#define ERRORS_CAP 4096
#define END_GRACE_MS 2000
#define NOT_FOUND 127

static struct bytes input_line(struct arena *a, const json_t *input)
{
    char *line =
        input == NULL ? arena_strdup(a, "{}\n") : arena_printf(a, "%s\n", json_dump(a, input));
    return BYTES_OF_TEXT(line);
}

/* The last line that says something, cut to a readable length. */
static char *last_line(struct arena *a, const char *text)
{
    size_t n = 0;
    char **lines = text_split(a, text, '\n', &n);
    while (n > 0 && text_blank(lines[n - 1]))
        n--;
    return n == 0 ? NULL : arena_printf(a, "%.300s", text_trim(a, lines[n - 1]));
}

static bool not_well(struct arena *a, const struct hook *h, const char *what, enum process_end end,
                     int code, const char *errors, struct error *e)
{
    char *said = last_line(a, errors);
    if (end == PROCESS_EXITED && code == NOT_FOUND && said == NULL)
        return error_set(e, "%s: exit status 127: '%s' was not found", what, h->argv[0]);
    if (said == NULL)
        return error_set(e, "%s: '%s': %s", what, h->argv[0], process_end_text(a, end, code));
    return error_set(e, "%s: '%s': %s: %s", what, h->argv[0], process_end_text(a, end, code), said);
}

bool hook_run_text(struct arena *a, const struct profile *p, const struct hook *h, const char *what,
                   const json_t *input, struct bytes *out, struct error *e)
{
    struct process_options o = { .argv = h->argv, .env = p->hook_env, .new_group = true };
    struct process_result result;
    if (!process_run(a, &o, input_line(a, input), OUTPUT_CAP, h->timeout_ms, &result, e))
        return error_prefix(e, "%s: '%s'", what, h->argv[0]);
    if (result.end != PROCESS_EXITED || result.code != 0)
        return not_well(a, h, what, result.end, result.code, (const char *)result.err.data, e);
    *out = result.out;
    return true;
}

static bool read_line(struct arena *a, const struct hook *h, const char *what, const char *text,
                      size_t len, json_t **out, struct error *e)
{
    char *line = text_trim(a, arena_strndup(a, text, len));
    if (line[0] == '\0') {
        *out = json_own(a, json_object());
        return true;
    }
    struct error why = { "" };
    if (!json_parse(a, line, strlen(line), out, &why) || !json_is_object(*out))
        return error_set(e, "%s: '%s': its answer is not one JSON object (%s)", what, h->argv[0],
                         why.text[0] == '\0' ? "another JSON value" : why.text);
    return true;
}

bool hook_run(struct arena *a, const struct profile *p, const struct hook *h, const char *what,
              const json_t *input, json_t **out, struct error *e)
{
    struct bytes text = { NULL, 0 };
    return hook_run_text(a, p, h, what, input, &text, e) &&
           read_line(a, h, what, (const char *)text.data, text.len, out, e);
}

/* ---- line after line ---------------------------------------------------------------------- */

struct hook_talk {
    const struct hook *hook;
    const char *what;
    struct process process;
    int fd;        /* a socket, so that writing to an ended hook is an error and no signal */
    int errors_fd; /* a file in memory: whatever the hook writes there, nobody must read it at once
                    */
    struct buffer in;
};

static bool start(const struct profile *p, struct hook_talk *t, struct error *e)
{
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
        return error_errno(e, errno, "a socket");
    t->fd = ends[0];
    t->errors_fd = memfd_create("hook-errors", MFD_CLOEXEC);
    struct process_options o = { .argv = t->hook->argv,
                                 .env = p->hook_env,
                                 .stdin_fd = ends[1],
                                 .stdout_fd = ends[1],
                                 .stderr_fd = t->errors_fd,
                                 .new_group = true };
    bool ok = t->errors_fd >= 0 ? process_start(&o, &t->process, e)
                                : error_errno(e, errno, "a file in memory");
    close(ends[1]);
    return ok;
}

bool hook_talk_open(const struct profile *p, const struct hook *h, const char *what,
                    struct hook_talk **out, struct error *e)
{
    struct hook_talk *t = mem_alloc(sizeof *t);
    *t = (struct hook_talk){ .hook = h, .what = what, .fd = -1, .errors_fd = -1 };
    buffer_init(&t->in, LINE_CAP);
    if (!start(p, t, e)) {
        hook_talk_close(t);
        return error_prefix(e, "%s: '%s'", what, h->argv[0]);
    }
    *out = t;
    return true;
}

static bool send_all(int fd, struct bytes b)
{
    while (b.len > 0) {
        ssize_t n = send(fd, b.data, b.len, MSG_NOSIGNAL);
        if (n < 0 && errno != EINTR)
            return false;
        if (n > 0) {
            b.data += n;
            b.len -= (size_t)n;
        }
    }
    return true;
}

enum line_end { LINE_READ, LINE_CLOSED, LINE_LATE, LINE_LONG };

static enum line_end wait_for_line(struct hook_talk *t)
{
    int64_t until = clock_monotonic_nanos() + (int64_t)t->hook->timeout_ms * 1000000;
    buffer_clear(&t->in);
    while (memchr(t->in.data, '\n', t->in.len) == NULL) {
        int64_t left = (until - clock_monotonic_nanos()) / 1000000;
        struct pollfd p = { .fd = t->fd, .events = POLLIN };
        char piece[4096];
        if (left < 0 || poll(&p, 1, (int)left + 1) == 0)
            return LINE_LATE;
        ssize_t n = recv(t->fd, piece, sizeof piece, 0);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return LINE_CLOSED;
        if (!buffer_append(&t->in, piece, (size_t)n))
            return LINE_LONG;
    }
    return LINE_READ;
}

static bool no_line(struct arena *a, struct hook_talk *t, enum line_end end, struct error *e)
{
    const struct hook *h = t->hook;
    char errors[ERRORS_CAP + 1];
    int code = 0;
    if (end == LINE_LATE)
        return error_set(e, "%s: '%s': no answer within %d ms", t->what, h->argv[0], h->timeout_ms);
    if (end == LINE_LONG)
        return error_set(e, "%s: '%s': its answer is longer than %u bytes", t->what, h->argv[0],
                         LINE_CAP);
    enum process_end how = process_wait(&t->process, END_GRACE_MS, &code);
    off_t size = lseek(t->errors_fd, 0, SEEK_END);
    ssize_t n = pread(t->errors_fd, errors, ERRORS_CAP, size > ERRORS_CAP ? size - ERRORS_CAP : 0);
    errors[n < 0 ? 0 : n] = '\0';
    return not_well(a, h, t->what, how, code, errors, e);
}

bool hook_talk_ask(struct arena *a, struct hook_talk *t, const json_t *input, json_t **out,
                   struct error *e)
{
    enum line_end end = send_all(t->fd, input_line(a, input)) ? wait_for_line(t) : LINE_CLOSED;
    if (end != LINE_READ)
        return no_line(a, t, end, e);
    if (!read_line(a, t->hook, t->what, t->in.data, strcspn(t->in.data, "\n"), out, e))
        return false;
    const char *refused = json_text(*out, "error");
    return refused == NULL || error_set(e, "%s: '%s': %.300s", t->what, t->hook->argv[0], refused);
}

void hook_talk_close(struct hook_talk *t)
{
    int code;
    if (t == NULL)
        return;
    if (t->fd >= 0)
        close(t->fd); /* the end of its input */
    if (t->process.pid != 0 && process_wait(&t->process, END_GRACE_MS, &code) == PROCESS_TIMED_OUT)
        process_stop(&t->process, END_GRACE_MS, &code);
    if (t->errors_fd >= 0)
        close(t->errors_fd);
    buffer_release(&t->in);
    mem_free(t);
}
