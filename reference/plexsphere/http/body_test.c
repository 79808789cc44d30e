#include "reference/plexsphere/http/body.h"

#include <string.h>

#include "common/arena.h"
#include "common/json.h"
#include "common/testing.h"
#include "common/text.h"

static struct arena *a;
static json_t *object;
static const char *why;

static void given(const char *text)
{
    a = arena_create();
    why = NULL;
    ck_assert(json_parse(a, text, strlen(text), &object, NULL));
}

START_TEST(an_unknown_member_is_named)
{
    static const char *const known[] = { "name", NULL };
    given("{\"name\":\"x\",\"nmae\":\"hidden\"}");
    ck_assert(!body_only(a, object, known, &why));
    ck_assert(text_contains(why, "nmae"));
    ck_assert(!text_contains(why, "hidden"));
    arena_destroy(a);
}
END_TEST

START_TEST(known_members_pass)
{
    static const char *const known[] = { "a", "b", NULL };
    given("{\"b\":1}");
    ck_assert(body_only(a, object, known, &why));
    ck_assert_ptr_null(why);
    arena_destroy(a);
}
END_TEST

START_TEST(another_type_is_wrong_and_null_is_a_type)
{
    const char *text;
    struct uuid id;
    int64_t n;
    bool flag;
    given("{\"n\":null,\"i\":7,\"t\":\"7\",\"r\":1.0,\"o\":{}}");
    ck_assert_int_eq(body_text(a, object, "n", &text, &why), BODY_WRONG);
    ck_assert(text_contains(why, "'n'"));
    ck_assert_int_eq(body_text(a, object, "i", &text, &why), BODY_WRONG);
    ck_assert_int_eq(body_uuid(a, object, "n", &id, &why), BODY_WRONG);
    ck_assert_int_eq(body_uuid(a, object, "i", &id, &why), BODY_WRONG);
    ck_assert_int_eq(body_integer(a, object, "t", &n, &why), BODY_WRONG);
    ck_assert_int_eq(body_integer(a, object, "r", &n, &why), BODY_WRONG);
    ck_assert_int_eq(body_integer(a, object, "n", &n, &why), BODY_WRONG);
    ck_assert_int_eq(body_bool(a, object, "i", &flag, &why), BODY_WRONG);
    ck_assert_int_eq(body_bool(a, object, "o", &flag, &why), BODY_WRONG);
    arena_destroy(a);
}
END_TEST

START_TEST(an_absent_member_is_absent)
{
    const char *text;
    struct uuid id;
    int64_t n;
    bool flag;
    given("{}");
    ck_assert_int_eq(body_text(a, object, "x", &text, &why), BODY_ABSENT);
    ck_assert_int_eq(body_uuid(a, object, "x", &id, &why), BODY_ABSENT);
    ck_assert_int_eq(body_integer(a, object, "x", &n, &why), BODY_ABSENT);
    ck_assert_int_eq(body_bool(a, object, "x", &flag, &why), BODY_ABSENT);
    ck_assert_ptr_null(why);
    arena_destroy(a);
}
END_TEST

START_TEST(the_nil_uuid_is_wrong)
{
    struct uuid id;
    given("{\"nil\":\"00000000-0000-0000-0000-000000000000\",\"short\":\"0000\","
          "\"good\":\"018f0000-0000-7000-8000-000000000001\"}");
    ck_assert_int_eq(body_uuid(a, object, "nil", &id, &why), BODY_WRONG);
    ck_assert_int_eq(body_uuid(a, object, "short", &id, &why), BODY_WRONG);
    ck_assert_int_eq(body_uuid(a, object, "good", &id, &why), BODY_PRESENT);
    arena_destroy(a);
}
END_TEST

START_TEST(values_come_as_sent)
{
    const char *text;
    int64_t n;
    bool flag;
    given("{\"t\":\" x \",\"n\":-9,\"f\":false}");
    ck_assert_int_eq(body_text(a, object, "t", &text, &why), BODY_PRESENT);
    ck_assert_str_eq(text, " x ");
    ck_assert_int_eq(body_integer(a, object, "n", &n, &why), BODY_PRESENT);
    ck_assert_int_eq(n, -9);
    ck_assert_int_eq(body_bool(a, object, "f", &flag, &why), BODY_PRESENT);
    ck_assert(!flag);
    arena_destroy(a);
}
END_TEST

TESTS("http/body", an_unknown_member_is_named, known_members_pass,
      another_type_is_wrong_and_null_is_a_type, an_absent_member_is_absent, the_nil_uuid_is_wrong,
      values_come_as_sent)
