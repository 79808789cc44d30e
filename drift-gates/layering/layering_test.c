#include "drift-gates/layering/layering.h"

#include "common/testing.h"
#include "common/text.h"

static struct arena *arena;
static struct layering rules;
static int faults;

static void fault(void *self, int line, const char *what)
{
    (void)self;
    ck_assert(line > 0 && what[0] != '\0');
    faults++;
}

static int read(const char *text)
{
    struct layering_reader r = { .arena = arena, .fault = fault };
    faults = 0;
    layering_read(&r, bytes_of_text(text), &rules);
    return faults;
}

START_TEST(the_first_rule_that_forbids_is_told)
{
    arena = arena_create();
    ck_assert_int_eq(read("# about\ngroup a x/* y/*\n\nonly @a : @a common/* # why\n"
                          "private */store.h\nexcept x/t.c : x/a/store.h : it looks: twice\n"),
                     0);
    ck_assert_uint_eq(rules.n, 3);
    ck_assert_ptr_null(layering_forbids(&rules, "x/a.c", "common/b.h"));
    ck_assert_ptr_null(layering_forbids(&rules, "z/a.c", "q/b.h"));
    ck_assert_int_eq(layering_forbids(&rules, "x/a.c", "z/b.h")->line, 4);
    ck_assert_int_eq(layering_forbids(&rules, "x/a.c", "x/a/store.h")->line, 5);
    ck_assert_ptr_null(layering_forbids(&rules, "x/a/a.c", "x/a/store.h"));
    ck_assert(!rules.rules[2].met);
    ck_assert_ptr_null(layering_forbids(&rules, "x/t.c", "x/a/store.h"));
    ck_assert(rules.rules[2].met);
    arena_destroy(arena);
}
END_TEST

START_TEST(what_is_no_rule_is_told)
{
    static const char *const lines[] = {
        "only",       "only ",      "only a",        "only a :",     "only : b",
        "only a:b:c", "never a",    "private",       "except a : b", "except a : b : ",
        "group",      "group a",    "never @a : b",  "allow a : b",  "\xff",
        "only a\n:b", "Only a : b", "private a : b",
    };
    for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
        arena = arena_create();
        ck_assert_msg(read(lines[i]) > 0, "'%s' is taken", lines[i]);
        arena_destroy(arena);
    }
    arena = arena_create();
    ck_assert_int_eq(read(""), 0);
    ck_assert_uint_eq(rules.n, 0);
    arena_destroy(arena);
}
END_TEST

TESTS("drift-gates/layering", the_first_rule_that_forbids_is_told, what_is_no_rule_is_told)
