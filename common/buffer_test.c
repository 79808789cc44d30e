#include "common/buffer.h"

#include <string.h>

#include "common/arena.h"
#include "common/testing.h"

START_TEST(never_grows_past_its_cap)
{
    struct buffer b;
    buffer_init(&b, 10);
    ck_assert(buffer_text(&b, "12345678"));
    ck_assert(!buffer_text(&b, "abc"));
    ck_assert_str_eq(b.data, "12345678");
    ck_assert(b.overflow);
    /* A shorter piece would leave a hole in what was meant. */
    ck_assert(!buffer_char(&b, 'x'));
    ck_assert_uint_eq(b.len, 8);
    buffer_clear(&b);
    ck_assert(!b.overflow);
    ck_assert_str_eq(b.data, "");
    ck_assert(buffer_text(&b, "1234567890"));
    ck_assert(!buffer_printf(&b, "%d", 1));
    ck_assert_str_eq(b.data, "1234567890");
    buffer_release(&b);
}
END_TEST

START_TEST(holds_nothing_when_the_cap_is_zero)
{
    struct buffer b;
    buffer_init(&b, 0);
    ck_assert_str_eq(b.data, "");
    ck_assert(buffer_text(&b, ""));
    ck_assert(!buffer_char(&b, 'x'));
    buffer_release(&b);
}
END_TEST

START_TEST(grows_on_heap_and_arena)
{
    struct arena *a = arena_create();
    struct buffer heap, on_arena;
    buffer_init(&heap, SIZE_MAX);
    buffer_init_arena(&on_arena, 100000, a);
    for (int i = 0; i < 10000; i++) {
        ck_assert(buffer_printf(&heap, "%d,", i % 10));
        ck_assert(buffer_append(&on_arena, "\0x", 2));
    }
    ck_assert_uint_eq(heap.len, 20000);
    ck_assert_uint_eq(strlen(heap.data), 20000);
    ck_assert_uint_eq(on_arena.len, 20000);
    ck_assert_mem_eq(on_arena.data + 19998, "\0x\0", 3);
    buffer_release(&heap);
    arena_destroy(a);
}
END_TEST

START_TEST(escapes_json)
{
    struct buffer b;
    buffer_init(&b, 200);
    const char text[] = "\"\\/\b\f\n\r\t\x01\x1f\x7f\xc3\xa9\0";
    ck_assert(buffer_json_escaped(&b, text, sizeof(text) - 1));
    ck_assert_str_eq(b.data, "\\\"\\\\/\\b\\f\\n\\r\\t\\u0001\\u001f\x7f\xc3\xa9\\u0000");
    buffer_clear(&b);
    ck_assert(buffer_json_escaped(&b, "a\xff\xc3", 3));
    ck_assert_str_eq(b.data, "a\xef\xbf\xbd\xef\xbf\xbd");
    buffer_release(&b);
}
END_TEST

START_TEST(escapes_xml)
{
    struct buffer b;
    buffer_init(&b, 200);
    ck_assert(buffer_xml_escaped(&b, "<a b='c'>\"&\t\n", 13));
    ck_assert_str_eq(b.data, "&lt;a b=&#39;c&#39;&gt;&quot;&amp;\t\n");
    buffer_clear(&b);
    ck_assert(buffer_xml_escaped(&b, "\x01\x80\xef\xbf\xbe.", 6));
    ck_assert_str_eq(b.data, "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd.");
    buffer_release(&b);
}
END_TEST

START_TEST(escapes_whole_or_not_at_all)
{
    struct buffer b;
    buffer_init(&b, 8);
    ck_assert(buffer_text(&b, "ab"));
    ck_assert(!buffer_json_escaped(&b, "1234\n\n", 6));
    ck_assert_str_eq(b.data, "ab");
    ck_assert(b.overflow);
    buffer_clear(&b);
    ck_assert(!buffer_xml_escaped(&b, "a<<", 3));
    ck_assert_str_eq(b.data, "");
    buffer_release(&b);
}
END_TEST

TESTS("common/buffer", never_grows_past_its_cap, holds_nothing_when_the_cap_is_zero,
      grows_on_heap_and_arena, escapes_json, escapes_xml, escapes_whole_or_not_at_all)
