#include "common/json_slice.h"

#include <string.h>

#include "common/arena.h"
#include "common/testing.h"

static bool is(struct bytes b, const char *text)
{
    return b.len == strlen(text) && memcmp(b.data, text, b.len) == 0;
}

#define T(text) ((struct bytes){ (const unsigned char *)(text), strlen(text) })

START_TEST(a_member_is_found_as_it_was_written)
{
    struct bytes v;
    const char *text = " { \"a\" : 1.0 , \"b\":{\"a\":[1, 2]},\"c\":\"x\\\"}\" } ";
    ck_assert(json_slice_member(T(text), "a", &v));
    ck_assert(is(v, "1.0"));
    ck_assert(json_slice_member(T(text), "b", &v));
    ck_assert(is(v, "{\"a\":[1, 2]}"));
    ck_assert(json_slice_member(T(text), "c", &v));
    ck_assert(is(v, "\"x\\\"}\""));
    ck_assert(!json_slice_member(T(text), "d", &v));
}
END_TEST

START_TEST(a_whole_member_runs_from_name_to_value)
{
    struct bytes whole, v;
    const char *text = "{\"a\":1,\"signature\":\"xyz\"}";
    ck_assert(json_slice_whole_member(T(text), "signature", &whole, &v));
    ck_assert(is(whole, "\"signature\":\"xyz\""));
    ck_assert(whole.data == T(text).data + 7 || whole.len == 17);
}
END_TEST

START_TEST(names_are_compared_decoded)
{
    struct bytes v;
    ck_assert(json_slice_member(T("{\"p\\u0061y\\/\":true}"), "pay/", &v));
    ck_assert(is(v, "true"));
    ck_assert(!json_slice_member(T("{\"payload2\":1}"), "payload", &v));
    ck_assert(!json_slice_member(T("{\"pay\":1}"), "payload", &v));
}
END_TEST

START_TEST(elements_are_cut_apart)
{
    struct arena *a = arena_create();
    struct bytes *list;
    size_t n;
    ck_assert(json_slice_elements(a, T(" [ 1 , {\"a\":[2,3]},\"],\" ]"), &list, &n));
    ck_assert_uint_eq(n, 3);
    ck_assert(is(list[0], "1"));
    ck_assert(is(list[1], "{\"a\":[2,3]}"));
    ck_assert(is(list[2], "\"],\""));
    ck_assert(json_slice_elements(a, T("[]"), &list, &n));
    ck_assert_uint_eq(n, 0);
    ck_assert(!json_slice_elements(a, T("{}"), &list, &n));
    arena_destroy(a);
}
END_TEST

START_TEST(compact_keeps_what_counts)
{
    struct arena *a = arena_create();
    ck_assert(
        is(json_slice_compact(a, T("{ \"b\": 2, \"a\": \"<x> \\u00e9 \\/\", \"m\": [1.0, 1e3] }")),
           "{\"b\":2,\"a\":\"<x> \\u00e9 \\/\",\"m\":[1.0,1e3]}"));
    arena_destroy(a);
}
END_TEST

/* Nothing promises more than: no read outside the text. */
START_TEST(broken_text_is_walked_to_its_end)
{
    static const char *const texts[] = { "",       "{",        "{\"", "{\"a\"", "{\"a\":",
                                         "{\"a\\", "[",        "[1",  "[\"\\",  "{\"a\":}",
                                         "}",      "{\"\\u00", "[,]", "{,}" };
    struct arena *a = arena_create();
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        size_t len = strlen(texts[i]), n;
        unsigned char *exact = arena_alloc(a, len ? len : 1);
        struct bytes v, *list;
        memcpy(exact, texts[i], len);
        (void)!json_slice_member((struct bytes){ exact, len }, "a", &v);
        (void)!json_slice_elements(a, (struct bytes){ exact, len }, &list, &n);
        (void)json_slice_compact(a, (struct bytes){ exact, len });
    }
    arena_destroy(a);
}
END_TEST

TESTS("common/json_slice", a_member_is_found_as_it_was_written,
      a_whole_member_runs_from_name_to_value, names_are_compared_decoded, elements_are_cut_apart,
      compact_keeps_what_counts, broken_text_is_walked_to_its_end)
