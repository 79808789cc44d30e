#include <string.h>

#include "common/arena.h"
#include "common/json.h"
#include "common/testing.h"
#include "common/timestamp.h"
#include "reference/plexsphere/tenancy/domain.h"

static struct arena *arena;
static struct domain_draft draft;
static struct domain_fields fields;
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

static enum domain_result patch(const char *text)
{
    json_t *b = body(text);
    return domain_draft_for_patch(arena, b, &draft, &why);
}

/* A whole create body with `members` put behind the valid ones; a later duplicate is not allowed,
 * so the caller names what it replaces. */
static enum domain_result create_with(const char *key, const char *value)
{
    json_t *b = body("{\"name\":\"Acme\",\"slug\":\"acme\",\"mesh_cidr\":\"10.42.0.0/16\"}");
    json_t *v = body(value);
    json_object_set(b, key, json_array_get(v, 0));
    enum domain_result result = domain_draft_for_create(arena, b, &draft, &why);
    return result == DOMAIN_OK ? domain_draft_check(arena, &draft, &fields, &why) : result;
}

static enum domain_result create(const char *text)
{
    json_t *b = body(text);
    return domain_draft_for_create(arena, b, &draft, &why);
}

static const char *letters(size_t n)
{
    char *text = arena_alloc(arena, n + 5);
    memcpy(text, "[\"", 2);
    memset(text + 2, 'a', n);
    memcpy(text + 2 + n, "\"]", 3);
    return text;
}

START_TEST(patch_refuses_the_slug_before_all_else)
{
    ck_assert_int_eq(patch("{\"slug\":\"acme\"}"), DOMAIN_SLUG_IMMUTABLE);
    ck_assert_int_eq(patch("{\"slug\":null}"), DOMAIN_SLUG_IMMUTABLE);
    ck_assert_int_eq(patch("{\"name\":\"New\",\"slug\":\"x\"}"), DOMAIN_SLUG_IMMUTABLE);
    ck_assert_int_eq(patch("{\"unknown\":1,\"slug\":\"x\"}"), DOMAIN_SLUG_IMMUTABLE);
    ck_assert_ptr_nonnull(why);
}
END_TEST

START_TEST(patch_refuses_emptiness_and_strangers)
{
    ck_assert_int_eq(patch("{}"), DOMAIN_EMPTY_PATCH);
    ck_assert_int_eq(patch("{\"id\":\"x\"}"), DOMAIN_INVALID_BODY);
    ck_assert_int_eq(patch("{\"name\":\"New\",\"created_at\":\"x\"}"), DOMAIN_INVALID_BODY);
    ck_assert_int_eq(patch("{\"name\":null}"), DOMAIN_INVALID_BODY);
    ck_assert_int_eq(patch("{\"mesh_cidr\":16}"), DOMAIN_INVALID_BODY);
    ck_assert_int_eq(patch("{\"reachability\":\"30s\"}"), DOMAIN_INVALID_BODY);
    ck_assert_int_eq(patch("{\"reachability\":{\"heartbeat_interval\":30}}"), DOMAIN_INVALID_BODY);
}
END_TEST

START_TEST(patch_leaves_what_it_does_not_name)
{
    ck_assert_int_eq(patch("{\"description\":\"\"}"), DOMAIN_OK);
    ck_assert_int_eq(domain_draft_check(arena, &draft, &fields, &why), DOMAIN_OK);
    ck_assert_str_eq(fields.description, "");
    ck_assert_ptr_null(fields.name);
    ck_assert_ptr_null(fields.region);
    ck_assert_ptr_null(fields.mesh_cidr);
    ck_assert(!fields.has_reachability);
}
END_TEST

