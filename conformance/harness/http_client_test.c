#include "harness/test_server.h"

#include "harness/http_client.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <unistd.h>

#include "common/file.h"
#include "common/testing.h"
#include "common/timestamp.h"
#include "harness/profile.h"

static struct arena *a;
static struct profile profile = { .timeout_ms = 2000 };
static struct http_client *client;
static struct http_answer answer;
static struct error e;

static void begin(void)
{
    test_server_start();
    a = arena_create();
    client = http_client_create(&profile, NULL);
    server.answer = (struct test_answer){ .status = 200 };
}

static void end(void)
{
    http_client_destroy(client);
    arena_destroy(a);
    test_server_stop();
}

static int patience_ms = 500;

static enum http_result ask(const char *method, const char *url, const char *body,
                            const struct http_header *headers, size_t n)
{
    struct http_request rq = { .method = method,
                               .url = url,
                               .headers = headers,
                               .n_headers = n,
                               .has_body = body != NULL,
                               .timeout_ms = patience_ms };
    if (body != NULL)
        rq.body = BYTES_OF_TEXT(body);
    e.text[0] = '\0';
    return http_send(client, a, &rq, &answer, &e);
}

static char *at(const char *path)
{
    return arena_printf(a, "%s%s", server.url, path);
}

START_TEST(says_why_there_is_no_answer)
{
    begin();
    ck_assert_int_eq(ask("GET", "http://127.0.0.1:1/", NULL, NULL, 0), HTTP_UNREACHABLE);
    ck_assert_str_eq(e.text, "connection refused");
    ck_assert_int_eq(ask("GET", "http://name.invalid/", NULL, NULL, 0), HTTP_UNREACHABLE);
    ck_assert_str_ne(e.text, "");
    ck_assert_int_eq(ask("GET", "ftp://127.0.0.1:1/", NULL, NULL, 0), HTTP_FAILED);
    end();
}
END_TEST

START_TEST(an_answer_has_a_cap)
{
    begin();
    patience_ms = 30000; /* the cap is judged here, not the time that 8 MiB take */
    char *big = arena_alloc(a, HTTP_ANSWER_CAP + 1);
    memset(big, 'x', HTTP_ANSWER_CAP);
    server.answer.body = big;
    server.answer.body_len = HTTP_ANSWER_CAP;
    ck_assert_int_eq(ask("GET", at("/"), NULL, NULL, 0), HTTP_FAILED);
    ck_assert_str_eq(e.text, "the answer is longer than 8388608 bytes");
    server.answer.body_len = HTTP_ANSWER_CAP - 65536;
    ck_assert_int_eq(ask("GET", at("/"), NULL, NULL, 0), HTTP_ANSWERED);
    ck_assert_uint_eq(answer.body.len, HTTP_ANSWER_CAP - 65536);
    patience_ms = 500;
    end();
}
END_TEST

/* A listening socket of ours that says what the test wants, byte by byte. */
struct raw {
    int fd;
    const char *says;
    bool stays;
    char url[64];
    pthread_t thread;
};

static void *raw_serve(void *arg)
{
    struct raw *r = arg;
    char dropped[4096];
    int c = accept(r->fd, NULL, NULL);
    if (read(c, dropped, sizeof dropped) > 0)
        ck_assert(write_all(c, r->says, strlen(r->says)));
    if (r->stays)
        while (read(c, dropped, sizeof dropped) > 0)
            ;
    close(c);
    return NULL;
}

static void raw_start(struct raw *r)
{
    struct sockaddr_in address = { .sin_family = AF_INET,
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t size = sizeof address;
    r->fd = socket(AF_INET, SOCK_STREAM, 0);
    ck_assert_int_eq(bind(r->fd, (struct sockaddr *)&address, sizeof address), 0);
    ck_assert_int_eq(listen(r->fd, 1), 0);
    getsockname(r->fd, (struct sockaddr *)&address, &size);
    snprintf(r->url, sizeof r->url, "http://127.0.0.1:%u/", (unsigned)ntohs(address.sin_port));
    pthread_create(&r->thread, NULL, raw_serve, r);
}

static enum http_result ask_raw(const char *says, bool stays)
{
    struct raw r = { .says = says, .stays = stays };
    raw_start(&r);
    enum http_result result = ask("GET", r.url, NULL, NULL, 0);
    http_client_destroy(client); /* closes the kept connection: the other end may go */
    client = http_client_create(&profile, NULL);
    pthread_join(r.thread, NULL);
    close(r.fd);
    return result;
}

START_TEST(half_answers_are_none)
{
    begin();
    ck_assert_int_eq(ask_raw("", true), HTTP_TIMED_OUT);
    ck_assert_str_eq(e.text, "nothing complete within 500 ms");
    ck_assert_int_eq(ask_raw("", false), HTTP_FAILED);
    ck_assert_int_eq(ask_raw("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab", false), HTTP_FAILED);
    ck_assert_int_eq(ask_raw("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab", true),
                     HTTP_TIMED_OUT);
    ck_assert_int_eq(ask_raw("SSH-2.0-OpenSSH\r\n", false), HTTP_FAILED);
    end();
}
END_TEST

START_TEST(of_an_event_stream_the_head_is_the_answer)
{
    begin();
    ck_assert_int_eq(
        ask_raw("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n: hello\n\n", true),
        HTTP_ANSWERED);
    ck_assert(answer.cut);
    ck_assert_uint_eq(answer.body.len, 0);
    end();
}
END_TEST

START_TEST(the_last_head_counts)
{
    begin();
    ck_assert_int_eq(ask_raw("HTTP/1.1 100 Continue\r\nX-A: no\r\n\r\n"
                             "HTTP/1.1 403 Forbidden\r\nX-B:  two words \r\nX-B: again\r\n"
                             "Content-Length: 2\r\n\r\nhi",
                             false),
                     HTTP_ANSWERED);
    ck_assert_int_eq(answer.status, 403);
    ck_assert_ptr_null(http_answer_header(&answer, "X-A"));
    ck_assert_str_eq(http_answer_header(&answer, "x-b"), "two words");
    ck_assert_uint_eq(answer.n_headers, 3);
    ck_assert_str_eq((const char *)answer.body.data, "hi");
    end();
}
END_TEST

START_TEST(paths_are_sent_as_they_are)
{
    static const char *const paths[] = { "/v1/../etc", "/v1/%2e%2E/x%2Fy", "/v1//a/./b",
                                         "/v1/x?a=%00&b" };
    begin();
    for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
        ck_assert_int_eq(ask("GET", at(paths[i]), NULL, NULL, 0), HTTP_ANSWERED);
        ck_assert_str_eq(server.target, paths[i]);
    }
    end();
}
END_TEST

