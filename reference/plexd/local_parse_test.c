#include "reference/plexd/local_parse.h"

#include <string.h>

#include "common/arena.h"
#include "common/buffer.h"
#include "common/testing.h"
#include "common/text.h"

#define HOST "Host: x\r\n"

static struct arena *a;

static int parse(const char *text, struct local_head *out)
{
    size_t len = strlen(text);
    ck_assert_uint_eq(local_head_length(text, len), len);
    return local_head_parse(arena_copy(a, text, len), len, out);
}

static void begin(void)
{
    a = arena_create();
}

static void end(void)
{
    arena_destroy(a);
}

START_TEST(reads_a_request)
{
    struct local_head h;
    begin();
    ck_assert_int_eq(parse("PUT /v1/state/report/a%2Fb?x=1 HTTP/1.1\r\nhost: x\r\nIf-Match:  7 \r\n"
                           "Content-Length: 12\r\nX-Empty:\r\n\r\n",
                           &h),
                     0);
    ck_assert_str_eq(h.method, "PUT");
    ck_assert_str_eq(h.path, "/v1/state/report/a%2Fb");
    ck_assert_int_eq(h.content_length, 12);
    ck_assert_str_eq(local_head_find(&h, "if-match"), "7");
    ck_assert_str_eq(local_head_find(&h, "X-Empty"), "");
    ck_assert_ptr_null(local_head_find(&h, "X"));
    ck_assert(h.keep_alive && !h.chunked && !h.expects_continue);

    ck_assert_int_eq(parse("GET http://plexd/v1/state HTTP/1.1\r\n" HOST "Connection: a, Close\r\n"
                           "Transfer-Encoding: Chunked\r\nExpect: 100-Continue\r\n\r\n",
                           &h),
                     0);
    ck_assert_str_eq(h.path, "/v1/state");
    ck_assert(!h.keep_alive && h.chunked && h.expects_continue);
    ck_assert_int_eq(parse("GET / HTTP/1.0\r\n\r\n", &h), 0);
    ck_assert(!h.keep_alive);
    end();
}
END_TEST

START_TEST(a_head_ends_at_its_empty_line)
{
    ck_assert_uint_eq(local_head_length("GET / HTTP/1.1\r\nHost: x\r\n", 25), 0);
    ck_assert_uint_eq(local_head_length("GET / HTTP/1.1\r\n\r\nrest", 22), 18);
    ck_assert_uint_eq(local_head_length("", 0), 0);
}
END_TEST

START_TEST(refuses_what_two_readers_could_read_differently)
{
    static const struct {
        const char *text;
        int status;
    } bad[] = {
        { "GET /\r\n\r\n", 400 },
        { "GET  / HTTP/1.1\r\n" HOST "\r\n", 400 },
        { "GET / HTTP/1.1 \r\n" HOST "\r\n", 400 },
        { " GET / HTTP/1.1\r\n" HOST "\r\n", 400 },
        { "G@T / HTTP/1.1\r\n" HOST "\r\n", 400 },
        { "GET x HTTP/1.1\r\n" HOST "\r\n", 400 },
        { "OPTIONS * HTTP/1.1\r\n" HOST "\r\n", 400 },
        { "GET /a#b HTTP/1.1\r\n" HOST "\r\n", 400 },
        { "GET /a\tb HTTP/1.1\r\n" HOST "\r\n", 400 },
        { "GET / HTTP/2.0\r\n" HOST "\r\n", 505 },
        { "GET / HTTP/1.2\r\n" HOST "\r\n", 505 },
        { "GET / http/1.1\r\n" HOST "\r\n", 400 },
        { "GET / HTTP/1.1\r\n\r\n", 400 },
        { "GET / HTTP/1.1\r\n" HOST HOST "\r\n", 400 },
        { "GET / HTTP/1.1\r\nHost : x\r\n\r\n", 400 },
        { "GET / HTTP/1.1\r\n" HOST " folded\r\n\r\n", 400 },
        { "GET / HTTP/1.1\r\n" HOST "no colon\r\n\r\n", 400 },
        { "GET / HTTP/1.1\r\n" HOST ": empty\r\n\r\n", 400 },
        { "GET / HTTP/1.1\r\n" HOST "A: b\nC: d\r\n\r\n", 400 },
        { "GET / HTTP/1.1\r\n" HOST "A: b\rC: d\r\n\r\n", 400 },
        { "GET / HTTP/1.1\n" HOST "\r\n", 400 },
        { "GET / HTTP/1.1\r\n" HOST "A: \x01\r\n\r\n", 400 },
        { "GET / HTTP/1.1\r\n" HOST "Content-Length: 1\r\nContent-Length: 1\r\n\r\n", 400 },
        { "GET / HTTP/1.1\r\n" HOST "Content-Length: 1, 1\r\n\r\n", 400 },
        { "GET / HTTP/1.1\r\n" HOST "Content-Length: -1\r\n\r\n", 400 },
        { "GET / HTTP/1.1\r\n" HOST "Content-Length: +1\r\n\r\n", 400 },
        { "GET / HTTP/1.1\r\n" HOST "Content-Length: 0x1\r\n\r\n", 400 },
        { "GET / HTTP/1.1\r\n" HOST "Content-Length:\r\n\r\n", 400 },
        { "GET / HTTP/1.1\r\n" HOST "Content-Length: 99999999999999999999\r\n\r\n", 400 },
        { "GET / HTTP/1.1\r\n" HOST "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
          400 },
        { "GET / HTTP/1.1\r\n" HOST
          "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
          400 },
        { "GET / HTTP/1.1\r\n" HOST "Transfer-Encoding: gzip, chunked\r\n\r\n", 501 },
        { "GET / HTTP/1.1\r\n" HOST "Transfer-Encoding: identity\r\n\r\n", 501 },
        { "GET / HTTP/1.0\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n", 400 },
        { "GET / HTTP/1.1\r\n" HOST "Expect: something\r\n\r\n", 417 },
    };
    struct local_head h;
    begin();
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        ck_assert_msg(parse(bad[i].text, &h) == bad[i].status, "%s", bad[i].text);
    static const char nul[] = "GET /\0 HTTP/1.1\r\n" HOST "\r\n",
                      field[] = "GET / HTTP/1.1\r\nHost: x\0\r\n\r\n";
    ck_assert_int_eq(local_head_parse(arena_copy(a, nul, sizeof nul - 1), sizeof nul - 1, &h), 400);
    ck_assert_int_eq(local_head_parse(arena_copy(a, field, sizeof field - 1), sizeof field - 1, &h),
                     400);
    end();
}
END_TEST

