/* Renders and trees that mean harm: each is answered, in bounded memory, by one line. */
#include "common/testing.h"

#include <sys/resource.h>

#include "common/buffer.h"
#include "common/text.h"
#include "drift-gates/findings.h"
#include "drift-gates/manifest.h"

#define ROOM ((size_t)80 << 20)

static struct arena *a;
static struct error e;
static struct buffer text;

static struct gate_run run_of(struct settings *s, const struct tree *t)
{
    s->arena = a;
    return (struct gate_run){ .arena = a,
                              .gate = &framework_gate,
                              .tree = t,
                              .settings = s,
                              .findings = findings_create(a) };
}

/* The render that `text` is, or NULL with the error. */
static const struct render *opened(void)
{
    static struct settings s;
    struct render_source *from = arena_alloc(a, sizeof(*from)); /* each is a render of its own */
    const struct render *r = NULL;
    struct gate_run g = run_of(&s, NULL);
    *from = (struct render_source){ .name = "x", .file = "-" };
    from->text = (struct bytes){ (const unsigned char *)text.data, text.len };
    e.text[0] = '\0';
    if (!render_open(&g, from, &r, &e))
        r = NULL;
    return r;
}

static void refused_with(const char *why)
{
    ck_assert_ptr_null(opened());
    ck_assert_msg(text_contains(e.text, why), "%s", e.text);
    ck_assert(text_starts(e.text, "-: line ") && !text_contains(e.text, "\n"));
}

static void start(void)
{
    a = arena_create();
    buffer_init(&text, ROOM);
}

static void stop(void)
{
    buffer_release(&text);
    arena_destroy(a);
}

/* AddressSanitizer keeps what was freed: there the figure says nothing about us. */
static long peak_mib(void)
{
#ifdef __SANITIZE_ADDRESS__
    return 0;
#else
    struct rusage use;
    ck_assert_int_eq(getrusage(RUSAGE_SELF, &use), 0);
    return use.ru_maxrss >> 10;
#endif
}

START_TEST(aliases_that_multiply_are_stopped)
{
    start();
    buffer_text(&text, "a0: &a0 {x: 1}\n");
    for (int i = 1; i < 60; i++)
        buffer_printf(&text, "a%d: &a%d [*a%d, *a%d, *a%d, *a%d]\n", i, i, i - 1, i - 1, i - 1,
                      i - 1);
    refused_with("more than 1,000,000 nodes");
    buffer_clear(&text);
    buffer_text(&text, "m0: &m0 {x: 1, y: 2}\n");
    for (int i = 1; i < 60; i++)
        buffer_printf(&text, "m%d: &m%d {a%d: *m%d, b%d: *m%d, <<: *m%d}\n", i, i, i, i - 1, i,
                      i - 1, i - 1);
    refused_with("more than ");
    ck_assert_int_lt(peak_mib(), 64);
    stop();
}
END_TEST

START_TEST(cycles_depth_and_bad_bytes_are_refused)
{
    start();
    buffer_text(&text, "kind: A\nself: &s {again: *s}\n");
    refused_with("an alias names no anchor");
    buffer_clear(&text);
    for (int i = 0; i < 100000; i++)
        buffer_char(&text, '[');
    refused_with("more than 200 levels");
    buffer_clear(&text);
    for (int i = 0; i < 100000; i++)
        buffer_text(&text, "? ");
    ck_assert_ptr_null(opened());
    buffer_clear(&text);
    buffer_append(&text, "kind: \xc3\x28\n", 9);
    refused_with("UTF-8");
    buffer_clear(&text);
    buffer_append(&text, "kind: a\0b\n", 10);
    ck_assert_ptr_null(opened());
    stop();
}
END_TEST

START_TEST(many_nodes_and_long_lines_are_bounded)
{
    start();
    while (text.len < (size_t)60 << 20)
        buffer_text(&text, "- a\n");
    refused_with("more than 1,000,000 nodes");
    ck_assert_int_lt(peak_mib(), 512);
    buffer_clear(&text);
    buffer_text(&text, "kind: A\napiVersion: v1\ndata: { k: '");
    for (size_t i = 0; i < (size_t)30 << 20; i += 16)
        buffer_text(&text, "0123456789abcdef");
    buffer_text(&text, "' }\n");
    const struct render *r = opened();
    ck_assert_msg(r != NULL && r->n == 1, "%s", e.text);
    ck_assert_int_lt(peak_mib(), 512);
    stop();
}
END_TEST

START_TEST(a_render_that_cannot_be_read_is_tried_once)
{
    start();
    static struct settings s;
    const struct render *r = NULL;
    struct gate_run g = run_of(&s, NULL);
    struct render_source from = { .name = "x", .file = "-" };
    buffer_text(&text, "a: [");
    from.text = (struct bytes){ (const unsigned char *)text.data, text.len };
    ck_assert(!render_open(&g, &from, &r, &e));
    const char *first = arena_strdup(a, e.text);
    from.text = (struct bytes){ (const unsigned char *)"", 0 };
    ck_assert(!render_open(&g, &from, &r, &e));
    ck_assert_str_eq(e.text, first);
    stop();
}
END_TEST

START_TEST(strange_documents_are_counted)
{
    start();
    buffer_text(&text, "just text\n---\n[a, list]\n---\nkind: 1\n---\n---\n"
                       "kind: A\napiVersion: v1\nmetadata: 7\n---\n"
                       "kind: BList\napiVersion: v1\nitems: [x, {kind: B, apiVersion: v1}]\n");
    const struct render *r = opened();
    ck_assert_msg(r != NULL, "%s", e.text);
    ck_assert_uint_eq(r->n, 2);
    ck_assert_uint_eq(r->n_strange, 4);
    ck_assert_str_eq(r->objects[0].name, "");
    stop();
}
END_TEST

START_TEST(objects_are_found_by_name_in_any_number)
{
    start();
    for (int i = 0; i < 20000; i++)
        buffer_printf(&text, "---\n{kind: A, apiVersion: v1, metadata: {name: n%d, x: %d}}\n",
                      i % 15000, i);
    const struct render *r = opened();
    ck_assert_msg(r != NULL && r->n == 20000, "%s", e.text);
    for (int i = 0; i < 15000; i++) {
        const struct object *o = render_find(r, "A", "default", arena_printf(a, "n%d", i));
        ck_assert_ptr_eq(o, &r->objects[i]); /* the first of two */
        ck_assert_int_eq(
            object_place(&(struct gate_run){ .arena = a }, o, NULL, NULL, "%s", "").line,
            2 * i + 2);
    }
    ck_assert_ptr_null(render_find(r, "A", "other", "n1"));
    ck_assert_ptr_null(render_find(r, "B", NULL, "n1"));
    ck_assert_ptr_nonnull(render_find(r, "A", NULL, "n1"));
    stop();
}
END_TEST

TESTS("drift-gates/hostile", aliases_that_multiply_are_stopped,
      cycles_depth_and_bad_bytes_are_refused, many_nodes_and_long_lines_are_bounded,
      a_render_that_cannot_be_read_is_tried_once, strange_documents_are_counted,
      objects_are_found_by_name_in_any_number)
