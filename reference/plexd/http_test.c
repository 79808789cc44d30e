#include "reference/plexd/http.h"

#include <zlib.h>

#include "common/testing.h"
#include "common/timestamp.h"
#include "reference/plexd/gzip.h"
#include "reference/plexd/test_server.h"

static struct loop *l;
static struct http *h;
static struct test_server server;
static struct arena *a;

/* What the last call heard. */
static int status, n_done, retry_after;
static char body[4096], failure[ERROR_TEXT_CAP];
static size_t body_len;

static void done(void *self, const struct http_answer *answer)
{
    (void)self;
    n_done++;
    status = answer->status;
    retry_after = answer->retry_after;
    body_len = answer->body.len;
    snprintf(body, sizeof body, "%s", (const char *)answer->body.data);
    snprintf(failure, sizeof failure, "%s", answer->error.text);
    loop_stop(l);
}

static void begin_with(void (*handle)(struct test_request *rq), struct http_options o)
{
    struct error e;
    a = arena_create();
    ck_assert(loop_create(&l, &e));
    ck_assert(test_server_open(&server, l, handle, NULL));
    o.base_url = arena_printf(a, "%s//", server.url);
    o.version = "9.9";
    ck_assert_msg(http_create(l, &o, &h, &e), "%s", e.text);
}

static void begin(void (*handle)(struct test_request *rq))
{
    begin_with(handle, (struct http_options){ 0 });
}

static void finish(void)
{
    http_destroy(h);
    test_server_close(&server);
    loop_destroy(l);
    arena_destroy(a);
}

static void call(struct http_request r)
{
    r.done = done;
    http_start(h, &r);
    ck_assert_int_eq(n_done, 0); /* never from within */
    loop_run(l);
}

static void expect_head(struct test_request *rq)
{
    ck_assert_str_eq(rq->method, "POST");
    ck_assert_str_eq(rq->path, "/v1/x%2Fy");
    ck_assert_str_eq(test_header(a, rq, "Authorization"), "Bearer psst");
    ck_assert_str_eq(test_header(a, rq, "User-Agent"), "plexd/9.9");
    ck_assert_str_eq(test_header(a, rq, "Accept"), "application/json");
    ck_assert_str_eq(test_header(a, rq, "Accept-Encoding"), "gzip");
    ck_assert_str_eq(test_header(a, rq, "Content-Type"), "application/json");
    ck_assert_str_eq(test_header(a, rq, "Expect"), "");
    ck_assert_str_eq(test_header(a, rq, "Extra"), "yes");
    ck_assert_str_eq((const char *)rq->body.data, "{}");
    test_answer(rq, 429, "Retry-After: 7\r\n", "later");
}

START_TEST(a_call_carries_what_it_should)
{
    begin(expect_head);
    http_set_bearer(h, "first");
    http_set_bearer(h, "psst");
    call((struct http_request){ .method = "POST",
                                .path = "/v1/x%2Fy",
                                .body = BYTES_OF_TEXT("{}"),
                                .headers = { { "Extra", "yes" } },
                                .n_headers = 1 });
    ck_assert_int_eq(status, 429);
    ck_assert_int_eq(retry_after, 7);
    ck_assert_str_eq(body, "later");
    finish();
}
END_TEST

static void expect_empty_post(struct test_request *rq)
{
    ck_assert_str_eq(test_header(a, rq, "Content-Length"), "0");
    ck_assert_str_eq(test_header(a, rq, "Content-Type"), "");
    ck_assert_str_eq(test_header(a, rq, "Authorization"), "");
    ck_assert(!text_contains(rq->head, "Evil"));
    test_answer(rq, 204, "Retry-After: soon\r\n", "");
}

START_TEST(a_post_without_body_says_so_and_no_header_is_smuggled)
{
    begin(expect_empty_post);
    call((struct http_request){ .method = "POST",
                                .path = "/v1/d",
                                .n_headers = 1,
                                .headers = { { "A", "b\r\nEvil: yes" } } });
    ck_assert_int_eq(status, 204);
    ck_assert_int_eq(retry_after, -1);
    finish();
}
END_TEST

