/* The listener over real sockets, with no surface on: every operation answers 501 once its body has
 * been read. */
#include "reference/plexsphere/http/server.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/arena.h"
#include "common/buffer.h"
#include "common/file.h"
#include "common/memory.h"
#include "common/testing.h"
#include "common/text.h"
#include "reference/plexsphere/app_life.h"
#include "reference/plexsphere/http/request.h"

static struct endpoint endpoints[OPERATION_COUNT];
static struct app app;
static struct server *server;
static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
static atomic_int inside;

static struct answer echo_handle(struct request *rq)
{
    const char *text =
        arena_printf(rq->arena, "%zu %d %s", rq->body.len, rq->body_too_large, rq->path);
    return answer_text(200, "text/plain", BYTES_OF_TEXT(text));
}

static struct answer size_decode(struct request *rq)
{
    (void)rq;
    return answer_go_on();
}

/* /slow waits until the test opens the gate. */
static struct answer probe(struct request *rq)
{
    if (!text_equal(rq->path, "/slow"))
        return answer_go_on();
    atomic_fetch_add(&inside, 1);
    pthread_mutex_lock(&gate);
    pthread_mutex_unlock(&gate);
    return answer_text(200, "text/plain", BYTES_OF_TEXT("slowly"));
}

/* A stream that the test writes itself. */
static struct played_stream {
    struct answer_stream port;
    char head[512];
    bool chunked;
    atomic_int fd, drops; /* fd 0: not started */
} played;

static void played_start(struct answer_stream *self, int fd, struct bytes head, bool chunked)
{
    (void)self;
    ck_assert_uint_lt(head.len, sizeof played.head);
    memcpy(played.head, head.data, head.len);
    played.head[head.len] = '\0';
    played.chunked = chunked;
    atomic_store(&played.fd, fd);
}

static void played_drop(struct answer_stream *self)
{
    (void)self;
    atomic_fetch_add(&played.drops, 1);
}

static struct answer stream_handle(struct request *rq)
{
    (void)rq;
    struct answer a = { .status = 200, .media_type = "text/x", .stream = &played.port };
    return answer_with_header(a, "X-Of-Ours", "1");
}

static const struct operation streaming = { .id = OP_GetDocs,
                                            .steps = STEPS_ANONYMOUS,
                                            .handle = stream_handle };
static const struct operation echo = { .id = OP_GetVersion,
                                       .steps = STEPS_ANONYMOUS,
                                       .handle = echo_handle };
static const struct operation small = { .id = OP_PostRegister,
                                        .steps = STEPS_ANONYMOUS,
                                        .body_cap = 100,
                                        .decode = size_decode,
                                        .handle = echo_handle };

static void start(void)
{
    struct error e = { "" };
    struct server_options o = {
        .host = "127.0.0.1", .workers = 2, .endpoints = endpoints, .probe = probe
    };
    endpoints[OP_GetVersion] = (struct endpoint){ .op = &echo, .on = true };
    endpoints[OP_GetDocs] = (struct endpoint){ .op = &streaming, .on = true };
    played = (struct played_stream){ .port = { played_start, played_drop } };
    endpoints[OP_PostRegister] = (struct endpoint){ .op = &small, .on = true };
    ck_assert_msg(server_start(&app, &o, &server, &e), "%s", e.text);
    ck_assert_int_gt(server_port(server), 0);
}

