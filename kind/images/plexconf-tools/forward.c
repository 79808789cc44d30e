/* A TCP forwarder: one thread a connection, so that a slow or dead target holds up one caller
 * alone. The target's name is looked up for every connection: a Service may move. */
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/arena.h"
#include "common/log.h"
#include "common/memory.h"
#include "common/text.h"
#include "kind/images/plexconf-tools/tools.h"

#define CHUNK 16384
#define CONNECTIONS_MAX 256

struct forwarder {
    const char *host, *port; /* of the target */
    int listener, stop;
    pthread_mutex_t lock;
    pthread_cond_t fewer;
    int open; /* connections; under `lock` */
};

struct connection {
    struct forwarder *forwarder;
    int caller;
};

/* ---- addresses ---- */

static bool split(struct arena *a, const char *address, const char **host, const char **port,
                  struct error *e)
{
    const char *colon = strrchr(address, ':');
    if (colon == NULL || colon == address || colon[1] == '\0')
        return error_set(e, "%s: must be HOST:PORT", address);
    *host = arena_strndup(a, address, (size_t)(colon - address));
    *port = arena_strdup(a, colon + 1);
    return true;
}

static struct addrinfo *look_up(const char *host, const char *port, int flags, const char **why)
{
    struct addrinfo *found = NULL;
    struct addrinfo hints = { .ai_family = AF_UNSPEC,
                              .ai_socktype = SOCK_STREAM,
                              .ai_flags = flags | AI_NUMERICSERV };
    int failed = getaddrinfo(host, port, &hints, &found);
    *why = failed == 0 ? "" : gai_strerror(failed);
    return failed == 0 ? found : NULL;
}

static int listen_on(const struct addrinfo *at, struct error *e)
{
    int yes = 1;
    int fd = socket(at->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) == 0 &&
        bind(fd, at->ai_addr, at->ai_addrlen) == 0 && listen(fd, 64) == 0)
        return fd;
    error_errno(e, errno, "listen");
    if (fd >= 0)
        close(fd);
    return -1;
}

bool forwarder_open(struct arena *a, const char *listen, const char *target, struct forwarder **out,
                    struct error *e)
{
    const char *host, *port, *why;
    struct forwarder *f = arena_alloc(a, sizeof *f);
    *f = (struct forwarder){ .listener = -1 };
    if (!split(a, listen, &host, &port, e) || !split(a, target, &f->host, &f->port, e))
        return false;
    struct addrinfo *at = look_up(host, port, AI_PASSIVE, &why);
    if (at == NULL)
        return error_set(e, "%s: %s", listen, why);
    f->listener = listen_on(at, e);
    freeaddrinfo(at);
    if (f->listener < 0)
        return error_prefix(e, "%s", listen);
    f->stop = eventfd(0, EFD_CLOEXEC);
    if (f->stop < 0)
        return error_errno(e, errno, "eventfd");
    pthread_mutex_init(&f->lock, NULL);
    pthread_cond_init(&f->fewer, NULL);
    *out = f;
    return true;
}

int forwarder_port(const struct forwarder *f)
{
    struct sockaddr_storage at;
    socklen_t len = sizeof at;
    if (getsockname(f->listener, (struct sockaddr *)&at, &len) != 0)
        return 0;
    return ntohs(at.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)&at)->sin6_port
                                          : ((struct sockaddr_in *)&at)->sin_port);
}