static void expect_gzip(struct test_request *rq)
{
    bool packed = text_equal(test_header(a, rq, "Content-Encoding"), "gzip");
    unsigned char plain[4096] = { 0 };
    if (packed) {
        z_stream z = { .next_in = (unsigned char *)(uintptr_t)rq->body.data,
                       .avail_in = (uInt)rq->body.len,
                       .next_out = plain,
                       .avail_out = sizeof plain };
        ck_assert_int_eq(inflateInit2(&z, 15 + 16), Z_OK);
        ck_assert_int_eq(inflate(&z, Z_FINISH), Z_STREAM_END);
        inflateEnd(&z);
    } else {
        memcpy(plain, rq->body.data, rq->body.len);
    }
    test_answer(rq, 200, "", arena_printf(a, "%d %zu", packed, strlen((char *)plain)));
}

/* The wire facts 2.3: 1,024 bytes go plain, 1,025 packed; only where it is asked for. */
START_TEST(bodies_are_packed_from_1025_bytes_when_asked)
{
    static const struct {
        size_t len;
        bool gzip;
        const char *seen;
    } rows[] = { { 1024, true, "0 1024" }, { 1025, true, "1 1025" }, { 1025, false, "0 1025" } };
    begin(expect_gzip);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        unsigned char *data = arena_alloc(a, rows[i].len);
        memset(data, 'x', rows[i].len);
        n_done = 0;
        call((struct http_request){
            .method = "PUT", .path = "/", .gzip = rows[i].gzip, .body = { data, rows[i].len } });
        ck_assert_str_eq(body, rows[i].seen);
    }
    finish();
}
END_TEST

static size_t plain_len;

static void answer_packed(struct test_request *rq)
{
    struct bytes plain = { arena_alloc(a, plain_len), plain_len };
    struct bytes packed = gzip_pack(a, plain);
    test_send(rq->fd, arena_printf(a,
                                   "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n"
                                   "Content-Length: %zu\r\n\r\n",
                                   packed.len));
    ck_assert(write_all(rq->fd, packed.data, packed.len));
}

START_TEST(packed_answers_are_read_up_to_ten_mebibytes)
{
    begin(answer_packed);
    plain_len = 10u << 20;
    call((struct http_request){ .method = "GET", .path = "/" });
    ck_assert_int_eq(status, 200);
    ck_assert_uint_eq(body_len, plain_len);
    plain_len++;
    n_done = 0;
    call((struct http_request){ .method = "GET", .path = "/" });
    ck_assert_int_eq(status, 0);
    ck_assert_msg(text_contains(failure, "longer than"), "%s", failure);
    finish();
}
END_TEST

static void redirect(struct test_request *rq)
{
    test_answer(rq, 302, "Location: /elsewhere\r\n", "");
}

START_TEST(redirects_are_not_followed)
{
    begin(redirect);
    call((struct http_request){ .method = "GET", .path = "/" });
    ck_assert_int_eq(status, 302);
    ck_assert_int_eq(server.requests, 1);
    finish();
}
END_TEST

static void say_nothing(struct test_request *rq)
{
    (void)rq;
}

START_TEST(a_silent_server_is_an_error_after_the_request_timeout)
{
    begin_with(say_nothing, (struct http_options){ .request_timeout = 50000000 });
    call((struct http_request){ .method = "GET", .path = "/" });
    ck_assert_int_eq(status, 0);
    ck_assert_str_ne(failure, "");
    finish();
}
END_TEST

START_TEST(nobody_there_is_an_error)
{
    begin(say_nothing);
    test_server_close(&server);
    http_set_bearer(h, "psst");
    call((struct http_request){ .method = "GET", .path = "/" });
    ck_assert_int_eq(status, 0);
    ck_assert(!text_contains(failure, "psst"));
    ck_assert(test_server_open(&server, l, say_nothing, NULL));
    finish();
}
END_TEST

static struct http_call *open_call;

static void cancel_it(void *self)
{
    (void)self;
    http_cancel(open_call);
    loop_stop(l);
}

START_TEST(a_cancelled_call_says_nothing_more)
{
    begin(say_nothing);
    struct http_request r = { .method = "GET", .path = "/", .done = done };
    open_call = http_start(h, &r);
    struct timer t = { .fire = cancel_it };
    timer_set(l, &t, 20000000);
    loop_run(l);
    ck_assert_int_eq(n_done, 0);
    http_start(h, &r); /* left open: ends with the client */
    finish();
    ck_assert_int_eq(n_done, 0);
}
END_TEST

/* ---- streams ---- */

static char streamed[256];
static int head_status;
static bool cancel_in_data, start_in_data, refuse_head;

static bool on_head(void *self, int got)
{
    (void)self;
    head_status = got;
    return !refuse_head;
}

