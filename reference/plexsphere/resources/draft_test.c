#include <string.h>

#include "common/arena.h"
#include "common/json.h"
#include "common/testing.h"
#include "reference/plexsphere/resources/resource.h"

#define SOME_ID "018f4e2a-7b1c-7c3d-8e4f-5a6b7c8d9e0f"
#define NIL_ID "00000000-0000-0000-0000-000000000000"
#define PROVISIONED(more)                                                                          \
    "{\"origin\":\"provisioned\",\"kind\":\"vm\",\"blueprint_version_id\":\"" SOME_ID              \
    "\",\"cloud_credential_id\":\"" SOME_ID "\"" more "}"

static struct arena *arena;
static struct resource_draft draft;
static const char *why;

static enum resource_result draft_of(const char *text)
{
    json_t *value = NULL;
    struct error e = { "" };
    arena = arena ? arena : arena_create();
    why = NULL;
    ck_assert_msg(json_parse(arena, text, strlen(text), &value, &e), "%s", e.text);
    return resource_draft_read(arena, value, &draft, &why);
}

static enum resource_result adopted(const char *members)
{
    arena = arena ? arena : arena_create();
    return draft_of(arena_printf(arena, "{\"origin\":\"adopted\"%s}", members));
}

static const char *member_of(const char *key, size_t n)
{
    char *value = arena_alloc(arena, n + 1);
    memset(value, 'x', n);
    return arena_printf(arena, ",\"%s\":\"%s\"", key, value);
}

START_TEST(the_origin_is_asked_first)
{
    ck_assert_int_eq(draft_of("{}"), RESOURCE_INVALID_ORIGIN);
    ck_assert_int_eq(draft_of("{\"kind\":\"vm\"}"), RESOURCE_INVALID_ORIGIN);
    ck_assert_int_eq(draft_of("{\"origin\":\"Adopted\",\"kind\":\"vm\"}"), RESOURCE_INVALID_ORIGIN);
    ck_assert_int_eq(draft_of("{\"origin\":\"imported\",\"kind\":\"vm\"}"),
                     RESOURCE_INVALID_ORIGIN);
    ck_assert_int_eq(draft_of("{\"origin\":null,\"unknown\":1}"), RESOURCE_INVALID_ORIGIN);
    ck_assert_int_eq(draft_of("{\"origin\":1,\"kind\":2}"), RESOURCE_INVALID_ORIGIN);
    ck_assert_ptr_nonnull(why);
}
END_TEST

START_TEST(adopted_refuses_what_provisioning_needs)
{
    ck_assert_int_eq(adopted(",\"kind\":\"vm\",\"blueprint_version_id\":\"" SOME_ID "\""),
                     RESOURCE_INVALID_BODY);
    ck_assert_int_eq(adopted(",\"kind\":\"vm\",\"cloud_credential_id\":\"" SOME_ID "\""),
                     RESOURCE_INVALID_BODY);
    ck_assert_int_eq(adopted(",\"kind\":\"vm\",\"parameters\":{}"), RESOURCE_INVALID_BODY);
    ck_assert_int_eq(adopted(",\"kind\":\"vm\",\"parameters\":null"), RESOURCE_INVALID_BODY);
    ck_assert_int_eq(adopted(",\"kind\":\"vm\",\"color\":1"), RESOURCE_INVALID_BODY);
}
END_TEST

START_TEST(kind_and_reference_hold_something)
{
    ck_assert_int_eq(adopted(""), RESOURCE_INVALID_BODY);
    ck_assert_int_eq(adopted(",\"kind\":\"\""), RESOURCE_INVALID_BODY);
    ck_assert_int_eq(adopted(",\"kind\":\"  \""), RESOURCE_INVALID_BODY);
    ck_assert_int_eq(adopted(",\"kind\":5"), RESOURCE_INVALID_BODY);
    ck_assert_int_eq(adopted(",\"kind\":\"vm\",\"external_ref\":\"\""), RESOURCE_INVALID_BODY);
    ck_assert_int_eq(adopted(",\"kind\":\"vm\",\"external_ref\":\"   \""), RESOURCE_INVALID_BODY);
    ck_assert_int_eq(adopted(",\"kind\":\"vm\",\"external_ref\":null"), RESOURCE_INVALID_BODY);
}
END_TEST

START_TEST(lengths_end_where_the_contract_says)
{
    arena = arena ? arena : arena_create();
    ck_assert_int_eq(adopted(member_of("kind", 64)), RESOURCE_OK);
    ck_assert_int_eq(adopted(member_of("kind", 65)), RESOURCE_INVALID_BODY);
    const char *kind = ",\"kind\":\"vm\"";
    ck_assert_int_eq(adopted(arena_printf(arena, "%s%s", kind, member_of("external_ref", 256))),
                     RESOURCE_OK);
    ck_assert_int_eq(adopted(arena_printf(arena, "%s%s", kind, member_of("external_ref", 257))),
                     RESOURCE_INVALID_BODY);
}
END_TEST

START_TEST(adopted_is_trimmed)
{
    ck_assert_int_eq(adopted(",\"kind\":\" bridge \",\"external_ref\":\" rack-7\\n\""),
                     RESOURCE_OK);
    ck_assert(draft.adopted);
    ck_assert_str_eq(draft.kind, "bridge");
    ck_assert_str_eq(draft.external_ref, "rack-7");
    ck_assert_int_eq(adopted(",\"kind\":\"vm\""), RESOURCE_OK);
    ck_assert_ptr_null(draft.external_ref);
}
END_TEST

START_TEST(provisioned_needs_both_ids)
{
    ck_assert_int_eq(draft_of("{\"origin\":\"provisioned\",\"kind\":\"vm\"}"),
                     RESOURCE_INVALID_BODY);
    ck_assert_int_eq(
        draft_of("{\"origin\":\"provisioned\",\"kind\":\"vm\",\"blueprint_version_id\":\"" SOME_ID
                 "\"}"),
        RESOURCE_INVALID_BODY);
    ck_assert_int_eq(
        draft_of("{\"origin\":\"provisioned\",\"kind\":\"vm\",\"blueprint_version_id\":\"" NIL_ID
                 "\",\"cloud_credential_id\":\"" SOME_ID "\"}"),
        RESOURCE_INVALID_BODY);
    ck_assert_int_eq(draft_of(PROVISIONED(",\"external_ref\":\"x\"")), RESOURCE_INVALID_BODY);
    ck_assert_int_eq(draft_of(PROVISIONED(",\"parameters\":[]")), RESOURCE_INVALID_BODY);
    ck_assert_int_eq(draft_of(PROVISIONED(",\"parameters\":{\"size\":3}")), RESOURCE_OK);
    ck_assert(!draft.adopted);
}
END_TEST

TESTS("resources/draft", the_origin_is_asked_first, adopted_refuses_what_provisioning_needs,
      kind_and_reference_hold_something, lengths_end_where_the_contract_says, adopted_is_trimmed,
      provisioned_needs_both_ids)
