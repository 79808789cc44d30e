/* plexsphere control: the client's end of the control socket. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "common/arena.h"
#include "common/buffer.h"
#include "common/file.h"
#include "common/json.h"
#include "common/number.h"
#include "common/options.h"
#include "common/text.h"
#include "reference/plexsphere/commands.h"
#include "reference/plexsphere/control/connect.h"
#include "reference/plexsphere/control/control.h"
#include "reference/plexsphere/control/input.h"

enum { ANSWER_WAIT_SECONDS = 30 };

static bool read_answer(int fd, struct buffer *out, struct error *e)
{
    char piece[4096];
    while (!memchr(out->data, '\n', out->len)) {
        ssize_t n = read(fd, piece, sizeof piece);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return error_errno(e, errno, "no answer");
        if (n == 0)
            return error_set(e, "no answer: the server closed the connection");
        if (!buffer_append(out, piece, (size_t)n))
            return error_set(e, "the answer is too long");
    }
    return true;
}

/* Sends the line and prints the answer; an answer that is an error becomes ours. */
static bool exchange(struct arena *a, int fd, const char *line, struct error *e)
{
    struct timeval wait = { .tv_sec = ANSWER_WAIT_SECONDS };
    struct buffer answer;
    json_t *json;
    buffer_init_arena(&answer, CONTROL_LINE_CAP, a);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
    if (!write_all(fd, line, strlen(line)) || !write_all(fd, "\n", 1))
        return error_errno(e, errno, "cannot send");
    if (!read_answer(fd, &answer, e) || !json_parse(a, answer.data, answer.len, &json, e))
        return false;
    if (json_text(json, "error"))
        return error_set(e, "%s", json_text(json, "error"));
    return fwrite(answer.data, 1, answer.len, stdout) == answer.len && fflush(stdout) == 0;
}

static bool send_line(struct arena *a, const char *path, json_t *line, struct error *e)
{
    struct sockaddr_un address;
    if (!control_address(path, &address, e))
        return error_prefix(e, "--socket");
    int fd = control_connect(&address);
    if (fd < 0)
        return error_errno(e, errno, "--socket %s", path);
    bool ok = exchange(a, fd, json_dump(a, line), e);
    close(fd);
    return ok;
}

/* advance SECONDS, or {"seconds":N} on standard input. */
static bool advance_line(struct arena *a, char **words, int n, json_t **out, struct error *e)
{
    int64_t seconds;
    if (n > 2)
        return error_set(e, "advance takes one number of seconds");
    if (n < 2) {
        if (!input_object(a, out, e))
            return false;
    } else {
        if (!number_parse(words[1], 0, INT64_MAX, &seconds))
            return error_set(e, "advance takes a whole number of seconds, not '%.32s'", words[1]);
        *out = json_own(a, json_pack("{s:I}", "seconds", (json_int_t)seconds));
    }
    return json_object_set_new(*out, "cmd", json_string("advance")) == 0;
}

/* given NAME with the input on standard input, or {"name":…,"input":{…}} there. */
static bool given_line(struct arena *a, char **words, int n, json_t **out, struct error *e)
{
    json_t *input;
    if (n > 2)
        return error_set(e, "given takes one name");
    if (!input_object(a, &input, e))
        return false;
    *out = n == 2 ? json_own(a, json_pack("{s:s, s:O}", "name", words[1], "input", input)) : input;
    return json_object_set_new(*out, "cmd", json_string("given")) == 0;
}

static bool make_line(struct arena *a, char **words, int n, json_t **out, struct error *e)
{
    if (n >= 1 && text_equal(words[0], "advance"))
        return advance_line(a, words, n, out, e);
    if (n >= 1 && text_equal(words[0], "given"))
        return given_line(a, words, n, out, e);
    return error_set(e, "needs 'advance' or 'given'; see plexsphere control --help");
}

static int fail(const struct error *e, int status)
{
    fprintf(stderr, "plexsphere: control: %s\n", e->text);
    return status;
}

static int control(struct arena *a, int argc, char **argv)
{
    const char *path = NULL;
    const struct option_row rows[] = {
        { .name = "socket",
          .kind = OPTION_TEXT,
          .into = &path,
          .value_name = "PATH",
          .help = "the socket that the server was given with --control" },
        { .name = NULL },
    };
    const struct option_table table = {
        .program = "plexsphere control",
        .synopsis = "--socket PATH (advance [SECONDS] | given [NAME])",
        .summary = "Moves the clock of a server in dev mode, or brings about a named state.",
        .rows = rows,
        .footer = "Without SECONDS, {\"seconds\":N} is read from standard input. The input of a\n"
                  "state is read from standard input, as {\"name\":…,\"input\":{…}} without NAME.\n"
                  "The answer, one line of JSON, goes to standard output.",
    };
    struct error e = { "" };
    char **words;
    json_t *line;
    int n;
    switch (options_parse(&table, argc, argv, &words, &n, &e)) {
    case OPTIONS_OK: break;
    case OPTIONS_HELP: return COMMAND_DONE;
    case OPTIONS_BAD: return fail(&e, COMMAND_USAGE);
    }
    if (!path)
        error_set(&e, "needs --socket PATH");
    if (!path || !make_line(a, words, n, &line, &e))
        return fail(&e, COMMAND_USAGE);
    return send_line(a, path, line, &e) ? COMMAND_DONE : fail(&e, COMMAND_FAILED);
}

int command_control(struct environment env, int argc, char **argv)
{
    (void)env;
    struct arena *a = arena_create();
    int status = control(a, argc, argv);
    arena_destroy(a);
    return status;
}
