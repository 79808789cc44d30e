#include "harness/spec_clauses.h"

#include <string.h>

#include "common/json.h"
#include "common/testing.h"

static struct arena *a;
static json_t *clauses;
static struct error e;

static bool parse(const char *text)
{
    a = arena_create();
    e.text[0] = '\0';
    return spec_clauses_parse(a, BYTES_OF_TEXT(text), &clauses, &e);
}

static void refuses(const char *text, const char *message)
{
    ck_assert_msg(!parse(text), "accepted: %s", text);
    ck_assert_str_eq(e.text, message);
    arena_destroy(a);
}

START_TEST(refuses_a_second_clause_of_one_id)
{
    refuses("x\n- **A-1** MUST (seed: 2) One.\n\n- **A-1** MAY (seed: 2) Two.\n",
            "line 4: clause A-1 stands on line 2 already");
}
END_TEST

START_TEST(refuses_slips_of_the_pen)
{
    refuses(
        "- **A-1** WILL (seed: 2) One.",
        "line 1: clause A-1: after the id stands MUST, MUST NOT, SHOULD, SHOULD NOT or MAY, then "
        "(source: where)");
    refuses("- **A-1**MUST (seed: 2) One.",
            "line 1: clause A-1: after the id stand two asterisks and one space");
    refuses("- **A-1** MUST (book: 2) One.",
            "line 1: clause A-1: the source is contract, seed or ruling, then a colon and where");
    refuses("- **A-1** MUST (seed: 2 One.",
            "line 1: clause A-1: the source's bracket is empty or not closed");
    refuses("- **A-1** MUST (seed: ) One.",
            "line 1: clause A-1: the source's bracket is empty or not closed");
    refuses("\n- **A-1** MUST (seed: 2)\n", "line 2: clause A-1: a sentence follows the source");
    refuses("- **A-1** MUST (seed: 2)  \n", "line 1: clause A-1: a sentence follows the source");
}
END_TEST

START_TEST(refuses_what_is_no_text)
{
    a = arena_create();
    ck_assert(!spec_clauses_parse(a, (struct bytes){ (const unsigned char *)"\xff\xfe", 2 },
                                  &clauses, &e));
    ck_assert_str_eq(e.text, "not UTF-8 text");
    arena_destroy(a);
}
END_TEST

START_TEST(reads_clauses_and_leaves_prose)
{
    ck_assert(parse("# Title\n"
                    "- a list item\n"
                    "- **bold** words are no clause\n"
                    "- **REG-014** MUST (contract: node-surfaces 7.5) A token registers once.\n"
                    "- **DB-CUR-3** SHOULD NOT (ruling: 3 (the 501)) Go on\n"
                    "  and on.\n"
                    "\n"
                    "  Prose again."));
    ck_assert_uint_eq(json_array_size(clauses), 2);
    const json_t *one = json_array_get(clauses, 0), *two = json_array_get(clauses, 1);
    ck_assert_str_eq(json_text(one, "id"), "REG-014");
    ck_assert_str_eq(json_text(one, "level"), "MUST");
    ck_assert_str_eq(json_text(one, "source"), "contract");
    ck_assert_str_eq(json_text(one, "where"), "node-surfaces 7.5");
    ck_assert_str_eq(json_text(one, "text"), "A token registers once.");
    ck_assert_str_eq(json_text(two, "level"), "SHOULD NOT");
    ck_assert_str_eq(json_text(two, "where"), "3 (the 501)");
    ck_assert_str_eq(json_text(two, "text"), "Go on and on.");
    arena_destroy(a);
}
END_TEST

START_TEST(an_empty_text_has_no_clause)
{
    ck_assert(parse(""));
    ck_assert_uint_eq(json_array_size(clauses), 0);
    arena_destroy(a);
}
END_TEST

TESTS("harness/spec_clauses", refuses_a_second_clause_of_one_id, refuses_slips_of_the_pen,
      refuses_what_is_no_text, reads_clauses_and_leaves_prose, an_empty_text_has_no_clause)