static bool on_piece(void *self, struct bytes piece)
{
    (void)self;
    strncat(streamed, (const char *)piece.data, piece.len);
    if (cancel_in_data) {
        http_cancel(open_call);
        struct timer *t = self;
        timer_set(l, t, 20000000);
    }
    if (start_in_data) {
        start_in_data = false;
        struct http_request r = { .method = "GET", .path = "/second", .done = done };
        http_start(h, &r);
    }
    return true;
}

static void stop_now(void *self)
{
    (void)self;
    loop_stop(l);
}

static void stream_two_pieces(struct test_request *rq)
{
    if (text_equal(rq->path, "/second")) {
        test_answer(rq, 200, "", "second");
        return;
    }
    ck_assert_str_eq(test_header(a, rq, "Accept"), "text/event-stream");
    ck_assert_str_eq(test_header(a, rq, "Cache-Control"), "no-cache");
    ck_assert_str_eq(test_header(a, rq, "Accept-Encoding"), "");
    test_send(rq->fd, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n");
    test_send(rq->fd, "3\r\ntwo\r\n0\r\n\r\n");
}

static struct http_request stream_request(void)
{
    return (struct http_request){ .method = "GET",
                                  .path = "/s",
                                  .stream = true,
                                  .head = on_head,
                                  .data = on_piece,
                                  .idle = 90 * NANOS_PER_SECOND };
}

START_TEST(a_stream_comes_piece_by_piece_and_tells_its_end)
{
    begin(stream_two_pieces);
    call(stream_request());
    ck_assert_int_eq(head_status, 200);
    ck_assert_str_eq(streamed, "onetwo");
    ck_assert_int_eq(status, 200);
    ck_assert_uint_eq(body_len, 0);
    finish();
}
END_TEST

START_TEST(a_refused_head_ends_the_stream)
{
    begin(stream_two_pieces);
    refuse_head = true;
    call(stream_request());
    ck_assert_int_eq(status, 0);
    ck_assert_str_eq(streamed, "");
    finish();
}
END_TEST

START_TEST(a_stream_may_be_cancelled_from_its_own_data)
{
    begin(stream_two_pieces);
    struct timer t = { .fire = stop_now };
    struct http_request r = stream_request();
    r.done = done;
    r.self = &t;
    cancel_in_data = true;
    open_call = http_start(h, &r);
    loop_run(l);
    ck_assert_int_eq(n_done, 0);
    finish();
}
END_TEST

START_TEST(a_call_may_be_started_from_a_streams_data)
{
    begin(stream_two_pieces);
    start_in_data = true;
    call(stream_request());
    if (n_done < 2)
        loop_run(l);
    ck_assert_int_eq(n_done, 2);
    ck_assert_int_eq(server.requests, 2);
    finish();
}
END_TEST

static void begin_stream_and_wait(struct test_request *rq)
{
    test_send(rq->fd, "HTTP/1.1 200 OK\r\n\r\nsome");
}

static void advance_idle(void *self)
{
    (void)self;
    loop_advance(l, 91 * NANOS_PER_SECOND);
}

START_TEST(a_stream_without_a_byte_for_too_long_ends)
{
    begin(begin_stream_and_wait);
    struct timer t = { .fire = advance_idle };
    timer_set(l, &t, 50000000);
    call(stream_request());
    ck_assert_int_eq(status, 0);
    ck_assert_str_eq(failure, "no byte for 90 s");
    finish();
}
END_TEST

START_TEST(addresses_that_are_none_are_refused)
{
    static const char *const bad[] = {
        "", "example.org", "ftp://a", "https://", "http://a?q", "http://u:p@a", "file:///etc/passwd"
    };
    struct error e;
    ck_assert(loop_create(&l, &e));
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct http_options o = { .base_url = bad[i], .version = "1" };
        ck_assert_msg(!http_create(l, &o, &h, &e), "%s", bad[i]);
    }
    loop_destroy(l);
}
END_TEST

TESTS("plexd/http", a_call_carries_what_it_should,
      a_post_without_body_says_so_and_no_header_is_smuggled,
      bodies_are_packed_from_1025_bytes_when_asked, packed_answers_are_read_up_to_ten_mebibytes,
      redirects_are_not_followed, a_silent_server_is_an_error_after_the_request_timeout,
      nobody_there_is_an_error, a_cancelled_call_says_nothing_more,
      a_stream_comes_piece_by_piece_and_tells_its_end, a_refused_head_ends_the_stream,
      a_stream_may_be_cancelled_from_its_own_data, a_call_may_be_started_from_a_streams_data,
      a_stream_without_a_byte_for_too_long_ends, addresses_that_are_none_are_refused)