static int dial(void)
{
    struct sockaddr_in address = { .sin_family = AF_INET,
                                   .sin_port = htons((uint16_t)server_port(server)),
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    struct timeval patience = { .tv_sec = 10 };
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    ck_assert_int_ge(fd, 0);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    ck_assert_int_eq(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
    return fd;
}

static void say(int fd, const char *text)
{
    ck_assert(write_all(fd, text, strlen(text)));
}

/* Everything until the server hangs up. */
static char *hear(int fd, char *out, size_t size)
{
    size_t len = 0;
    ssize_t n;
    while (len + 1 < size && (n = recv(fd, out + len, size - 1 - len, 0)) > 0)
        len += (size_t)n;
    out[len] = '\0';
    close(fd);
    return out;
}

static char *ask(const char *request, char *out, size_t size)
{
    int fd = dial();
    say(fd, request);
    return hear(fd, out, size);
}

START_TEST(an_unbuilt_operation_says_so)
{
    char out[4096];
    start();
    ask("GET /v1/clouds HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", out, sizeof out);
    ck_assert_msg(text_starts(out, "HTTP/1.1 501 "), "%s", out);
    ck_assert(text_contains(out, "Content-Type: application/problem+json"));
    ck_assert(text_contains(out, "\"code\":\"clouds_not_provisioned\""));
    ck_assert(text_contains(out, "\"instance\":\"/v1/clouds\""));
    server_stop(server, 1000);
}
END_TEST

START_TEST(an_unknown_path_and_a_wrong_method_have_no_code)
{
    char out[4096];
    start();
    ask("GET /v1/%2e%2e/x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", out, sizeof out);
    ck_assert(text_starts(out, "HTTP/1.1 404 "));
    ck_assert(text_contains(out, "errors/not-found"));
    ck_assert(!text_contains(out, "\"code\""));
    ask("PUT /v1/version HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nConnection: "
        "close\r\n\r\n",
        out, sizeof out);
    ck_assert(text_starts(out, "HTTP/1.1 405 "));
    ck_assert(text_contains(out, "Allow: GET, HEAD\r\n"));
    ck_assert(!text_contains(out, "\"code\""));
    server_stop(server, 1000);
}
END_TEST

START_TEST(the_path_arrives_undecoded_and_the_query_apart)
{
    char out[4096];
    start();
    ask("GET /v1/%76ersion?a=%2F HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", out,
        sizeof out);
    ck_assert_msg(text_ends(out, "0 0 /v1/%76ersion"), "%s", out);
    server_stop(server, 1000);
}
END_TEST

START_TEST(head_is_get_without_a_body)
{
    char out[4096];
    start();
    ask("HEAD /v1/version HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", out, sizeof out);
    ck_assert(text_starts(out, "HTTP/1.1 200 "));
    ck_assert(text_contains(out, "Content-Length: 15\r\n"));
    ck_assert(text_ends(out, "\r\n\r\n"));
    server_stop(server, 1000);
}
END_TEST

/* A POST to the operation with a cap of 100; returns the answer. */
static char *post_of(size_t len, const char *extra, char *out, size_t size)
{
    int fd = dial();
    char head[256];
    char *body = mem_alloc(len + 1);
    memset(body, 'x', len);
    snprintf(head, sizeof head,
             "POST /v1/register HTTP/1.1\r\nHost: x\r\nConnection: close\r\n%sContent-Length: "
             "%zu\r\n\r\n",
             extra, len);
    say(fd, head);
    /* A server that will not read so much hangs up: then the write may fail, and the answer counts.
     */
    bool written = write_all(fd, body, len);
    mem_free(body);
    (void)written;
    return hear(fd, out, size);
}

START_TEST(a_body_up_to_the_cap_is_taken_and_no_byte_more)
{
    char out[4096];
    start();
    ck_assert_msg(text_starts(post_of(100, "", out, sizeof out), "HTTP/1.1 400 "), "%s", out);
    ck_assert(text_contains(out, "invalid_body"));
    ck_assert(text_starts(post_of(101, "", out, sizeof out), "HTTP/1.1 413 "));
    ck_assert(text_contains(out, "\"code\":\"request_body_too_large\""));
    ck_assert(text_starts(post_of(900000, "", out, sizeof out), "HTTP/1.1 413 "));
    server_stop(server, 1000);
}
END_TEST

START_TEST(a_client_that_waits_is_refused_before_it_sends)
{
    char out[4096];
    start();
    ask("POST /v1/register HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: "
        "101\r\n\r\n",
        out, sizeof out);
    ck_assert_msg(text_starts(out, "HTTP/1.1 413 "), "%s", out);
    ck_assert(text_contains(out, "Connection: close"));
    ask("POST /v1/register HTTP/1.1\r\nHost: x\r\nContent-Length: 90000000\r\n\r\n", out,
        sizeof out);
    ck_assert_msg(text_starts(out, "HTTP/1.1 413 "), "%s", out);
    server_stop(server, 1000);
}
END_TEST

START_TEST(one_connection_carries_many_requests)
{
    char out[8192];
    start();
    int fd = dial();
    say(fd, "POST /v1/register HTTP/1.1\r\nHost: x\r\nContent-Length: 101\r\n\r\n");
    for (int i = 0; i < 101; i++)
        say(fd, "x");
    say(fd, "GET /v1/clouds HTTP/1.1\r\nHost: x\r\n\r\n");
    say(fd, "GET /v1/version HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    hear(fd, out, sizeof out);
    ck_assert(text_starts(out, "HTTP/1.1 413 "));
    ck_assert(text_contains(out, "HTTP/1.1 501 "));
    ck_assert(text_contains(out, "HTTP/1.1 200 "));
    server_stop(server, 1000);
}
END_TEST

static void *stop_server(void *argument)
{
    (void)argument;
    server_stop(server, 5000);
    return NULL;
}

START_TEST(stopping_finishes_what_is_in_flight)
{
    char out[4096];
    pthread_t stopper;
    start();
    atomic_store(&inside, 0);
    pthread_mutex_lock(&gate);
    int idle = dial(), busy = dial();
    say(busy, "GET /slow HTTP/1.1\r\nHost: x\r\n\r\n");
    while (atomic_load(&inside) == 0)
        app_wait(1000000);
    ck_assert_int_eq(pthread_create(&stopper, NULL, stop_server, NULL), 0);
    app_wait(50000000);
    pthread_mutex_unlock(&gate);
    hear(busy, out, sizeof out);
    ck_assert_msg(text_starts(out, "HTTP/1.1 200 "), "%s", out);
    ck_assert(text_contains(out, "Connection: close"));
    ck_assert(text_ends(out, "slowly"));
    pthread_join(stopper, NULL);
    close(idle);
}
END_TEST

START_TEST(a_waiting_request_does_not_hold_the_others)
{
    char out[4096];
    start();
    atomic_store(&inside, 0);
    pthread_mutex_lock(&gate);
    int busy = dial();
    say(busy, "GET /slow HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    while (atomic_load(&inside) == 0)
        app_wait(1000000);
    ask("GET /v1/version HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", out, sizeof out);
    ck_assert(text_starts(out, "HTTP/1.1 200 "));
    pthread_mutex_unlock(&gate);
    ck_assert(text_ends(hear(busy, out, sizeof out), "slowly"));
    server_stop(server, 1000);
}
END_TEST

START_TEST(an_address_that_is_taken_or_no_address_is_one_line)
{
    struct error e = { "" };
    struct server *second;
    start();
    struct server_options o = {
        .host = "127.0.0.1", .port = server_port(server), .workers = 1, .endpoints = endpoints
    };
    ck_assert(!server_start(&app, &o, &second, &e));
    ck_assert(text_contains(e.text, "cannot listen on 127.0.0.1"));
    o.host = "no-address";
    ck_assert(!server_start(&app, &o, &second, &e));
    ck_assert(text_contains(e.text, "not a numeric address"));
    server_stop(server, 1000);
}
END_TEST

static int stream_fd(void)
{
    while (atomic_load(&played.fd) == 0)
        app_wait(1000000);
    return atomic_load(&played.fd);
}

/* The server has let go of it altogether: it stops without waiting and the stream goes on. */
START_TEST(a_stream_leaves_the_server)
{
    char out[4096];
    start();
    int fd = dial();
    say(fd, "GET /v1/version HTTP/1.1\r\nHost: x\r\n\r\n");
    while (recv(fd, out, sizeof out, MSG_PEEK) == 0)
        app_wait(1000000);
    say(fd, "GET /v1/docs HTTP/1.1\r\nHost: x\r\n\r\n");
    int ours = stream_fd();
    ck_assert(played.chunked);
    ck_assert_msg(text_starts(played.head, "HTTP/1.1 200 OK\r\nDate: "), "%s", played.head);
    ck_assert(text_contains(played.head, "\r\nContent-Type: text/x\r\nX-Of-Ours: 1\r\n"));
    ck_assert(text_ends(played.head, "\r\nTransfer-Encoding: chunked\r\n\r\n"));
    server_stop(server, 50000);
    say(ours, "first");
    say(ours, "second");
    close(ours);
    hear(fd, out, sizeof out);
    ck_assert(text_contains(out, "HTTP/1.1 200 "));
    ck_assert_msg(text_ends(out, "firstsecond"), "%s", out);
    ck_assert_int_eq(played.drops, 0);
}
END_TEST

START_TEST(a_stream_of_http_1_0_has_no_chunks)
{
    char out[4096];
    start();
    int fd = dial();
    say(fd, "GET /v1/docs HTTP/1.0\r\nHost: x\r\n\r\n");
    int ours = stream_fd();
    ck_assert(!played.chunked);
    ck_assert(text_starts(played.head, "HTTP/1.0 200 OK\r\n"));
    ck_assert(text_ends(played.head, "\r\nConnection: close\r\n\r\n"));
    say(ours, "all");
    close(ours);
    ck_assert_str_eq(hear(fd, out, sizeof out), "all");
    server_stop(server, 1000);
}
END_TEST

START_TEST(head_of_a_stream_opens_none)
{
    char out[4096];
    start();
    ask("HEAD /v1/docs HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", out, sizeof out);
    ck_assert(text_starts(out, "HTTP/1.1 200 "));
    ck_assert(text_contains(out, "X-Of-Ours: 1\r\n"));
    ck_assert_int_eq(played.drops, 1);
    ck_assert_int_eq(played.fd, 0);
    server_stop(server, 1000);
}
END_TEST

TESTS("http/server", a_stream_leaves_the_server, a_stream_of_http_1_0_has_no_chunks,
      head_of_a_stream_opens_none, an_unbuilt_operation_says_so,
      an_unknown_path_and_a_wrong_method_have_no_code,
      the_path_arrives_undecoded_and_the_query_apart, head_is_get_without_a_body,
      a_body_up_to_the_cap_is_taken_and_no_byte_more,
      a_client_that_waits_is_refused_before_it_sends, one_connection_carries_many_requests,
      stopping_finishes_what_is_in_flight, a_waiting_request_does_not_hold_the_others,
      an_address_that_is_taken_or_no_address_is_one_line)