static int connect_to(const struct forwarder *f)
{
    const char *why;
    struct addrinfo *all = look_up(f->host, f->port, 0, &why);
    int fd = -1;
    for (const struct addrinfo *at = all; at != NULL && fd < 0; at = at->ai_next) {
        fd = socket(at->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (fd >= 0 && connect(fd, at->ai_addr, at->ai_addrlen) != 0) {
            why = strerrordesc_np(errno);
            close(fd);
            fd = -1;
        }
    }
    if (all != NULL)
        freeaddrinfo(all);
    if (fd < 0)
        log_line(LOG_WARN, "cannot connect", "target", f->host, "why", why, NULL);
    return fd;
}

/* ---- one connection ---- */

struct flow { /* one direction */
    int from, to;
    size_t at, len; /* what of `data` is still to be written */
    bool ended;     /* `from` sends no more */
    bool closed;    /* and `to` was told */
    unsigned char data[CHUNK];
};

static bool step(struct flow *w, short readable, short writable)
{
    if (w->len == 0 && !w->ended && readable != 0) {
        ssize_t n = recv(w->from, w->data, CHUNK, MSG_DONTWAIT);
        if (n < 0 && errno != EAGAIN && errno != EINTR)
            return false;
        w->ended = n == 0;
        w->at = 0;
        w->len = n > 0 ? (size_t)n : 0;
    }
    if (w->len > 0 && (writable & (POLLOUT | POLLERR | POLLHUP)) != 0) {
        ssize_t n = send(w->to, w->data + w->at, w->len, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (n < 0 && errno != EAGAIN && errno != EINTR)
            return false;
        w->at += n > 0 ? (size_t)n : 0;
        w->len -= n > 0 ? (size_t)n : 0;
    }
    if (w->ended && w->len == 0 && !w->closed) {
        shutdown(w->to, SHUT_WR);
        w->closed = true;
    }
    return true;
}

static short wants(const struct flow *in, const struct flow *out)
{
    return (short)((in->len == 0 && !in->ended ? POLLIN : 0) | (out->len > 0 ? POLLOUT : 0));
}

static void pump(int caller, int target)
{
    struct flow *there = mem_alloc(sizeof *there), *back = mem_alloc(sizeof *back);
    *there = (struct flow){ .from = caller, .to = target };
    *back = (struct flow){ .from = target, .to = caller };
    while (!there->closed || !back->closed) {
        /* A side that nothing is wanted of is left out: its POLLHUP would be told for ever. */
        short ask = wants(there, back), tell = wants(back, there);
        struct pollfd p[2] = { { .fd = ask != 0 ? caller : -1, .events = ask },
                               { .fd = tell != 0 ? target : -1, .events = tell } };
        if (poll(p, 2, -1) < 0 && errno != EINTR)
            break;
        if (!step(there, p[0].revents, p[1].revents) || !step(back, p[1].revents, p[0].revents))
            break;
    }
    mem_free(there);
    mem_free(back);
}

static void count(struct forwarder *f, int change)
{
    pthread_mutex_lock(&f->lock);
    f->open += change;
    pthread_cond_signal(&f->fewer);
    pthread_mutex_unlock(&f->lock);
}

/* No place to store things: what one side does not take, the other holds back. */
static void hold_little(int fd)
{
    int size = CHUNK;
    if (setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size) != 0)
        log_line(LOG_WARN, "cannot bound what a socket holds", "why", strerrordesc_np(errno), NULL);
}

static void *serve(void *arg)
{
    struct connection c = *(struct connection *)arg;
    mem_free(arg);
    int target = connect_to(c.forwarder);
    if (target >= 0) {
        hold_little(c.caller);
        hold_little(target);
        pump(c.caller, target);
        close(target);
    }
    close(c.caller);
    count(c.forwarder, -1);
    return NULL;
}

static void take(struct forwarder *f, int caller)
{
    pthread_t thread;
    struct connection *c = mem_alloc(sizeof *c);
    *c = (struct connection){ .forwarder = f, .caller = caller };
    count(f, 1);
    if (pthread_create(&thread, NULL, serve, c) == 0) {
        pthread_detach(thread);
        return;
    }
    close(caller);
    mem_free(c);
    count(f, -1);
}

/* Callers beyond the limit wait in the listener's queue. */
static void wait_until_below(struct forwarder *f, int limit)
{
    pthread_mutex_lock(&f->lock);
    while (f->open >= limit)
        pthread_cond_wait(&f->fewer, &f->lock);
    pthread_mutex_unlock(&f->lock);
}

bool forwarder_run(struct forwarder *f, struct error *e)
{
    for (;;) {
        struct pollfd p[2] = { { .fd = f->listener, .events = POLLIN },
                               { .fd = f->stop, .events = POLLIN } };
        if (poll(p, 2, -1) < 0 && errno != EINTR)
            return error_errno(e, errno, "poll");
        if (p[1].revents != 0)
            break;
        int caller = p[0].revents == 0 ? -1 : accept4(f->listener, NULL, NULL, SOCK_CLOEXEC);
        if (caller >= 0)
            take(f, caller);
        else if (p[0].revents != 0 && errno != EINTR && errno != ECONNABORTED)
            return error_errno(e, errno, "accept");
        wait_until_below(f, CONNECTIONS_MAX);
    }
    wait_until_below(f, 1);
    close(f->listener);
    close(f->stop);
    return true;
}

void forwarder_stop(struct forwarder *f)
{
    uint64_t one = 1;
    ssize_t ignored = write(f->stop, &one, sizeof one);
    (void)ignored;
}
