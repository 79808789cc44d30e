#include "reference/plexsphere/registration/register_body.h"

#include <string.h>

#include "common/arena.h"
#include "common/json.h"
#include "common/testing.h"

static struct arena *arena;
static struct registration got;

/* A whole body with one member set to a JSON value, or taken away (NULL). */
static enum register_body_result read_with(const char *member, const char *value)
{
    static const char whole[] =
        "{\"project_id\":\"01234567-89ab-7def-8123-456789abcdef\",\"resource_handle\":\"h\","
        "\"bootstrap_token\":\"psb_x\",\"nonce\":\"n\","
        "\"public_key\":\"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\"}";
    json_t *body, *set;
    const char *why = NULL;
    ck_assert(json_parse(arena, whole, strlen(whole), &body, NULL));
    if (member && value) {
        ck_assert(json_parse(arena, value, strlen(value), &set, NULL));
        json_object_set(body, member, set);
    } else if (member) {
        json_object_del(body, member);
    }
    enum register_body_result result = register_body_read(arena, body, &got, &why);
    ck_assert(result != REGISTER_BODY_INVALID || why != NULL);
    return result;
}

static void setup(void)
{
    arena = arena_create();
}

START_TEST(refuses_broken_invariants)
{
    static const struct {
        const char *member, *value;
    } bad[] = {
        { "project_id", NULL },
        { "project_id", "null" },
        { "project_id", "\"\"" },
        { "project_id", "\"x\"" },
        { "project_id", "\"00000000-0000-0000-0000-000000000000\"" },
        { "resource_handle", NULL },
        { "resource_handle", "1" },
        { "resource_handle", "\"\"" },
        { "resource_handle", "\" \\t\"" },
        { "bootstrap_token", NULL },
        { "bootstrap_token", "\" \"" },
        { "bootstrap_token", "null" },
        { "token", "\"t\"" },
        { "token", "null" },
        { "nonce", NULL },
        { "nonce", "\"  \"" },
        { "nonce", "{}" },
        { "requested_resource_id", "7" },
        { "requested_resource_id", "null" },
    };
    setup();
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        ck_assert_msg(read_with(bad[i].member, bad[i].value) == REGISTER_BODY_INVALID, "%s: %s",
                      bad[i].member, bad[i].value ? bad[i].value : "(absent)");
    arena_destroy(arena);
}
END_TEST

START_TEST(refuses_long_texts)
{
    static const char *const members[] = { "resource_handle", "bootstrap_token", "nonce",
                                           "requested_resource_id" };
    setup();
    char *x = arena_alloc(arena, 4098);
    memset(x, 'x', 4097);
    char *over = arena_printf(arena, "\"%s\"", x);
    char *fits = arena_printf(arena, "\"%s\"", x + 1);
    for (size_t i = 0; i < ARRAY_LEN(members); i++) {
        ck_assert_int_eq(read_with(members[i], over), REGISTER_BODY_INVALID);
        ck_assert_int_eq(read_with(members[i], fits), REGISTER_BODY_OK);
    }
    arena_destroy(arena);
}
END_TEST

START_TEST(refuses_bad_keys)
{
    static const char *const bad[] = {
        NULL,
        "null",
        "32",
        "\"\"",
        "\"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHg==\"", /* 31 bytes */
        "\"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8g\"", /* 33 */
        "\"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8\"",  /* padding cut off */
        "\"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh9=\"", /* stray bits */
        "\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\"", /* all zero */
        "\"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\"",
    };
    setup();
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        ck_assert_msg(read_with("public_key", bad[i]) == REGISTER_BODY_BAD_KEY, "%s",
                      bad[i] ? bad[i] : "(absent)");
    arena_destroy(arena);
}
END_TEST

START_TEST(reads_a_registration)
{
    setup();
    ck_assert_int_eq(read_with(NULL, NULL), REGISTER_BODY_OK);
    ck_assert_str_eq(uuid_text(arena, &got.project), "01234567-89ab-7def-8123-456789abcdef");
    ck_assert_str_eq(got.handle, "h");
    ck_assert_str_eq(got.token, "psb_x");
    ck_assert_str_eq(got.nonce, "n");
    ck_assert_ptr_null(got.resource_id);
    ck_assert_uint_eq(got.public_key[31], 31);
    /* An empty override is none; members nobody knows are nobody's business. */
    ck_assert_int_eq(read_with("requested_resource_id", "\"\""), REGISTER_BODY_OK);
    ck_assert_ptr_null(got.resource_id);
    ck_assert_int_eq(read_with("requested_resource_id", "\"r\""), REGISTER_BODY_OK);
    ck_assert_str_eq(got.resource_id, "r");
    ck_assert_int_eq(read_with("hostname", "\"h\""), REGISTER_BODY_OK);
    arena_destroy(arena);
}
END_TEST

static enum register_body_result read_mvp(const char *text)
{
    json_t *body;
    const char *why = NULL;
    ck_assert_msg(json_parse(arena, text, strlen(text), &body, NULL), "no JSON: %s", text);
    enum register_body_result result = register_body_read(arena, body, &got, &why);
    ck_assert(result != REGISTER_BODY_INVALID || why != NULL);
    return result;
}

#define KEY "\"public_key\":\"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\""

START_TEST(the_member_of_the_token_is_the_dialect)
{
    static const char *const neither_nor_both[] = {
        "{\"hostname\":\"h\"," KEY "}",
        "{\"token\":\"t\",\"bootstrap_token\":\"t\",\"hostname\":\"h\"," KEY "}",
        "{\"token\":\"t\",\"bootstrap_token\":null,\"hostname\":\"h\"," KEY "}",
        "{\"token\":\"t\"," KEY "}",
        "{\"token\":\" \",\"hostname\":\"h\"," KEY "}",
        "{\"token\":\"t\",\"hostname\":\" \"," KEY "}",
        "{\"token\":\"t\",\"hostname\":7," KEY "}",
    };
    setup();
    for (size_t i = 0; i < ARRAY_LEN(neither_nor_both); i++)
        ck_assert_msg(read_mvp(neither_nor_both[i]) == REGISTER_BODY_INVALID, "%s",
                      neither_nor_both[i]);
    ck_assert_int_eq(read_mvp("{\"token\":\"t\",\"hostname\":\"h\",\"public_key\":\"\"}"),
                     REGISTER_BODY_BAD_KEY);
    ck_assert_int_eq(read_mvp("{\"token\":\"t\",\"hostname\":\" host \",\"metadata\":{\"a\":\"b\"},"
                              "\"capabilities\":null," KEY "}"),
                     REGISTER_BODY_OK);
    ck_assert(got.mvp);
    ck_assert_str_eq(got.handle, "host");
    ck_assert_str_eq(got.token, "t");
    ck_assert_int_eq(read_with(NULL, NULL), REGISTER_BODY_OK);
    ck_assert(!got.mvp);
    arena_destroy(arena);
}
END_TEST

TESTS("registration/register_body", refuses_broken_invariants, refuses_long_texts, refuses_bad_keys,
      reads_a_registration, the_member_of_the_token_is_the_dialect)
