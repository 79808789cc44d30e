#include "drift-gates/prod_leak/layers.h"

#include <zlib.h>

#include "common/arena.h"
#include "common/buffer.h"
#include "common/encoding.h"
#include "common/memory.h"
#include "common/testing.h"
#include "common/text.h"

struct wanted {
    const char *text;
    bool whole; /* a layer is exactly this text; else it contains it */
    bool found;
    char how[256];
};

static void look(void *arg, struct bytes text, const struct layer *layer)
{
    struct wanted *w = arg;
    size_t len = strlen(w->text);
    if (w->found || text.len == 0 || memmem(text.data, text.len, w->text, len) == NULL ||
        (w->whole && text.len != len))
        return;
    w->found = true;
    for (; layer != NULL; layer = layer->around) {
        strncat(w->how, layer->name, sizeof(w->how) - strlen(w->how) - 1);
        strncat(w->how, layer->around == NULL ? "" : " ", sizeof(w->how) - strlen(w->how) - 1);
    }
}

static void expect(const char *text, const char *inside, const char *how)
{
    struct wanted w = { .text = inside };
    ck_assert_int_eq(layers_visit(BYTES_OF_TEXT(text), look, &w), LAYERS_WHOLE);
    ck_assert_msg(w.found, "'%s' is not found in '%s'", inside, text);
    ck_assert_str_eq(w.how, how);
}

START_TEST(each_layer_is_undone)
{
    expect("plain", "plain", "");
    expect("aGFyYm91ci1sYW50ZXJu", "harbour-lantern", "base64");
    expect("x/aGFyYm91ci1sYW50ZXJu", "harbour-lantern", "base64"); /* joined to what is before */
    expect("key aGFyYm91\n   ci1sYW50\r\n\tZXJu", "harbour-lantern", "base64");
    expect("# aGFyYm91\n# ci1sYW50ZXJu", "harbour-lantern", "base64");
    expect("--68617262 6F75722d6C616E7465726e", "harbour-lantern", "hex");
    expect("f68617262 6F75722d6C616E7465726e", "harbour-lantern", "hex");
    expect("68:61:72:62:6f:75:72:2d:6c:61:6e:74:65:72:6e", "harbour-lantern", "hex");
    expect("%68arbour%2dlantern%", "harbour-lantern", "percent");
    expect("\\u0068arbour\\x2dlan\\\n    tern\\", "harbour-lantern", "escapes");
    expect("\\ud83d\\ude00 \\U0001F600 \\u00e4 \\ud83d", "\xf0\x9f\x98\x80 \xf0\x9f\x98\x80 ä",
           "escapes");
    expect("a: 1\nb: 'harbour''s'\n", "harbour's", "YAML");
    expect("{\"a\": [\"x\", {\"harbour\": 1}]}", "harbour", "");
}
END_TEST

START_TEST(layers_lie_in_layers)
{
    expect("NjI2ZjYxNzQ3MzJkNjE3NDJkNzM2NTYx", "boats-at-sea", "hex base64");
    expect("YUdGeVltOTFjaTFzWVc1MFpYSnU=", "harbour-lantern", "base64 base64");
    expect("a: |\n  b: |\n    c: 'it''s it'\n", "it's it", "YAML YAML YAML");
    expect("{\"a\": \"{\\\"b\\\": \\\"caf\\\\u00e9\\\"}\"}", "café", "escapes escapes");
}
END_TEST

static struct bytes packed(struct arena *a, struct bytes text)
{
    z_stream z = { .next_in = (unsigned char *)(uintptr_t)text.data,
                   .avail_in = (unsigned)text.len };
    size_t room = text.len + 128;
    unsigned char *out = arena_alloc(a, room);
    ck_assert_int_eq(deflateInit2(&z, 9, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY), Z_OK);
    z.next_out = out;
    z.avail_out = (unsigned)room;
    ck_assert_int_eq(deflate(&z, Z_FINISH), Z_STREAM_END);
    struct bytes result = { out, z.total_out };
    deflateEnd(&z);
    return result;
}

static struct bytes zeros(struct arena *a, size_t len)
{
    return (struct bytes){ arena_alloc(a, len), len };
}

START_TEST(gzip_is_undone_wherever_it_begins)
{
    struct arena *a = arena_create();
    struct bytes once = packed(a, BYTES_OF_TEXT("the harbour-lantern"));
    unsigned char *text = arena_alloc(a, once.len * 2 + 10);
    struct wanted w = { .text = "harbour-lantern" };
    memcpy(text, "before", 6);
    memcpy(text + 6, once.data, once.len);
    struct bytes cut = { text, 6 + once.len - 4 }; /* its check sum is missing */
    ck_assert_int_eq(layers_visit(cut, look, &w), LAYERS_WHOLE);
    ck_assert(w.found);
    struct bytes first = packed(a, BYTES_OF_TEXT("one ")), second = packed(a, BYTES_OF_TEXT("two"));
    memcpy(text, first.data, first.len);
    memcpy(text + first.len, second.data, second.len);
    struct wanted both = { .text = "one two" };
    ck_assert_int_eq(layers_visit((struct bytes){ text, first.len + second.len }, look, &both),
                     LAYERS_WHOLE);
    ck_assert(both.found);
    arena_destroy(a);
}
END_TEST