START_TEST(has_caps)
{
    struct local_head h;
    struct buffer b;
    begin();
    buffer_init_arena(&b, 1 << 20, a);
    buffer_text(&b, "GET / HTTP/1.1\r\n" HOST);
    for (int i = 0; i < LOCAL_HEADERS_MOST - 1; i++)
        buffer_printf(&b, "A%d: b\r\n", i);
    ck_assert_int_eq(parse(arena_printf(a, "%s\r\n", b.data), &h), 0);
    ck_assert_int_eq(parse(arena_printf(a, "%sOne: more\r\n\r\n", b.data), &h), 431);
    char *path = arena_alloc(a, 8193);
    memset(path, '/', 8192);
    ck_assert_int_eq(parse(arena_printf(a, "GET %s HTTP/1.1\r\n" HOST "\r\n", path), &h), 0);
    ck_assert_int_eq(parse(arena_printf(a, "GET %sx HTTP/1.1\r\n" HOST "\r\n", path), &h), 414);
    end();
}
END_TEST

static bool piece(void *self, const char *data, size_t len)
{
    return buffer_append(self, data, len);
}

/* Fed `step` bytes at a time; *left counts what was not taken. */
static enum local_chunk feed(const char *text, size_t step, struct buffer *body, size_t *left)
{
    struct local_chunks c = { 0 };
    enum local_chunk got = CHUNK_MORE;
    size_t len = strlen(text), at = 0;
    buffer_clear(body);
    while (at < len && got == CHUNK_MORE) {
        size_t n = step < len - at ? step : len - at, rest = n;
        const char *data = text + at;
        got = local_chunks_feed(&c, &data, &rest, piece, body);
        at += n - rest;
    }
    *left = len - at;
    return got;
}

START_TEST(reads_chunks_however_they_arrive)
{
    static const char whole[] =
        "5;ext=1\r\nhello\r\n0A \r\n, world !?\r\n0\r\nTrailer: x\r\n\r\nNEXT";
    struct buffer body;
    size_t left;
    begin();
    buffer_init_arena(&body, 100, a);
    for (size_t step = 1; step < sizeof whole; step++) {
        ck_assert_int_eq(feed(whole, step, &body, &left), CHUNK_END);
        ck_assert_str_eq(body.data, "hello, world !?");
        ck_assert_uint_eq(left, 4);
    }
    ck_assert_int_eq(feed("0\r\n\r\n", 2, &body, &left), CHUNK_END);
    ck_assert_int_eq(feed("5\r\nhel", 9, &body, &left), CHUNK_MORE);
    end();
}
END_TEST

START_TEST(refuses_bad_chunks)
{
    static const char *const bad[] = {
        "\r\n",           "g\r\n",        "-1\r\n",         "0x1\r\n",           "1\n",
        "1\r\nab",        "1\r\na\n",     "1\r\na\rb",      "fffffffffffff\r\n", ";\r\n",
        "1;a\nb\r\n",     "0\r\nA: b\nC", "0\r\nA: b\r\rx", "0\r\n\rx",          " 1\r\n",
        "1\r\na\r\n\r\n",
    };
    struct buffer body;
    size_t left;
    begin();
    buffer_init_arena(&body, 100, a);
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        ck_assert_msg(feed(bad[i], 1, &body, &left) == CHUNK_BAD, "%s", bad[i]);
    buffer_init_arena(&body, 3, a); /* the receiver's own limit counts, too */
    ck_assert_int_eq(feed("5\r\nhello\r\n", 64, &body, &left), CHUNK_BAD);
    char *line = arena_alloc(a, 400);
    memset(line, 'x', 399);
    memcpy(line, "1;", 2);
    buffer_init_arena(&body, 100, a);
    ck_assert_int_eq(feed(line, 64, &body, &left), CHUNK_BAD);
    end();
}
END_TEST

TESTS("plexd/local_parse", reads_a_request, a_head_ends_at_its_empty_line,
      refuses_what_two_readers_could_read_differently, has_caps, reads_chunks_however_they_arrive,
      refuses_bad_chunks)
