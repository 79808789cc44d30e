#include "reference/plexd/entry.h"

#include <string.h>

#include "common/memory.h"
#include "common/testing.h"

#define ENTRY                                                                                      \
    "{\"key\":\"k\\\"\",\"content_type\":\"t\",\"payload\":{\"a\":1.0,\"a\":1e999},"               \
    "\"version\":7,\"updated_at\":\"2025-01-15T10:30:00Z\"}"

START_TEST(is_written_as_it_was_read)
{
    struct arena *a = arena_create();
    struct data_entry e;
    struct buffer b;
    const char *spaced = "\n{ \"version\": 7, \"x\": [],"
                         " \"payload\" : { \"a\" : 1.0, \"a\": 1e999 },"
                         " \"updated_at\":\"2025-01-15T10:30:00Z\", \"content_type\":\"t\","
                         " \"key\":\"k\\u0022\" }\n";
    ck_assert(entry_read(a, BYTES_OF_TEXT(spaced), &e));
    struct data_entry *copy = entry_copy(&e);
    buffer_init_arena(&b, 1000, a);
    entry_write(&b, copy);
    ck_assert_str_eq(b.data, ENTRY);
    mem_free(copy);
    arena_destroy(a);
}
END_TEST

START_TEST(what_breaks_the_shape_is_refused)
{
    struct arena *a = arena_create();
    struct data_entry e;
    static const char good[] = ENTRY;
    ck_assert(entry_read(a, BYTES_OF_TEXT(good), &e));
    for (size_t len = 0; len < sizeof good - 1; len++)
        ck_assert(!entry_read(a, (struct bytes){ (const unsigned char *)good, len }, &e));
    arena_destroy(a);
}
END_TEST

static const char *text_of(struct buffer *b, const char *text)
{
    buffer_clear(b);
    json_write_text(b, text);
    return b->data;
}

static const char *number_of(struct buffer *b, int64_t value)
{
    buffer_clear(b);
    json_write_integer(b, value);
    return b->data;
}

START_TEST(texts_and_numbers)
{
    struct buffer b;
    buffer_init(&b, 1000);
    ck_assert_str_eq(text_of(&b, ""), "\"\"");
    ck_assert_str_eq(text_of(&b, "plain ~"), "\"plain ~\"");
    ck_assert_str_eq(text_of(&b, "a\"b"), "\"a\\\"b\"");
    ck_assert_str_eq(text_of(&b, "a\\b"), "\"a\\\\b\"");
    ck_assert_str_eq(text_of(&b, "a\x1f"), "\"a\\u001f\"");
    ck_assert_str_eq(text_of(&b, "\xc3\xa9\xff"), "\"\xc3\xa9\xef\xbf\xbd\"");
    ck_assert_str_eq(number_of(&b, 0), "0");
    ck_assert_str_eq(number_of(&b, 1203), "1203");
    ck_assert_str_eq(number_of(&b, -5), "-5");
    ck_assert_str_eq(number_of(&b, INT64_MAX), "9223372036854775807");
    ck_assert_str_eq(number_of(&b, INT64_MIN), "-9223372036854775808");
    buffer_release(&b);
}
END_TEST

TESTS("plexd/entry", is_written_as_it_was_read, what_breaks_the_shape_is_refused,
      texts_and_numbers)