START_TEST(bombs_are_told_and_cost_no_more_than_the_bounds)
{
    struct arena *a = arena_create();
    struct wanted w = { .text = "never" };
    struct bytes bomb = packed(a, zeros(a, LAYERS_GUNZIPPED + 1));
    ck_assert_int_eq(layers_visit(bomb, look, &w), LAYERS_TOO_LARGE);
    ck_assert_int_eq(layers_visit(packed(a, zeros(a, LAYERS_GUNZIPPED - 1)), look, &w),
                     LAYERS_WHOLE);
    /* Sixteen small ones side by side: together they are too much. */
    struct bytes one = packed(a, zeros(a, LAYERS_GUNZIPPED / 2));
    unsigned char *many = arena_alloc(a, one.len * 16 + 16);
    for (size_t i = 0; i < 16; i++)
        memcpy(many + i * (one.len + 1), one.data, one.len);
    ck_assert_int_eq(layers_visit((struct bytes){ many, (one.len + 1) * 16 }, look, &w),
                     LAYERS_TOO_LARGE);
    /* And one inside the other. */
    ck_assert_int_eq(layers_visit(packed(a, packed(a, bomb)), look, &w), LAYERS_TOO_LARGE);
    arena_destroy(a);
}
END_TEST

START_TEST(what_lies_too_deep_is_told)
{
    struct arena *a = arena_create();
    const char *text = "harbour-lantern-and-more";
    for (int level = 1; level <= LAYERS_DEEP + 1; level++) {
        struct wanted w = { .text = "harbour-lantern" };
        text = base64_encode(a, BASE64_STANDARD, text, strlen(text));
        enum layers_end end = layers_visit(BYTES_OF_TEXT(text), look, &w);
        ck_assert_int_eq(w.found, level <= LAYERS_DEEP);
        /* The innermost text is itself a run of letters that might be a layer. */
        ck_assert_int_eq(end, level < LAYERS_DEEP ? LAYERS_WHOLE : LAYERS_TOO_DEEP);
    }
    arena_destroy(a);
}
END_TEST

START_TEST(nesting_and_aliases_of_yaml_are_bounded)
{
    struct arena *a = arena_create();
    struct buffer b;
    struct wanted w = { .text = "never" };
    buffer_init_arena(&b, (size_t)1 << 20, a);
    for (int level = 0; level < 40; level++) {
        for (int i = 0; i < level; i++)
            buffer_text(&b, "  ");
        buffer_text(&b, "a: |\n");
    }
    ck_assert_int_eq(layers_visit(BYTES_OF_TEXT(b.data), look, &w), LAYERS_TOO_DEEP);
    const char *laughs = "a: &a [lol, lol, lol, lol, lol, lol, lol, lol, lol]\n"
                         "b: &b [*a, *a, *a, *a, *a, *a, *a, *a, *a]\n"
                         "c: &c [*b, *b, *b, *b, *b, *b, *b, *b, *b]\n"
                         "d: &d [*c, *c, *c, *c, *c, *c, *c, *c, *c]\n"
                         "e: &e [*d, *d, *d, *d, *d, *d, *d, *d, *d]\n"
                         "f: &f [*e, *e, *e, *e, *e, *e, *e, *e, *e]\n"
                         "g: &g [*f, *f, *f, *f, *f, *f, *f, *f, *f]\n";
    ck_assert_int_eq(layers_visit(BYTES_OF_TEXT(laughs), look, &w), LAYERS_WHOLE);
    char *brackets = arena_alloc(a, 100001);
    memset(brackets, '[', 100000);
    ck_assert_int_eq(layers_visit(BYTES_OF_TEXT(brackets), look, &w), LAYERS_WHOLE);
    arena_destroy(a);
}
END_TEST

START_TEST(bytes_that_are_no_text_do_no_harm)
{
    unsigned char every[512];
    struct wanted w = { .text = "never" };
    for (size_t i = 0; i < sizeof(every); i++)
        every[i] = (unsigned char)(i * 7 % 256);
    ck_assert_int_eq(layers_visit((struct bytes){ every, sizeof(every) }, look, &w), LAYERS_WHOLE);
    ck_assert_int_eq(layers_visit((struct bytes){ NULL, 0 }, look, &w), LAYERS_WHOLE);
}
END_TEST

TESTS("drift-gates/layers", each_layer_is_undone, layers_lie_in_layers,
      gzip_is_undone_wherever_it_begins, bombs_are_told_and_cost_no_more_than_the_bounds,
      what_lies_too_deep_is_told, nesting_and_aliases_of_yaml_are_bounded,
      bytes_that_are_no_text_do_no_harm)
