#include "reference/plexd/local_internal.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/log.h"
#include "common/memory.h"
#include "common/text.h"

const struct local_limits local_limits_default = {
    .connections = 128, .idle = SECONDS(60), .receive = SECONDS(15), .send = SECONDS(15)
};

/* ---- coming and going ---- */

static void listen_again(struct local_server *s, bool wanted)
{
    for (size_t i = 0; i < s->n_listeners; i++)
        if (!wanted)
            loop_unwatch(s->loop, &s->listeners[i].watch);
        else if (!s->listeners[i].watch.added)
            (void)!loop_watch(s->loop, &s->listeners[i].watch, EPOLLIN, NULL);
    s->paused = !wanted;
}

void connection_close(struct connection *c)
{
    struct local_server *s = c->server;
    if (c->state == OWNED && c->request.abandoned != NULL)
        c->request.abandoned(c->request.self);
    loop_unwatch(s->loop, &c->watch);
    close(c->watch.fd);
    if (c->secret_out)
        mem_wipe(c->out, c->out_len);
    mem_free(c->out);
    buffer_release(&c->in);
    buffer_release(&c->body);
    arena_destroy(c->request.a);
    for (size_t i = 0; i < s->limits.connections; i++)
        if (s->connections[i] == c)
            s->connections[i] = NULL;
    mem_free(c);
    s->n--;
    if (s->paused && !s->draining)
        listen_again(s, true);
    if (s->draining && s->n == 0 && s->drained != NULL)
        s->drained(s->drained_self);
}

void connection_want(struct connection *c, uint32_t events)
{
    if (c->watching != events && loop_watch(c->server->loop, &c->watch, events, NULL))
        c->watching = events;
}

void connection_deadline(struct connection *c, int64_t span)
{
    c->deadline = loop_now(c->server->loop) + span;
}

static bool is_idle(const struct connection *c)
{
    return c->state == HEAD && c->in.len == 0;
}

/* API-032: rather the longest idle one than nobody new. */
static bool make_room(struct local_server *s)
{
    struct connection *oldest = NULL;
    if (s->n < s->limits.connections)
        return true;
    for (size_t i = 0; i < s->limits.connections; i++) {
        struct connection *c = s->connections[i];
        if (c != NULL && is_idle(c) && (oldest == NULL || c->deadline < oldest->deadline))
            oldest = c;
    }
    if (oldest != NULL)
        connection_close(oldest);
    return oldest != NULL;
}

static void sweep(void *self)
{
    struct local_server *s = self;
    int64_t now = loop_now(s->loop);
    for (size_t i = 0; i < s->limits.connections; i++) {
        struct connection *c = s->connections[i];
        if (c != NULL && c->state != OWNED && c->deadline <= now)
            connection_close(c);
    }
    if (s->paused && !s->draining && s->n < s->limits.connections)
        listen_again(s, true);
    if (s->n > 0 || s->paused)
        timer_set(s->loop, &s->sweep, SECONDS(1));
}

static void welcome(struct local_server *s, int fd, bool tcp)
{
    struct connection *c = mem_alloc(sizeof *c);
    size_t place = 0;
    while (s->connections[place] != NULL)
        place++;
    s->connections[place] = c;
    s->n++;
    c->server = s;
    c->tcp = tcp;
    c->state = HEAD;
    c->request.a = arena_create();
    c->watch = (struct watch){ .fd = fd, .ready = connection_ready, .self = c };
    connection_deadline(c, s->limits.idle);
    connection_want(c, EPOLLIN);
    if (!c->watch.added)
        connection_close(c);
    else if (!s->sweep.armed)
        timer_set(s->loop, &s->sweep, SECONDS(1));
}

/* Out of descriptors or places: the listeners rest until a connection goes or a second is over. */
static void acceptable(void *self, uint32_t events)
{
    struct listener *l = self;
    struct local_server *s = l->server;
    (void)events;
    if (make_room(s)) {
        int fd = accept4(l->watch.fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
        if (fd >= 0) {
            welcome(s, fd, l->tcp);
            return;
        }
        if (errno != EMFILE && errno != ENFILE && errno != ENOMEM && errno != ENOBUFS)
            return;
        log_line(LOG_WARN, "local connections cannot be accepted", "component", "nodeapi", "error",
                 strerror(errno), NULL);
    }
    listen_again(s, false);
    if (!s->sweep.armed)
        timer_set(s->loop, &s->sweep, SECONDS(1));
}

/* ---- life ---- */

struct local_server *local_server_create(struct loop *l, const struct local_limits *limits,
                                         void (*handle)(void *self, struct local_request *rq),
                                         void *self)
{
    struct local_server *s = mem_alloc(sizeof *s);
    s->loop = l;
    s->limits = *limits;
    s->handle = handle;
    s->self = self;
    s->connections = mem_alloc_array(limits->connections, sizeof(struct connection *));
    s->sweep = (struct timer){ .fire = sweep, .self = s };
    s->date_second = -1;
    return s;
}

bool local_server_listen(struct local_server *s, int fd, bool tcp, struct error *e)
{
    struct listener *l = &s->listeners[s->n_listeners++];
    *l = (struct listener){ .server = s, .tcp = tcp };
    l->watch = (struct watch){ .fd = fd, .ready = acceptable, .self = l };
    return loop_watch(s->loop, &l->watch, EPOLLIN, e);
}

static void close_listeners(struct local_server *s)
{
    for (size_t i = 0; i < s->n_listeners; i++) {
        loop_unwatch(s->loop, &s->listeners[i].watch);
        close(s->listeners[i].watch.fd);
    }
    s->n_listeners = 0;
}

/* What was sent before the end is still read, for it may be a request. */
static void drain(struct local_server *s, size_t i)
{
    if (s->connections[i] != NULL && s->connections[i]->state == HEAD)
        connection_ready(s->connections[i], EPOLLIN);
    if (s->connections[i] != NULL && s->connections[i]->state == HEAD)
        connection_close(s->connections[i]);
    else if (s->connections[i] != NULL)
        s->connections[i]->close_after = true;
}

void local_server_drain(struct local_server *s, void (*drained)(void *self), void *self)
{
    for (size_t i = 0; i < s->n_listeners; i++) /* whoever has knocked is let in */
        for (size_t before = s->n + 1; before != s->n && !s->paused;) {
            before = s->n;
            acceptable(&s->listeners[i], EPOLLIN);
        }
    s->draining = true;
    close_listeners(s);
    for (size_t i = 0; i < s->limits.connections; i++)
        drain(s, i);
    s->drained = drained;
    s->drained_self = self;
}

size_t local_server_connections(const struct local_server *s)
{
    return s->n;
}

void local_server_destroy(struct local_server *s)
{
    if (s == NULL)
        return;
    s->draining = true;
    s->drained = NULL;
    close_listeners(s);
    for (size_t i = 0; i < s->limits.connections; i++)
        if (s->connections[i] != NULL)
            connection_close(s->connections[i]);
    timer_cancel(s->loop, &s->sweep);
    mem_free(s->connections);
    mem_free(s);
}
