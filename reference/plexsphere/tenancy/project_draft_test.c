#include <string.h>

#include "common/arena.h"
#include "common/json.h"
#include "common/testing.h"
#include "reference/plexsphere/tenancy/project.h"

#define DOMAIN_ID "018f4e2a-7b1c-7c3d-8e4f-5a6b7c8d9e0f"
#define NIL_ID "00000000-0000-0000-0000-000000000000"

static struct arena *arena;
static struct project_draft draft;
static struct project_fields fields;
static const char *why;

static json_t *body(const char *text)
{
    json_t *value = NULL;
    struct error e = { "" };
    arena = arena ? arena : arena_create();
    why = NULL;
    ck_assert_msg(json_parse(arena, text, strlen(text), &value, &e), "%s", e.text);
    return value;
}

static enum project_result patch(const char *text)
{
    json_t *b = body(text);
    return project_draft_for_patch(arena, b, &draft, &why);
}

static enum project_result create(const char *text)
{
    json_t *b = body(text);
    return project_draft_for_create(arena, b, &draft, &why);
}

static enum project_result check(void)
{
    return project_draft_check(arena, &draft, &fields, &why);
}

START_TEST(patch_refuses_slug_emptiness_and_strangers)
{
    ck_assert_int_eq(patch("{\"slug\":\"now\"}"), PROJECT_SLUG_IMMUTABLE);
    ck_assert_int_eq(patch("{\"other\":1,\"slug\":\"now\",\"name\":\"N\"}"),
                     PROJECT_SLUG_IMMUTABLE);
    ck_assert_int_eq(patch("{}"), PROJECT_EMPTY_PATCH);
    ck_assert_int_eq(patch("{\"domain_id\":\"" DOMAIN_ID "\"}"), PROJECT_INVALID_BODY);
    ck_assert_int_eq(patch("{\"release_sub_range\":\"true\"}"), PROJECT_INVALID_BODY);
    ck_assert_int_eq(patch("{\"release_sub_range\":null}"), PROJECT_INVALID_BODY);
    ck_assert_int_eq(patch("{\"sub_range_cidr\":null}"), PROJECT_INVALID_BODY);
    ck_assert_ptr_nonnull(why);
}
END_TEST

START_TEST(a_false_release_says_nothing)
{
    ck_assert_int_eq(patch("{\"release_sub_range\":false}"), PROJECT_EMPTY_PATCH);
    ck_assert_int_eq(patch("{\"release_sub_range\":false,\"sub_range_cidr\":\"10.42.4.0/22\"}"),
                     PROJECT_OK);
    ck_assert_int_eq(check(), PROJECT_OK);
    ck_assert(!fields.release);
    ck_assert_str_eq(fields.sub_range, "10.42.4.0/22");
}
END_TEST

START_TEST(a_release_alone_is_a_patch)
{
    ck_assert_int_eq(patch("{\"release_sub_range\":true}"), PROJECT_OK);
    ck_assert_int_eq(check(), PROJECT_OK);
    ck_assert(fields.release);
    ck_assert_ptr_null(fields.sub_range);
    ck_assert_ptr_null(fields.name);
}
END_TEST

START_TEST(create_needs_its_three_members)
{
    ck_assert_int_eq(create("{\"name\":\"N\",\"slug\":\"n\"}"), PROJECT_INVALID_BODY);
    ck_assert_int_eq(create("{\"domain_id\":\"" DOMAIN_ID "\",\"slug\":\"n\"}"),
                     PROJECT_INVALID_BODY);
    ck_assert_int_eq(create("{\"domain_id\":\"" DOMAIN_ID "\",\"name\":\"N\"}"),
                     PROJECT_INVALID_BODY);
    ck_assert_int_eq(create("{\"domain_id\":7,\"name\":\"N\",\"slug\":\"n\"}"),
                     PROJECT_INVALID_BODY);
}
END_TEST

START_TEST(the_parent_is_a_uuid_and_not_nil)
{
    ck_assert_int_eq(create("{\"domain_id\":\"zz\",\"name\":\"N\",\"slug\":\"n\"}"),
                     PROJECT_INVALID_BODY);
    ck_assert_int_eq(create("{\"domain_id\":\"" NIL_ID "\",\"name\":\"N\",\"slug\":\"n\"}"),
                     PROJECT_INVALID);
    ck_assert_int_eq(create("{\"domain_id\":\"" DOMAIN_ID "\",\"name\":\"N\",\"slug\":\"n\"}"),
                     PROJECT_OK);
    ck_assert(!uuid_is_nil(&draft.domain_id));
}
END_TEST

/* Permission lies between the two: what is only a bad value must still decode. */
START_TEST(values_are_judged_after_decoding)
{
    ck_assert_int_eq(create("{\"domain_id\":\"" DOMAIN_ID "\",\"name\":\" \",\"slug\":\"n\"}"),
                     PROJECT_OK);
    ck_assert_int_eq(check(), PROJECT_INVALID);
    ck_assert_int_eq(create("{\"domain_id\":\"" DOMAIN_ID "\",\"name\":\"N\",\"slug\":\"N\"}"),
                     PROJECT_OK);
    ck_assert_int_eq(check(), PROJECT_INVALID);
    ck_assert_int_eq(create("{\"domain_id\":\"" DOMAIN_ID "\",\"name\":\"N\",\"slug\":\"n\","
                            "\"sub_range_cidr\":\"10.42.4.1/22\"}"),
                     PROJECT_OK);
    ck_assert_int_eq(check(), PROJECT_INVALID);
    ck_assert_int_eq(create("{\"domain_id\":\"" DOMAIN_ID "\",\"name\":\" N \",\"slug\":\"n\","
                            "\"sub_range_cidr\":\"10.42.4.0/22\",\"colour\":\"red\"}"),
                     PROJECT_OK);
    ck_assert_int_eq(check(), PROJECT_OK);
    ck_assert_str_eq(fields.name, "N");
    ck_assert_uint_eq(fields.range.prefix, 22);
}
END_TEST

TESTS("tenancy/project_draft", patch_refuses_slug_emptiness_and_strangers,
      a_false_release_says_nothing, a_release_alone_is_a_patch, create_needs_its_three_members,
      the_parent_is_a_uuid_and_not_nil, values_are_judged_after_decoding)
