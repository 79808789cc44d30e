#include "reference/plexd/sse.h"

#include <stdio.h>
#include <string.h>

#include "common/memory.h"
#include "common/random.h"
#include "common/testing.h"

static struct buffer heard; /* "id|data;" per event; "!" for a dropped one */

static void event(void *self, const char *id, bool dropped, struct bytes data)
{
    (void)self;
    buffer_printf(&heard, "%s|%s", id != NULL ? id : "-", dropped ? "!" : "");
    buffer_append(&heard, data.data, data.len);
    buffer_char(&heard, ';');
}

/* The same text in one piece, byte by byte and in random pieces: what is heard does not differ. */
static void hears(const char *text, size_t len, const char *want)
{
    struct prng random = { 7 };
    for (int way = 0; way < 12; way++) {
        struct sse s;
        buffer_init(&heard, 4u << 20);
        sse_init(&s, event, NULL);
        for (size_t at = 0; at < len;) {
            size_t most = len - at;
            size_t n = way == 0 ? most : way == 1 ? 1 : 1 + prng_next(&random) % 40000;
            n = n > most ? most : n;
            sse_feed(&s, (struct bytes){ (const unsigned char *)text + at, n });
            at += n;
        }
        ck_assert_str_eq(heard.data, want);
        sse_release(&s);
        buffer_release(&heard);
    }
}

#define HEARS(text, want) hears(text, strlen(text), want)

START_TEST(an_event_has_data_and_perhaps_an_id)
{
    HEARS("id: 7\nevent: x\ndata: {}\n\n", "7|{};");
    HEARS("data:a\n\n", "-|a;");
    HEARS("data\n\n", "-|;");
    HEARS("data:  a\n\n", "-| a;"); /* one space goes */
    HEARS("id: 7\ndata: a\n\ndata: b\n\n", "7|a;-|b;");
}
END_TEST

START_TEST(lines_end_with_lf_or_crlf_and_not_with_cr)
{
    HEARS("id: 1\r\ndata: a\r\n\r\n", "1|a;");
    HEARS("data: a\rdata: b\n\n", "-|a\rdata: b;");
}
END_TEST

START_TEST(several_data_lines_are_one)
{
    HEARS("data: a\ndata: b\ndata:\ndata: c\n\n", "-|a\nb\n\nc;");
}
END_TEST

START_TEST(comments_and_strangers_are_passed_over)
{
    HEARS(":keep-alive\n\n", "");
    HEARS(":\nretry: 5\nfoo: bar\nfoo\ndata: a\n: in between\n\n", "-|a;");
    HEARS(" data: a\n\n", "");
}
END_TEST

START_TEST(an_id_alone_is_thrown_away)
{
    HEARS("id: 1\n\ndata: a\n\n", "-|a;");
    HEARS("\n\n\n", "");
}
END_TEST

START_TEST(half_an_event_is_none)
{
    HEARS("id: 1\ndata: a\n", "");
    struct sse s;
    buffer_init(&heard, 1024);
    sse_init(&s, event, NULL);
    sse_feed(&s, BYTES_OF_TEXT("id: 1\ndata: a\ndata: hal"));
    sse_reset(&s);
    sse_feed(&s, BYTES_OF_TEXT("f\ndata: b\n\n"));
    ck_assert_str_eq(heard.data, "-|b;");
    sse_release(&s);
    buffer_release(&heard);
}
END_TEST

START_TEST(ids_that_no_header_could_carry_are_none)
{
    static char text[600];
    memcpy(text, "id: ", 4);
    memset(text + 4, 'x', 256);
    memcpy(text + 260, "\ndata: a\n\n", 11);
    HEARS(text, "-|a;");
    hears("id: a\0b\ndata: a\n\n", 17, "-|a;");
}
END_TEST

/* plexd-facts 13, case 34: dropped, and the id is told, so that a resume goes past it. */
START_TEST(a_line_that_is_too_long_drops_its_event_and_tells_its_id)
{
    size_t most = SSE_LINE_CAP - strlen("data: ");
    char *text = mem_alloc(most + 200), *want = mem_alloc(most + 200);
    for (size_t extra = 0; extra < 2; extra++) {
        char *to = text, *to_want = want;
        to += snprintf(to, 100, "id: 5\ndata: ");
        memset(to, 'x', most + extra);
        to += most + extra;
        to += snprintf(to, 100, "\n\nid: 6\ndata: b\n\n");
        to_want += snprintf(to_want, 100, extra == 0 ? "5|" : "5|!");
        if (extra == 0) {
            memset(to_want, 'x', most);
            to_want += most;
        }
        snprintf(to_want, 100, ";6|b;");
        hears(text, (size_t)(to - text), want);
    }
    mem_free(text);
    mem_free(want);
}
END_TEST

START_TEST(a_comment_may_be_as_long_as_it_likes)
{
    size_t n = SSE_LINE_CAP * 3;
    char *text = mem_alloc(n + 100);
    memset(text, 'x', n);
    text[0] = ':';
    snprintf(text + n, 100, "\ndata: a\n\n");
    HEARS(text, "-|a;");
    mem_free(text);
}
END_TEST

START_TEST(an_event_over_a_mebibyte_is_dropped)
{
    struct sse s;
    char line[60008];
    buffer_init(&heard, 4u << 20);
    sse_init(&s, event, NULL);
    memset(line, 'x', 60007);
    memcpy(line, "data: ", 6);
    line[60006] = '\n';
    sse_feed(&s, BYTES_OF_TEXT("id: 9\n"));
    for (int i = 0; i < 18; i++) /* 18 times 60,000 is more */
        sse_feed(&s, (struct bytes){ (const unsigned char *)line, 60007 });
    sse_feed(&s, BYTES_OF_TEXT("\ndata: b\n\n"));
    ck_assert_str_eq(heard.data, "9|!;-|b;");
    sse_release(&s);
    buffer_release(&heard);
}
END_TEST

TESTS("plexd/sse", an_event_has_data_and_perhaps_an_id, lines_end_with_lf_or_crlf_and_not_with_cr,
      several_data_lines_are_one, comments_and_strangers_are_passed_over,
      an_id_alone_is_thrown_away, half_an_event_is_none, ids_that_no_header_could_carry_are_none,
      a_line_that_is_too_long_drops_its_event_and_tells_its_id,
      a_comment_may_be_as_long_as_it_likes, an_event_over_a_mebibyte_is_dropped)
