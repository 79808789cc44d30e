#include "harness/selector.h"

#include <string.h>

#include "common/testing.h"

static const struct case_row token = {
    .id = "REG-014",
    .suite = "registration",
    .title = "t",
    .clauses = { "REG-014", "TOK-002" },
    .needs = { "registration", "clock" },
};
static const struct case_row derived = {
    .id = "derived/CreateProject/oversized",
    .suite = "derived",
    .title = "t",
    .clauses = { "WIRE-003" },
};

static struct arena *arena;

static bool matches(const char *text, const struct case_row *row)
{
    const struct selector *s;
    struct error e = { .text = "" };
    ck_assert_msg(selector_parse(arena, text, &s, &e), "%s: %s", text, e.text);
    return selector_matches(s, row);
}

static void refused(const char *text, const char *message)
{
    const struct selector *s;
    struct error e = { .text = "" };
    ck_assert_msg(!selector_parse(arena, text, &s, &e), "accepted: %s", text);
    ck_assert_str_eq(e.text, message);
}

START_TEST(refuses_what_is_not_an_expression)
{
    arena = arena_create();
    refused("", "column 1: the expression ends where a term was expected");
    refused("   ", "column 4: the expression ends where a term was expected");
    refused("suite:a and", "column 12: the expression ends where a term was expected");
    refused("REG-014",
            "column 1: expected suite:NAME, id:GLOB, clause:GLOB, feature:NAME, not or (");
    refused("suite:a or name:x",
            "column 12: expected suite:NAME, id:GLOB, clause:GLOB, feature:NAME, not or (");
    refused("id: and id:x", "column 4: expected a name or a pattern after the colon");
    refused("id:\"\"", "column 4: expected a name or a pattern after the colon");
    refused("id:\"x", "column 4: this quote is never closed");
    refused("id:\"x\"y", "column 7: expected a space after the closing quote");
    refused("(suite:a or suite:b", "column 1: this parenthesis is never closed");
    refused("suite:a)", "column 8: this parenthesis was never opened");
    refused("suite:a suite:b", "column 9: expected and, or, or the end");
    refused("suite:a & suite:b", "column 9: expected and, or, or the end");
    arena_destroy(arena);
}
END_TEST

START_TEST(refuses_endless_nesting)
{
    char text[2001];
    memset(text, '(', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    arena = arena_create();
    refused(text, "column 65: nested too deeply (64 levels at most)");
    for (size_t i = 0; i + 4 < sizeof(text); i += 4)
        memcpy(text + i, "not ", 4);
    refused(text, "column 256: nested too deeply (64 levels at most)");
    arena_destroy(arena);
}
END_TEST

START_TEST(leaves_match_their_member)
{
    arena = arena_create();
    ck_assert(matches("suite:registration", &token));
    ck_assert(!matches("suite:registratio", &token));
    ck_assert(!matches("suite:registration", &derived));
    ck_assert(matches("id:REG-*", &token));
    ck_assert(!matches("id:REG-", &token));
    ck_assert(matches("id:derived/*/oversized", &derived));
    ck_assert(matches("id:\"derived/CreateProject/oversized\"", &derived));
    ck_assert(matches("clause:TOK-00?", &token));
    ck_assert(!matches("clause:TOK-003", &token));
    ck_assert(matches("feature:clock", &token));
    ck_assert(!matches("feature:clock", &derived));
    arena_destroy(arena);
}
END_TEST

START_TEST(not_binds_tighter_than_and_tighter_than_or)
{
    arena = arena_create();
    ck_assert(matches("suite:x or suite:y or id:REG-014", &token));
    ck_assert(!matches("not id:REG-014 and suite:registration", &token));
    ck_assert(matches("not (id:REG-014 and suite:derived)", &token));
    ck_assert(matches("not not id:REG-014", &token));
    /* a or (b and c): and binds tighter */
    ck_assert(matches("id:REG-014 or suite:x and suite:y", &token));
    ck_assert(!matches("(id:REG-014 or suite:x) and suite:y", &token));
    ck_assert(matches("not(suite:derived)", &token));
    ck_assert(matches("( suite:registration )and(feature:clock)", &token));
    arena_destroy(arena);
}
END_TEST

START_TEST(words_become_ids_and_join_the_expression)
{
    arena = arena_create();
    char *words[] = { "REG-*", "derived/*" };
    const struct selector *ids = selector_of_ids(arena, words, 2), *both;
    ck_assert(selector_matches(ids, &token));
    ck_assert(selector_matches(ids, &derived));
    ck_assert_ptr_null(selector_of_ids(arena, words, 0));

    struct error e;
    const struct selector *clock;
    ck_assert(selector_parse(arena, "feature:clock", &clock, &e));
    both = selector_both(arena, ids, clock);
    ck_assert(selector_matches(both, &token));
    ck_assert(!selector_matches(both, &derived));
    ck_assert_ptr_eq(selector_both(arena, NULL, clock), clock);
    ck_assert(selector_matches(selector_both(arena, NULL, NULL), &token));
    arena_destroy(arena);
}
END_TEST

TESTS("harness/selector", refuses_what_is_not_an_expression, refuses_endless_nesting,
      leaves_match_their_member, not_binds_tighter_than_and_tighter_than_or,
      words_become_ids_and_join_the_expression)
