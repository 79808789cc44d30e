/* Requests that are under way at once: the server here answers none before all have come. */
#include <netinet/in.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include "harness/test_world.h"

#include "harness/exchange.h"

#define TOGETHER 3

static struct {
    int listening;
    pthread_t thread;
    char url[64];
} barrier;

static void read_head(int fd)
{
    char text[4096];
    size_t len = 0;
    ssize_t n;
    while (len < sizeof text - 1 && (n = read(fd, text + len, sizeof text - 1 - len)) > 0) {
        len += (size_t)n;
        text[len] = '\0';
        if (strstr(text, "\r\n\r\n") != NULL)
            return;
    }
}

static void *serve(void *arg UNUSED)
{
    int fds[TOGETHER];
    for (int i = 0; i < TOGETHER; i++) {
        fds[i] = accept4(barrier.listening, NULL, NULL, SOCK_CLOEXEC);
        read_head(fds[i]);
    }
    for (int i = 0; i < TOGETHER; i++) {
        char text[256];
        int len = snprintf(text, sizeof text,
                           "HTTP/1.1 %d X\r\nContent-Type: text/plain\r\nContent-Length: 1\r\n"
                           "Connection: close\r\n\r\n%d",
                           200 + i, i);
        ck_assert_int_eq(write(fds[i], text, (size_t)len), len);
        close(fds[i]);
    }
    return NULL;
}

static void barrier_open(void)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
    socklen_t size = sizeof address;
    barrier.listening = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert_int_eq(bind(barrier.listening, (struct sockaddr *)&address, size), 0);
    ck_assert_int_eq(listen(barrier.listening, TOGETHER), 0);
    ck_assert_int_eq(getsockname(barrier.listening, (struct sockaddr *)&address, &size), 0);
    snprintf(barrier.url, sizeof barrier.url, "http://127.0.0.1:%u",
             (unsigned)ntohs(address.sin_port));
    ck_assert_int_eq(pthread_create(&barrier.thread, NULL, serve, NULL), 0);
    test_world_open(barrier.url);
}

static void barrier_close(void)
{
    pthread_join(barrier.thread, NULL);
    close(barrier.listening);
    test_world_close();
}

START_TEST(one_after_the_other_is_not_together)
{
    barrier_open();
    struct exchange *alone = get(w, "/livez", .timeout_ms = 200);
    ck_assert(
        !exchange_send(alone)); /* the twin of the next test: nothing is answered to one alone */
    ck_assert_int_eq(alone->result, HTTP_TIMED_OUT);
    struct exchange *rest[] = { get(w, "/livez"), get(w, "/livez") };
    send_together(rest, 2);
    barrier_close();
}
END_TEST

START_TEST(together_they_are_answered_each_its_own)
{
    barrier_open();
    struct exchange *xs[TOGETHER];
    int sum = 0;
    for (int i = 0; i < TOGETHER; i++)
        xs[i] = get(w, "/livez");
    send_together(xs, TOGETHER);
    for (int i = 0; i < TOGETHER; i++) {
        struct reply *r;
        ck_assert(send_quietly(xs[i], &r)); /* not sent again: the server is gone */
        ck_assert_uint_eq(r->body.len, 1);
        ck_assert_int_eq(r->body.data[0] - '0', r->status - 200);
        ck_assert_int_gt(r->elapsed_us, 0);
        sum += r->status - 199;
    }
    ck_assert_int_eq(sum, 1 + 2 + 3); /* three different answers */
    ck_assert_uint_eq(json_array_size(left.transcripts), TOGETHER);
    barrier_close();
}
END_TEST

START_TEST(what_fails_fails_alone)
{
    barrier_open();
    struct exchange *xs[TOGETHER + 1];
    for (int i = 0; i < TOGETHER; i++)
        xs[i] = get(w, "/livez");
    xs[TOGETHER] = get(w, "/livez", .base_url = "http://127.0.0.1:1");
    send_together(xs, TOGETHER + 1);
    for (int i = 0; i < TOGETHER; i++)
        ck_assert_int_eq(xs[i]->result, HTTP_ANSWERED);
    ck_assert_int_eq(xs[TOGETHER]->result, HTTP_UNREACHABLE);
    ck_assert_str_eq(xs[TOGETHER]->error.text, "connection refused");
    barrier_close();
}
END_TEST

START_TEST(one_sent_before_is_left_as_it_is)
{
    barrier_open();
    struct exchange *before = get(w, "/livez", .base_url = "http://127.0.0.1:1");
    ck_assert(!exchange_send(before));
    struct exchange *xs[] = { before, get(w, "/livez"), get(w, "/livez"), get(w, "/livez") };
    send_together(xs, ARRAY_LEN(xs));
    ck_assert_int_eq(before->result, HTTP_UNREACHABLE);
    ck_assert_int_eq(xs[3]->result, HTTP_ANSWERED);
    ck_assert_uint_eq(json_array_size(left.transcripts), ARRAY_LEN(xs));
    send_together(xs, 0);
    barrier_close();
}
END_TEST

TESTS("harness/exchange", one_after_the_other_is_not_together,
      together_they_are_answered_each_its_own, what_fails_fails_alone,
      one_sent_before_is_left_as_it_is)
