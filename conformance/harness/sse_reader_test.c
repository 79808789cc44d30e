#include "harness/sse_reader.h"

#include <string.h>

#include "common/testing.h"

struct seen {
    struct sse_block blocks[16];
    size_t n;
};

static void keep(void *self, const struct sse_block *b)
{
    struct seen *seen = self;
    if (seen->n < ARRAY_LEN(seen->blocks))
        seen->blocks[seen->n++] = *b;
}

/* The whole text in pieces of that size; what was seen. */
static struct seen read_in_pieces(struct arena *a, const char *text, size_t piece)
{
    struct seen seen = { .n = 0 };
    struct sse_reader *r = sse_reader_create(a, keep, &seen);
    size_t len = strlen(text);
    for (size_t i = 0; i < len; i += piece)
        sse_reader_feed(r, text + i, len - i < piece ? len - i : piece);
    sse_reader_destroy(r);
    return seen;
}

static const char two_frames[] = "id: 7\nevent: a\ndata: {\"x\":1}\n\n"
                                 ":keep-alive\n\n"
                                 "id: 9\nevent: b\ndata: {}\n\n";

START_TEST(frames_and_comments_are_read_however_they_are_cut)
{
    struct arena *a = arena_create();
    for (size_t piece = 1; piece < sizeof two_frames; piece++) {
        struct seen s = read_in_pieces(a, two_frames, piece);
        ck_assert_uint_eq(s.n, 3);
        ck_assert_int_eq(s.blocks[0].kind, SSE_FRAME);
        ck_assert_int_eq(s.blocks[0].id, 7);
        ck_assert_str_eq(s.blocks[0].event, "a");
        ck_assert_uint_eq(s.blocks[0].data.len, 7);
        ck_assert_int_eq(s.blocks[1].kind, SSE_COMMENT);
        ck_assert_str_eq(s.blocks[1].text, ":keep-alive");
        ck_assert_int_eq(s.blocks[2].id, 9);
    }
    arena_destroy(a);
}
END_TEST

START_TEST(other_framing_is_garbage)
{
    static const char *const texts[] = {
        "event: a\nid: 7\ndata: {}\n\n",           /* order */
        "id:7\nevent: a\ndata: {}\n\n",            /* no space */
        "id: 7\nevent: a\ndata: {}\ndata: {}\n\n", /* two data lines */
        "id: 7\ndata: {}\n\n",                     /* no event */
        "id: x\nevent: a\ndata: {}\n\n",           /* no number */
        "id: -1\nevent: a\ndata: {}\n\n",
        "id: 7\r\nevent: a\r\ndata: {}\r\n\n", /* CRLF */
        "retry: 5\n\n",
        ":two\n:comments\n\n",
    };
    struct arena *a = arena_create();
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        struct seen s = read_in_pieces(a, texts[i], 4);
        ck_assert_msg(s.n == 1 && s.blocks[0].kind == SSE_GARBAGE, "text %zu", i);
    }
    arena_destroy(a);
}
END_TEST

/* A blank line too many belongs to what follows, however the bytes were cut. */
START_TEST(a_blank_line_too_many_spoils_the_next_frame)
{
    static const char text[] = ":keep-alive\n\n\nid: 7\nevent: a\ndata: {}\n\n";
    struct arena *a = arena_create();
    for (size_t piece = 1; piece < sizeof text; piece++) {
        struct seen s = read_in_pieces(a, text, piece);
        ck_assert_uint_eq(s.n, 2);
        ck_assert_int_eq(s.blocks[0].kind, SSE_COMMENT);
        ck_assert_int_eq(s.blocks[1].kind, SSE_GARBAGE);
    }
    arena_destroy(a);
}
END_TEST

START_TEST(an_incomplete_block_is_pending)
{
    struct arena *a = arena_create();
    struct seen seen = { .n = 0 };
    struct sse_reader *r = sse_reader_create(a, keep, &seen);
    sse_reader_feed(r, "id: 7\nevent: a\ndata: {}\n", 24);
    ck_assert_uint_eq(seen.n, 0);
    ck_assert_uint_eq(sse_reader_pending(r), 24);
    sse_reader_feed(r, "\n", 1);
    ck_assert_uint_eq(seen.n, 1);
    ck_assert_uint_eq(sse_reader_pending(r), 0);
    sse_reader_destroy(r);
    arena_destroy(a);
}
END_TEST

TESTS("harness/sse_reader", frames_and_comments_are_read_however_they_are_cut,
      other_framing_is_garbage, a_blank_line_too_many_spoils_the_next_frame,
      an_incomplete_block_is_pending)
