#include <arpa/inet.h>
#include <pthread.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/arena.h"
#include "common/file.h"
#include "common/memory.h"
#include "common/testing.h"
#include "kind/images/plexconf-tools/tools.h"

#define MEGABYTES 1

struct rig {
    struct arena *a;
    struct forwarder *f;
    pthread_t thread;
    int target; /* listens */
};

static int listening(int *port)
{
    struct sockaddr_in at = { .sin_family = AF_INET,
                              .sin_addr = { .s_addr = htonl(INADDR_LOOPBACK) } };
    socklen_t len = sizeof at;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    /* Little room and small reads below: the forwarder must live with partial writes. */
    ck_assert_int_eq(setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &(int){ 4096 }, sizeof(int)), 0);
    ck_assert(bind(fd, (struct sockaddr *)&at, sizeof at) == 0 && listen(fd, 4) == 0);
    ck_assert(getsockname(fd, (struct sockaddr *)&at, &len) == 0);
    *port = ntohs(at.sin_port);
    return fd;
}

static int calling(int port)
{
    struct sockaddr_in at = { .sin_family = AF_INET,
                              .sin_port = htons((uint16_t)port),
                              .sin_addr = { .s_addr = htonl(INADDR_LOOPBACK) } };
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    ck_assert(connect(fd, (struct sockaddr *)&at, sizeof at) == 0);
    return fd;
}

static void *run(void *arg)
{
    struct error e = { "" };
    struct rig *r = arg;
    ck_assert_msg(forwarder_run(r->f, &e), "%s", e.text);
    return NULL;
}

static void start(struct rig *r)
{
    int port;
    struct error e = { "" };
    r->a = arena_create();
    r->target = listening(&port);
    ck_assert_msg(forwarder_open(r->a, "127.0.0.1:0", arena_printf(r->a, "localhost:%d", port),
                                 &r->f, &e),
                  "%s", e.text);
    ck_assert_int_eq(pthread_create(&r->thread, NULL, run, r), 0);
}

static void finish(struct rig *r)
{
    forwarder_stop(r->f);
    ck_assert_int_eq(pthread_join(r->thread, NULL), 0);
    close(r->target);
    arena_destroy(r->a);
}

START_TEST(refuses_addresses_without_a_port)
{
    struct arena *a = arena_create();
    struct error e = { "" };
    struct forwarder *f;
    ck_assert(!forwarder_open(a, "127.0.0.1", "localhost:1", &f, &e));
    ck_assert_str_eq(e.text, "127.0.0.1: must be HOST:PORT");
    ck_assert(!forwarder_open(a, "127.0.0.1:0", ":1", &f, &e));
    ck_assert(!forwarder_open(a, "127.0.0.1:0", "localhost:", &f, &e));
    arena_destroy(a);
}
END_TEST

/* Nobody listens there: the caller sees the end, and the forwarder lives on. */
START_TEST(a_dead_target_ends_the_call_alone)
{
    struct rig r;
    char byte;
    start(&r);
    close(r.target);
    for (int i = 0; i < 2; i++) {
        int caller = calling(forwarder_port(r.f));
        ck_assert_int_le(recv(caller, &byte, 1, 0), 0);
        close(caller);
    }
    r.target = -1;
    finish(&r);
}
END_TEST

static void *echo(void *arg) /* until the caller has sent all, then the bytes come back */
{
    size_t len = 0, cap = MEGABYTES << 20;
    char *all = mem_alloc(cap);
    int fd = accept(*(int *)arg, NULL, NULL);
    for (ssize_t n;
         len < cap && (n = recv(fd, all + len, cap - len < 7777 ? cap - len : 7777, 0)) > 0;)
        len += (size_t)n;
    ck_assert_int_eq(recv(fd, &(char){ 0 }, 1, 0), 0); /* half closed */
    ck_assert(write_all(fd, all, len));
    close(fd);
    mem_free(all);
    return NULL;
}

START_TEST(carries_megabytes_and_half_a_close)
{
    struct rig r;
    pthread_t peer;
    size_t cap = MEGABYTES << 20, len = 0;
    char *out = mem_alloc(cap), *in = mem_alloc(cap);
    for (size_t i = 0; i < cap; i++)
        out[i] = (char)(i * 31 + i / 255);
    start(&r);
    ck_assert_int_eq(pthread_create(&peer, NULL, echo, &r.target), 0);
    int caller = calling(forwarder_port(r.f));
    ck_assert(write_all(caller, out, cap));
    ck_assert_int_eq(shutdown(caller, SHUT_WR), 0);
    for (ssize_t n; len < cap && (n = recv(caller, in + len, cap - len, 0)) > 0;)
        len += (size_t)n;
    ck_assert_uint_eq(len, cap);
    ck_assert(memcmp(in, out, cap) == 0);
    ck_assert_int_eq(recv(caller, in, 1, 0), 0);
    close(caller);
    ck_assert_int_eq(pthread_join(peer, NULL), 0);
    finish(&r);
    mem_free(in);
    mem_free(out);
}
END_TEST

TESTS("kind/forward", refuses_addresses_without_a_port, a_dead_target_ends_the_call_alone,
      carries_megabytes_and_half_a_close)
