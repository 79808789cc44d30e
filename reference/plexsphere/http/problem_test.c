#include "reference/plexsphere/http/problem.h"

#include <string.h>

#include "common/json.h"
#include "common/testing.h"
#include "common/text.h"

START_TEST(every_row_is_whole)
{
    for (unsigned p = PROBLEM_BAD_REQUEST; p < PROBLEM_COUNT; p++) {
        const struct problem_row *row = problem_row((enum problem)p);
        ck_assert_int_ge(row->status, 400);
        ck_assert_int_lt(row->status, 600);
        ck_assert_msg(text_is_kebab(row->slug, 80), "slug %s", row->slug);
        ck_assert(!text_blank(row->title));
        ck_assert(!text_equal(row->code, "unnamed"));
    }
}
END_TEST

START_TEST(no_pair_of_code_and_status_stands_twice)
{
    for (unsigned p = PROBLEM_SERVER_ERROR + 1; p < PROBLEM_COUNT; p++)
        for (unsigned q = p + 1; q < PROBLEM_COUNT; q++) {
            const struct problem_row *x = problem_row((enum problem)p);
            const struct problem_row *y = problem_row((enum problem)q);
            ck_assert_msg(x->status != y->status || strcmp(x->code, y->code) != 0, "%s %d twice",
                          x->code, x->status);
        }
}
END_TEST

/* But for insufficient_relation, which what a Node follows answers as a plain Problem (MSH-014). */
START_TEST(reasons_of_a_denial_are_no_codes)
{
    static const char *const reasons[] = { "out_of_scope", "caveat_violation" };
    ck_assert_int_eq(problem_row(PROBLEM_INSUFFICIENT_RELATION)->status, 403);
    for (unsigned p = PROBLEM_SERVER_ERROR + 1; p < PROBLEM_COUNT; p++)
        for (size_t i = 0; i < ARRAY_LEN(reasons); i++)
            ck_assert_str_ne(problem_row((enum problem)p)->code, reasons[i]);
}
END_TEST

START_TEST(knows_the_catalogue)
{
    static const struct {
        enum problem p;
        int status;
        const char *code, *slug;
    } rows[] = {
        { PROBLEM_DOMAIN_NOT_FOUND, 404, "domain_not_found", "domain-not-found" },
        { PROBLEM_INVALID_LIMIT, 400, "invalid_limit", "invalid-limit" },
        { PROBLEM_CURSOR_BINDING_MISMATCH, 403, "cursor_binding_mismatch",
          "cursor-binding-mismatch" },
        { PROBLEM_BLUEPRINT_NOT_FOUND_404, 404, "blueprint_not_found", "blueprint-not-found" },
        { PROBLEM_BLUEPRINT_NOT_FOUND_422, 422, "blueprint_not_found", "blueprint-not-found" },
        { PROBLEM_ALIAS_CONFLICT, 409, "alias-conflict", "alias-conflict" },
        { PROBLEM_SURFACE_NOT_PROVISIONED, 501, "surface_not_provisioned",
          "surface-not-provisioned" },
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        ck_assert_int_eq(problem_row(rows[i].p)->status, rows[i].status);
        ck_assert_str_eq(problem_row(rows[i].p)->code, rows[i].code);
        ck_assert_str_eq(problem_row(rows[i].p)->slug, rows[i].slug);
    }
}
END_TEST

START_TEST(a_body_has_the_members_and_no_more)
{
    json_t *body = problem_body(PROBLEM_DOMAIN_NOT_FOUND, "gone", "/v1/domains/x");
    ck_assert_uint_eq(json_object_size(body), 6);
    ck_assert_str_eq(json_text(body, "type"), "https://plexsphere.com/errors/domain-not-found");
    ck_assert_int_eq(json_int(body, "status", 0), 404);
    ck_assert_str_eq(json_text(body, "detail"), "gone");
    ck_assert_str_eq(json_text(body, "instance"), "/v1/domains/x");
    ck_assert_str_eq(json_text(body, "code"), "domain_not_found");
    json_decref(body);
}
END_TEST

START_TEST(a_codeless_body_has_no_code)
{
    json_t *body = problem_body(PROBLEM_NOT_FOUND, NULL, "/v1/nope");
    ck_assert_ptr_null(json_member(body, "code"));
    ck_assert_str_eq(json_text(body, "type"), "https://plexsphere.com/errors/not-found");
    ck_assert(!text_blank(json_text(body, "detail")));
    json_decref(body);
}
END_TEST

START_TEST(a_path_that_is_no_text_is_not_echoed)
{
    json_t *body = problem_body(PROBLEM_NOT_FOUND, NULL, "/v1/\xff");
    ck_assert_str_eq(json_text(body, "instance"), "/");
    json_decref(body);
}
END_TEST

TESTS("http/problem", every_row_is_whole, no_pair_of_code_and_status_stands_twice,
      reasons_of_a_denial_are_no_codes, knows_the_catalogue, a_body_has_the_members_and_no_more,
      a_codeless_body_has_no_code, a_path_that_is_no_text_is_not_echoed)
