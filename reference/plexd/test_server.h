/* plexd/test_server.h — a control plane for unit tests: an HTTP server on the test's own loop.
 *
 * No thread and no wait: the handler is called on the loop once a request is complete, and writes
 * what it likes to the connection, at once or later (streams). */
#ifndef PLEXD_TEST_SERVER_H
#define PLEXD_TEST_SERVER_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/arena.h"
#include "common/base.h"
#include "common/buffer.h"
#include "common/file.h"
#include "common/memory.h"
#include "common/text.h"
#include "reference/plexd/loop.h"

#define TEST_CONNECTIONS 16

struct test_server;

struct test_request {
    struct test_server *server;
    int fd; /* write the answer here; test_hang_up() closes it */
    const char *method, *path, *head;
    struct bytes body; /* NUL-terminated */
    int number;        /* of this server's requests, from 1 */
};

struct test_connection {
    struct test_server *server;
    struct watch watch;
    struct buffer in;
    bool open;
};

struct test_server {
    struct loop *loop;
    struct watch listening;
    char url[64];
    int requests;
    void (*handle)(struct test_request *rq);
    void *self;
    struct test_connection connections[TEST_CONNECTIONS];
};

UNUSED static void test_hang_up(struct test_server *s, int fd)
{
    for (size_t i = 0; i < TEST_CONNECTIONS; i++) {
        struct test_connection *c = &s->connections[i];
        if (!c->open || c->watch.fd != fd)
            continue;
        loop_unwatch(s->loop, &c->watch);
        close(fd);
        buffer_release(&c->in);
        c->open = false;
    }
}

UNUSED static void test_send(int fd, const char *text)
{
    if (!write_all(fd, text, strlen(text)))
        perror("test server");
}

/* `extra` are further header lines, each ended by CRLF. */
UNUSED static void test_answer(const struct test_request *rq, int status, const char *extra,
                               const char *body)
{
    struct arena *a = arena_create();
    test_send(rq->fd, arena_printf(a, "HTTP/1.1 %d Answer\r\nContent-Length: %zu\r\n%s\r\n%s",
                                   status, strlen(body), extra, body));
    arena_destroy(a);
}

/* The value of a header, trimmed; "" when absent. */
UNUSED static const char *test_header(struct arena *a, const struct test_request *rq,
                                      const char *name)
{
    size_t n;
    char **lines = text_split(a, rq->head, '\n', &n);
    for (size_t i = 1; i < n; i++) {
        char *colon = strchr(lines[i], ':');
        if (colon == NULL)
            continue;
        *colon = '\0';
        if (text_equal_nocase(lines[i], name))
            return text_trim(a, colon + 1);
    }
    return "";
}

static size_t test_length_of_body(struct arena *a, const struct test_request *rq)
{
    const char *text = test_header(a, rq, "Content-Length");
    size_t n = 0;
    for (; *text >= '0' && *text <= '9'; text++)
        n = n * 10 + (size_t)(*text - '0');
    return n;
}

static bool test_one_request(struct test_connection *c)
{
    char *end = strstr(c->in.data, "\r\n\r\n");
    if (end == NULL)
        return false;
    struct arena *a = arena_create();
    struct test_request rq = { .server = c->server, .fd = c->watch.fd };
    size_t head = (size_t)(end + 4 - c->in.data);
    rq.head = arena_strndup(a, c->in.data, head);
    size_t length = test_length_of_body(a, &rq);
    bool whole = c->in.len >= head + length;
    if (whole) {
        char **words = text_split(a, rq.head, ' ', NULL);
        rq.method = words[0];
        rq.path = words[1];
        char *body = arena_alloc(a, length + 1);
        memcpy(body, c->in.data + head, length);
        rq.body = (struct bytes){ (unsigned char *)body, length };
        rq.number = ++c->server->requests;
        buffer_clear(&c->in); /* no pipelining */
        c->server->handle(&rq);
    }
    arena_destroy(a);
    return whole;
}

static void test_readable(void *self, uint32_t events)
{
    (void)events;
    struct test_connection *c = self;
    char data[65536];
    ssize_t n = read(c->watch.fd, data, sizeof data);
    if (n <= 0) {
        test_hang_up(c->server, c->watch.fd);
        return;
    }
    buffer_append(&c->in, data, (size_t)n);
    test_one_request(c);
}

static void test_accept(void *self, uint32_t events)
{
    (void)events;
    struct test_server *s = self;
    int fd = accept(s->listening.fd, NULL, NULL);
    for (size_t i = 0; fd >= 0 && i < TEST_CONNECTIONS; i++) {
        struct test_connection *c = &s->connections[i];
        if (c->open)
            continue;
        *c = (struct test_connection){ .server = s, .open = true };
        c->watch = (struct watch){ .fd = fd, .ready = test_readable, .self = c };
        buffer_init(&c->in, 16u << 20);
        struct error e;
        if (!loop_watch(s->loop, &c->watch, EPOLLIN, &e))
            perror(e.text);
        return;
    }
    close(fd);
}

UNUSED static bool test_server_open(struct test_server *s, struct loop *l,
                                    void (*handle)(struct test_request *rq), void *self)
{
    *s = (struct test_server){ .loop = l, .handle = handle, .self = self };
    struct sockaddr_in address = { .sin_family = AF_INET,
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t len = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *)&address, len) != 0 || listen(fd, 16) != 0 ||
        getsockname(fd, (struct sockaddr *)&address, &len) != 0)
        return false;
    snprintf(s->url, sizeof s->url, "http://127.0.0.1:%d", ntohs(address.sin_port));
    s->listening = (struct watch){ .fd = fd, .ready = test_accept, .self = s };
    struct error e;
    return loop_watch(l, &s->listening, EPOLLIN, &e);
}

UNUSED static void test_server_close(struct test_server *s)
{
    for (size_t i = 0; i < TEST_CONNECTIONS; i++)
        if (s->connections[i].open)
            test_hang_up(s, s->connections[i].watch.fd);
    loop_unwatch(s->loop, &s->listening);
    close(s->listening.fd);
}

/* Makes the loop's time run some hundred times faster, so that no test waits for a backoff. */
struct fast_clock {
    struct loop *loop;
    struct timer timer;
};

static void fast_clock_hop(void *self)
{
    struct fast_clock *f = self;
    loop_advance(f->loop, 200000000);
    timer_set(f->loop, &f->timer, 2000000);
}

UNUSED static void fast_clock_start(struct fast_clock *f, struct loop *l)
{
    *f = (struct fast_clock){ .loop = l, .timer = { .fire = fast_clock_hop, .self = f } };
    fast_clock_hop(f);
}

UNUSED static void fast_clock_stop(struct fast_clock *f)
{
    timer_cancel(f->loop, &f->timer);
}

#endif
