#include "reference/plexd/dev_control.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/arena.h"
#include "common/buffer.h"
#include "common/file.h"
#include "common/json.h"
#include "common/log.h"
#include "common/memory.h"
#include "common/text.h"
#include "common/timestamp.h"

#define CLIENTS 4
#define LINE_CAP 4096
#define SECONDS_MOST (INT64_C(366) * 86400)

struct client {
    struct dev_control *control;
    struct watch watch;
    struct buffer line;
    bool open;
};

struct dev_control {
    struct dev_control_options o;
    struct watch listening;
    struct client clients[CLIENTS];
    char path[sizeof(((struct sockaddr_un *)0)->sun_path)];
};

const char *dev_control_line(const struct dev_control_options *o, const char *line, size_t len)
{
    struct arena *a = arena_create();
    json_t *object;
    const char *answer = "{\"error\":\"not one JSON object with a known cmd\"}";
    if (json_parse(a, line, len, &object, NULL)) {
        const char *cmd = json_text(object, "cmd");
        int64_t seconds = json_int(object, "seconds", -1);
        if (text_equal(cmd, "reconcile")) {
            o->reconcile(o->self);
            answer = "{\"ok\":true}";
        } else if (text_equal(cmd, "advance") && (seconds < 0 || seconds > SECONDS_MOST)) {
            answer = "{\"error\":\"seconds must be 0 to a year\"}";
        } else if (text_equal(cmd, "advance")) {
            loop_advance(o->loop, seconds * NANOS_PER_SECOND);
            answer = "{\"ok\":true}";
        }
    }
    arena_destroy(a);
    return answer;
}

static void hang_up(struct client *c)
{
    loop_unwatch(c->control->o.loop, &c->watch);
    close(c->watch.fd);
    buffer_release(&c->line);
    c->open = false;
}

/* An answer is a few bytes: a client that does not read them is hung up on. */
static bool answer(struct client *c, const char *text)
{
    return write_all(c->watch.fd, text, strlen(text)) && write_all(c->watch.fd, "\n", 1);
}

static bool answer_lines(struct client *c)
{
    char *newline;
    while ((newline = memchr(c->line.data, '\n', c->line.len)) != NULL) {
        size_t len = (size_t)(newline - c->line.data);
        if (!answer(c, dev_control_line(&c->control->o, c->line.data, len)))
            return false;
        size_t left = c->line.len - len - 1;
        memmove(c->line.data, newline + 1, left);
        c->line.len = left;
        c->line.data[left] = '\0';
    }
    return !c->line.overflow;
}

static void client_ready(void *self, uint32_t events)
{
    (void)events;
    struct client *c = self;
    char piece[1024];
    ssize_t n = read(c->watch.fd, piece, sizeof piece);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n > 0)
        buffer_append(&c->line, piece, (size_t)n);
    if (n <= 0 || !answer_lines(c))
        hang_up(c);
}

static void accept_client(void *self, uint32_t events)
{
    (void)events;
    struct dev_control *d = self;
    int fd = accept4(d->listening.fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    for (size_t i = 0; fd >= 0 && i < CLIENTS; i++) {
        struct client *c = &d->clients[i];
        if (c->open)
            continue;
        *c = (struct client){ .control = d, .open = true };
        c->watch = (struct watch){ .fd = fd, .ready = client_ready, .self = c };
        buffer_init(&c->line, LINE_CAP);
        struct error e;
        if (!loop_watch(d->o.loop, &c->watch, EPOLLIN, &e))
            hang_up(c);
        return;
    }
    if (fd >= 0)
        close(fd);
}

static bool listen_at(struct dev_control *d, struct error *e)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    struct stat s;
    if (strlen(d->o.path) >= sizeof address.sun_path)
        return error_set(e, "--dev-control: the path is longer than %zu bytes",
                         sizeof address.sun_path - 1);
    memcpy(address.sun_path, d->o.path, strlen(d->o.path) + 1);
    memcpy(d->path, address.sun_path, sizeof d->path);
    if (lstat(d->o.path, &s) == 0 && S_ISSOCK(s.st_mode))
        unlink(d->o.path); /* of an earlier process */
    int fd = d->listening.fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    mode_t before = umask(0177);
    bool bound = fd >= 0 && bind(fd, (struct sockaddr *)&address, sizeof address) == 0;
    int code = errno;
    umask(before);
    if (!bound || listen(fd, CLIENTS) != 0)
        return error_errno(e, bound ? errno : code, "--dev-control: %s", d->o.path);
    return loop_watch(d->o.loop, &d->listening, EPOLLIN, e);
}

/* systemd gives every unit's processes this variable. */
bool dev_control_allowed(const struct environment *env, struct error *e)
{
    return text_blank(environment_get(env, "INVOCATION_ID")) ||
           error_set(e, "--dev-control is refused under a system unit: it moves the clock");
}

bool dev_control_open(const struct dev_control_options *o, struct dev_control **out,
                      struct error *e)
{
    if (!dev_control_allowed(o->env, e))
        return false;
    struct dev_control *d = mem_alloc(sizeof *d);
    d->o = *o;
    d->listening = (struct watch){ .fd = -1, .ready = accept_client, .self = d };
    if (!listen_at(d, e)) {
        if (d->listening.fd >= 0)
            close(d->listening.fd);
        mem_free(d);
        return false;
    }
    log_line(LOG_WARN, "dev control is open: whoever may connect moves this agent's clock", "path",
             o->path, NULL);
    *out = d;
    return true;
}

void dev_control_close(struct dev_control *d)
{
    if (d == NULL)
        return;
    for (size_t i = 0; i < CLIENTS; i++)
        if (d->clients[i].open)
            hang_up(&d->clients[i]);
    loop_unwatch(d->o.loop, &d->listening);
    close(d->listening.fd);
    unlink(d->path);
    mem_free(d);
}