START_TEST(patch_with_a_policy_takes_it_whole)
{
    ck_assert_int_eq(patch("{\"reachability\":{\"heartbeat_interval\":\"20s\"}}"), DOMAIN_OK);
    ck_assert_int_eq(domain_draft_check(arena, &draft, &fields, &why), DOMAIN_INVALID_REACHABILITY);
    ck_assert_int_eq(
        patch("{\"reachability\":{\"heartbeat_interval\":\"20s\",\"stale_after\":\"60s\","
              "\"unreachable_after\":\"2m\"}}"),
        DOMAIN_OK);
    ck_assert_int_eq(domain_draft_check(arena, &draft, &fields, &why), DOMAIN_OK);
    ck_assert_int_eq(fields.reachability.unreachable_after, 120 * NANOS_PER_SECOND);
}
END_TEST

START_TEST(create_needs_its_three_members)
{
    ck_assert_int_eq(create("{}"), DOMAIN_INVALID_BODY);
    ck_assert_int_eq(create("{\"name\":\"A\",\"slug\":\"a\"}"), DOMAIN_INVALID_BODY);
    ck_assert_int_eq(create_with("name", "[null]"), DOMAIN_INVALID_BODY);
    ck_assert_int_eq(create_with("slug", "[[]]"), DOMAIN_INVALID_BODY);
    ck_assert_int_eq(create_with("anything", "[true]"), DOMAIN_OK);
}
END_TEST

START_TEST(create_refuses_bad_values)
{
    static const char *const bad[][2] = {
        { "name", "[\"\"]" },
        { "name", "[\"   \"]" },
        { "slug", "[\"\"]" },
        { "slug", "[\"Acme\"]" },
        { "slug", "[\"a--b\"]" },
        { "slug", "[\"-a\"]" },
        { "slug", "[\" acme\"]" },
        { "description", "[\" \\t\"]" },
        { "region", "[\"EU\"]" },
        { "region", "[\" \"]" },
        { "mesh_cidr", "[\"\"]" },
        { "mesh_cidr", "[\"10.42.0.1/16\"]" },
        { "mesh_cidr", "[\"999.1.1.1/8\"]" },
        { "mesh_cidr", "[\"10.0.0.0/99\"]" },
    };
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        ck_assert_msg(create_with(bad[i][0], bad[i][1]) == DOMAIN_INVALID, "%s %s", bad[i][0],
                      bad[i][1]);
        ck_assert_ptr_nonnull(why);
    }
}
END_TEST

START_TEST(lengths_end_where_the_contract_says)
{
    body("{}");
    ck_assert_int_eq(create_with("name", letters(255)), DOMAIN_OK);
    ck_assert_int_eq(create_with("name", letters(256)), DOMAIN_INVALID);
    ck_assert_int_eq(create_with("slug", letters(64)), DOMAIN_OK);
    ck_assert_int_eq(create_with("slug", letters(65)), DOMAIN_INVALID);
    ck_assert_int_eq(create_with("region", letters(64)), DOMAIN_OK);
    ck_assert_int_eq(create_with("region", letters(65)), DOMAIN_INVALID);
    ck_assert_int_eq(create_with("description", letters(1024)), DOMAIN_OK);
    ck_assert_int_eq(create_with("description", letters(1025)), DOMAIN_INVALID);
}
END_TEST

START_TEST(create_trims_the_name_and_canonicalises_the_pool)
{
    ck_assert_int_eq(create_with("name", "[\"  Acme Corp \\n\"]"), DOMAIN_OK);
    ck_assert_str_eq(fields.name, "Acme Corp");
    ck_assert_int_eq(create_with("mesh_cidr", "[\"FD00:0:0:0::/32\"]"), DOMAIN_OK);
    ck_assert_str_eq(fields.mesh_cidr, "fd00::/32");
    ck_assert_int_eq(create_with("region", "[\"\"]"), DOMAIN_OK);
    ck_assert_str_eq(fields.region, "");
}
END_TEST

TESTS("tenancy/domain_draft", patch_refuses_the_slug_before_all_else,
      patch_refuses_emptiness_and_strangers, patch_leaves_what_it_does_not_name,
      patch_with_a_policy_takes_it_whole, create_needs_its_three_members, create_refuses_bad_values,
      lengths_end_where_the_contract_says, create_trims_the_name_and_canonicalises_the_pool)