START_TEST(sends_methods_bodies_and_headers)
{
    static const struct http_header headers[] = { { "Content-Type", "application/x" },
                                                  { "X-Extra", "" },
                                                  { "Authorization", "Bearer t" } };
    static const char *const methods[] = { "GET",    "POST",    "PUT", "PATCH",
                                           "DELETE", "OPTIONS", "BREW" };
    begin();
    for (size_t i = 0; i < ARRAY_LEN(methods); i++) {
        ck_assert_int_eq(ask(methods[i], at("/"), "{\"a\":1}", headers, 3), HTTP_ANSWERED);
        ck_assert_str_eq(server.method, methods[i]);
        ck_assert_str_eq(server.body, "{\"a\":1}");
        ck_assert_str_eq(server.media_type, "application/x");
        ck_assert_str_eq(server.extra, "");
        ck_assert_str_eq(server.authorization, "Bearer t");
        /* Nothing of it stays for the next one. */
        ck_assert_int_eq(ask(methods[i], at("/"), NULL, NULL, 0), HTTP_ANSWERED);
        ck_assert_str_eq(server.method, methods[i]);
        ck_assert_uint_eq(server.body_len, 0);
        ck_assert_str_eq(server.media_type, "(none)");
        ck_assert_str_eq(server.authorization, "(none)");
    }
    server.answer.body = "unseen";
    ck_assert_int_eq(ask("HEAD", at("/"), NULL, NULL, 0), HTTP_ANSWERED);
    ck_assert_uint_eq(answer.body.len, 0);
    ck_assert_int_eq(ask("GET", at("/"), NULL, NULL, 0), HTTP_ANSWERED);
    ck_assert_str_eq((const char *)answer.body.data, "unseen");
    end();
}
END_TEST

START_TEST(follows_no_redirect)
{
    begin();
    server.answer =
        (struct test_answer){ .status = 302, .headers = { { "Location", "/elsewhere" } } };
    ck_assert_int_eq(ask("GET", at("/here"), NULL, NULL, 0), HTTP_ANSWERED);
    ck_assert_int_eq(answer.status, 302);
    ck_assert_int_eq(server.requests, 1);
    end();
}
END_TEST

START_TEST(ignores_the_environments_proxy)
{
    setenv("http_proxy", "http://127.0.0.1:1", 1);
    setenv("ALL_PROXY", "http://127.0.0.1:1", 1);
    begin();
    ck_assert_int_eq(ask("GET", at("/"), NULL, NULL, 0), HTTP_ANSWERED);
    end();
}
END_TEST

START_TEST(keeps_to_the_rate_limit)
{
    _Atomic int64_t slot = 0;
    begin();
    http_client_destroy(client);
    struct profile slow = { .rate_limit = 50, .timeout_ms = 1000 };
    client = http_client_create(&slow, &slot);
    int64_t before = clock_monotonic_nanos();
    for (int i = 0; i < 6; i++)
        ck_assert_int_eq(ask("GET", at("/"), NULL, NULL, 0), HTTP_ANSWERED);
    ck_assert_int_ge(clock_monotonic_nanos() - before, 100 * 1000000);
    end();
}
END_TEST

TESTS("harness/http_client", says_why_there_is_no_answer, an_answer_has_a_cap,
      half_answers_are_none, of_an_event_stream_the_head_is_the_answer, the_last_head_counts,
      paths_are_sent_as_they_are, sends_methods_bodies_and_headers, follows_no_redirect,
      ignores_the_environments_proxy, keeps_to_the_rate_limit)
