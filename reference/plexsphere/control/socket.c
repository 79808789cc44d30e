/* The server's end of the control socket: one thread, one client at a time. Requests are rare and
 * short; a client that stalls is given up after CLIENT_WAIT_MS. */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/arena.h"
#include "common/buffer.h"
#include "common/file.h"
#include "common/log.h"
#include "common/memory.h"
#include "reference/plexsphere/commands.h"
#include "reference/plexsphere/control/connect.h"
#include "reference/plexsphere/control/control.h"

enum { CLIENT_WAIT_MS = 10 * 1000 };

struct control {
    struct app *app;
    int listener;
    int stop; /* an eventfd: readable from control_close() on */
    pthread_t thread;
    struct sockaddr_un address;
};

/* Waits until `fd` can be read; false when the time is over or the server stops. */
static bool readable(const struct control *c, int fd, int timeout_ms)
{
    struct pollfd fds[] = { { .fd = fd, .events = POLLIN }, { .fd = c->stop, .events = POLLIN } };
    int n;
    do
        n = poll(fds, ARRAY_LEN(fds), timeout_ms);
    while (n < 0 && errno == EINTR);
    return n > 0 && fds[1].revents == 0 && fds[0].revents != 0;
}

static bool answer_line(const struct control *c, int client, const char *line, size_t len)
{
    struct arena *a = arena_create();
    const char *answer = control_answer(c->app, a, line, len);
    bool ok = write_all(client, answer, strlen(answer)) && write_all(client, "\n", 1);
    arena_destroy(a);
    return ok;
}

/* Answers every whole line that has come and keeps the rest. */
static bool answer_lines(const struct control *c, int client, struct buffer *in)
{
    char *newline;
    while ((newline = memchr(in->data, '\n', in->len)) != NULL) {
        size_t used = (size_t)(newline - in->data) + 1;
        if (!answer_line(c, client, in->data, used - 1))
            return false;
        memmove(in->data, in->data + used, in->len - used);
        in->len -= used;
    }
    return true;
}

static void serve_client(const struct control *c, int client)
{
    struct buffer in;
    char piece[4096];
    buffer_init(&in, CONTROL_LINE_CAP);
    while (readable(c, client, CLIENT_WAIT_MS)) {
        ssize_t n = read(client, piece, sizeof piece);
        if (n <= 0 || !buffer_append(&in, piece, (size_t)n) || !answer_lines(c, client, &in))
            break;
    }
    buffer_release(&in);
}

static void *serve(void *argument)
{
    const struct control *c = argument;
    while (readable(c, c->listener, -1)) {
        int client = accept4(c->listener, NULL, NULL, SOCK_CLOEXEC);
        if (client < 0)
            continue;
        serve_client(c, client);
        close(client);
    }
    return NULL;
}

/* Only what an earlier server left behind is taken away: a socket that refuses connections. */
static bool clear_path(const struct sockaddr_un *address, struct error *e)
{
    const char *path = address->sun_path;
    struct stat st;
    if (lstat(path, &st) != 0)
        return errno == ENOENT || error_errno(e, errno, "--control %s", path);
    if (!S_ISSOCK(st.st_mode))
        return error_set(e, "--control %s: something other than a socket is there", path);
    int fd = control_connect(address);
    if (fd >= 0) {
        close(fd);
        return error_set(e, "--control %s: another server listens there", path);
    }
    return unlink(path) == 0 || error_errno(e, errno, "--control %s", path);
}

/* The mode is set before bind(), so that the socket is never open to others. */
static bool open_listener(struct control *c, struct error *e)
{
    const struct sockaddr_un *address = &c->address;
    const char *path = address->sun_path;
    c->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (c->listener >= 0 && fchmod(c->listener, 0600) == 0 &&
        bind(c->listener, (const struct sockaddr *)address, sizeof *address) == 0 &&
        chmod(path, 0600) == 0 && listen(c->listener, 16) == 0)
        return true;
    return error_errno(e, errno, "--control %s", path);
}

static bool start(struct control *c, struct error *e)
{
    if (!clear_path(&c->address, e) || !open_listener(c, e))
        return false;
    c->stop = eventfd(0, EFD_CLOEXEC);
    int failed = c->stop < 0 ? errno : pthread_create(&c->thread, NULL, serve, c);
    if (failed == 0)
        return true;
    unlink(c->address.sun_path);
    return error_errno(e, failed, "--control %s", c->address.sun_path);
}

static void forget(struct control *c)
{
    if (c->listener >= 0)
        close(c->listener);
    if (c->stop >= 0)
        close(c->stop);
    mem_free(c);
}

/* CTL-001: what moves the clock must not exist where time is real. */
bool control_open(struct app *app, const char *path, struct control **out, struct error *e)
{
    struct sockaddr_un address;
    if (app->mode != APP_DEV)
        return error_set(e, "--control: the control socket exists in dev mode only; set "
                            "PLEXSPHERE_MODE=dev");
    if (!control_address(path, &address, e))
        return error_prefix(e, "--control");
    struct control *c = mem_alloc(sizeof *c);
    *c = (struct control){ .app = app, .listener = -1, .stop = -1, .address = address };
    if (!start(c, e)) {
        forget(c);
        return false;
    }
    log_line(LOG_WARN, "control socket open: its clients move the clock and change states", "path",
             path, NULL);
    *out = c;
    return true;
}

void control_close(struct control *c)
{
    eventfd_write(c->stop, 1);
    pthread_join(c->thread, NULL);
    unlink(c->address.sun_path);
    forget(c);
}
