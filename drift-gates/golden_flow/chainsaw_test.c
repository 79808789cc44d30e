#include "drift-gates/golden_flow/chainsaw.h"

#include "common/testing.h"
#include "common/text.h"
#include "drift-gates/golden_flow/golden_flow.h"

struct told {
    int n, line;
    const char *what;
};

static void fault(void *self, int line, const char *what)
{
    struct told *t = self;
    t->n++;
    t->line = line;
    t->what = what;
}

static bool read(struct arena *a, const char *text, struct chainsaw_test **tests, size_t *n,
                 struct told *told)
{
    struct error e = { .text = "" };
    struct chainsaw_reader r = { .arena = a, .fault = fault, .self = told };
    *told = (struct told){ .n = 0 };
    bool ok = chainsaw_read(&r, bytes_of_text(text), tests, n, &e);
    ck_assert(ok || (e.text[0] != '\0' && strchr(e.text, '\n') == NULL));
    return ok;
}

#define HEAD "apiVersion: chainsaw.kyverno.io/v1alpha1\nkind: Test\nmetadata: {name: t}\nspec:\n"

START_TEST(a_test_is_read_with_its_lines)
{
    struct arena *a = arena_create();
    struct chainsaw_test *t;
    struct told told;
    size_t n;
    ck_assert(read(a,
                   "kind: Other\n---\n" HEAD "  skip: true\n  steps:\n  - name: one\n    try:\n"
                   "    - description: d\n      assert: {file: a.yaml}\n    - sleep: {}\n",
                   &t, &n, &told));
    ck_assert_uint_eq(n, 1);
    ck_assert_int_eq(told.n, 0);
    ck_assert(t->skip && t->n == 1 && t->steps[0].n == 2);
    ck_assert_int_eq(t->line, 3);
    ck_assert_int_eq(t->steps[0].line, 9);
    ck_assert_int_eq(t->steps[0].operations[0].line, 12);
    ck_assert(t->steps[0].operations[0].judges && !t->steps[0].operations[1].judges);
    ck_assert_str_eq(t->steps[0].operations[1].verb, "sleep");
    arena_destroy(a);
}
END_TEST

START_TEST(what_is_no_test_is_told)
{
    static const struct {
        const char *text;
        int line;
    } rows[] = {
        { HEAD "  skip: \"true\"\n  steps: []\n", 5 },
        { HEAD "  steps: {}\n", 5 },
        { HEAD "  steps:\n  - name: one\n    try: {}\n", 7 },
        { HEAD "  steps:\n  - name: one\n    try:\n    - aply: {}\n", 8 },
        { HEAD "  steps:\n  - name: one\n    try:\n    - apply: {}\n      assert: {}\n", 8 },
        { HEAD "  steps:\n  - name: one\n    try:\n    - apply\n", 8 },
        { HEAD "  steps:\n  - one\n", 6 },
        { "apiVersion: chainsaw.kyverno.io/v1alpha2\nkind: Test\nspec: 1\n", 1 },
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct arena *a = arena_create();
        struct chainsaw_test *t;
        struct told told;
        size_t n;
        ck_assert(read(a, rows[i].text, &t, &n, &told));
        ck_assert_msg(told.n == 1, "row %zu: %d", i, told.n);
        ck_assert_msg(told.line == rows[i].line, "row %zu: line %d", i, told.line);
        arena_destroy(a);
    }
}
END_TEST

START_TEST(hostile_text_is_refused_in_one_line)
{
    static const char *const texts[] = {
        HEAD "  steps: [\n",
        HEAD "  steps: *nobody\n",
        "a: &a [*a]\n",
        "a: &a [1,1,1,1,1,1,1,1,1,1]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a,*a]\n"
        "c: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c,*c]\n"
        "e: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d,*d]\nf: &f [*e,*e,*e,*e,*e,*e,*e,*e,*e,*e]\n"
        "g: [*f,*f,*f,*f,*f,*f,*f,*f,*f,*f]\n",
        HEAD "  name: \xff\xfe\n",
    };
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        struct arena *a = arena_create();
        struct chainsaw_test *t;
        struct told told;
        size_t n;
        ck_assert_msg(!read(a, texts[i], &t, &n, &told), "row %zu", i);
        arena_destroy(a);
    }
}
END_TEST

START_TEST(a_trace_has_both_kinds_of_id)
{
    ck_assert(golden_flow_traced("(REQ-009, PX-0021)"));
    ck_assert(golden_flow_traced("the agent (plexd) registers (PX-0021, REQ-009, REQ-010), once"));
    ck_assert(!golden_flow_traced(NULL));
    ck_assert(!golden_flow_traced("REQ-009, PX-0021"));
    ck_assert(!golden_flow_traced("(REQ-009) (PX-0021)"));
    ck_assert(!golden_flow_traced("(REQ-009,PX-0021)"));
    ck_assert(!golden_flow_traced("(REQ-09, PX-0021)"));
    ck_assert(!golden_flow_traced("(REQ-009, PX-)"));
    ck_assert(!golden_flow_traced("(REQ-…, PX-…)"));
    ck_assert(!golden_flow_traced("(REQ-009, PX-0021"));
    ck_assert(!golden_flow_traced("(REQ-009, PX-0021, "));
    ck_assert(!golden_flow_traced("("));
}
END_TEST

TESTS("drift-gates/chainsaw", a_test_is_read_with_its_lines, what_is_no_test_is_told,
      hostile_text_is_refused_in_one_line, a_trace_has_both_kinds_of_id)
