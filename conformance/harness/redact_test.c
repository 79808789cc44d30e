#include "harness/redact.h"

#include <string.h>

#include "common/json.h"
#include "common/testing.h"
#include "harness/contract.h"

static struct arena *a;
static struct redact *r;

static void begin(void)
{
    struct error e = { "" };
    ck_assert_msg(contract_load(&e), "%s", e.text);
    a = arena_create();
    r = redact_create();
}

static void end(void)
{
    redact_destroy(r);
    arena_destroy(a);
}

static const char *body(const char *text)
{
    json_t *json = NULL;
    struct error e;
    if (!json_parse(a, text, strlen(text), &json, &e))
        json = NULL;
    return redact_body(r, a, BYTES_OF_TEXT(text), json);
}

START_TEST(members_that_hold_secrets)
{
    static const char *const names[] = {
        "token",
        "plaintext",
        "nsk",
        "secret",
        "password",
        "bootstrap_token",
        "private_key",
        "Token",
        "client_secret",
        "refresh_token",
        "output_upload_url",
        "node_secret_key",
        "kubeconfig",
        "tls_private_key",
        "db_password",
    };
    static const char *const open[] = { "token_id",    "public_key", "name",
                                        "next_cursor", "secrets",    "signing_public_key",
                                        "secret_ref",  "_token" };
    begin();
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        ck_assert_msg(redact_member_is_secret(names[i]), "%s", names[i]);
    for (size_t i = 0; i + 1 < ARRAY_LEN(open); i++)
        ck_assert_msg(!redact_member_is_secret(open[i]), "%s", open[i]);
    ck_assert(redact_header_is_secret("Authorization"));
    ck_assert(redact_header_is_secret("set-cookie"));
    ck_assert(redact_header_is_secret("COOKIE"));
    ck_assert(!redact_header_is_secret("Content-Type"));
    end();
}
END_TEST

START_TEST(bodies_by_name)
{
    begin();
    ck_assert_str_eq(
        body("{\"token\":\"abc\",\"items\":[{\"nsk\":\"k\",\"id\":1}],\"secret\":{\"a\":1},"
             "\"password\":null}"),
        "{\"token\":\"[redacted]\",\"items\":[{\"nsk\":\"[redacted]\",\"id\":1}],"
        "\"secret\":\"[redacted]\",\"password\":null}");
    ck_assert_str_eq(body("{\"name\":\"x\"}"), "{\"name\":\"x\"}");
    end();
}
END_TEST

START_TEST(known_values_anywhere)
{
    begin();
    redact_learn(r, "psk_1234567890");
    redact_learn(r, "psk_1234567890_longer");
    redact_learn(r, "AB+/AB==longer");
    ck_assert_str_eq(body("not json psk_1234567890, psk_1234567890_longer."),
                     "not json [redacted], [redacted].");
    ck_assert_str_eq(body("{\"detail\":\"you sent psk_1234567890\",\"psk_1234567890\":1}"),
                     "{\"detail\":\"you sent [redacted]\",\"[redacted]\":1}");
    ck_assert_str_eq(redact_text(r, a, "?key=AB%2B%2FAB%3D%3Dlonger&x"), "?key=[redacted]&x");
    ck_assert_str_eq(redact_text(r, a, "psk_1234567890psk_1234567890"), "[redacted][redacted]");
    const char *plain = "nothing here";
    ck_assert_ptr_eq(redact_text(r, a, plain), plain);
    end();
}
END_TEST

START_TEST(short_values_are_not_secrets)
{
    begin();
    redact_learn(r, "seven77");
    redact_learn(r, NULL);
    redact_learn(r, "");
    ck_assert_uint_eq(redact_known(r), 0);
    redact_learn(r, "eight888");
    redact_learn(r, "eight888");
    ck_assert_uint_eq(redact_known(r), 1);
    ck_assert_ptr_nonnull(redact_find(r, "x eight888", 10));
    ck_assert_ptr_null(redact_find(r, "x eight888", 9));
    end();
}
END_TEST

START_TEST(forgets_what_a_case_learned)
{
    begin();
    redact_learn(r, "lasting-secret");
    size_t lasting = redact_known(r);
    redact_learn(r, "passing-secret");
    redact_forget_after(r, lasting);
    ck_assert_str_eq(redact_text(r, a, "lasting-secret passing-secret"),
                     "[redacted] passing-secret");
    end();
}
END_TEST

START_TEST(bytes_and_long_texts)
{
    begin();
    ck_assert_str_eq(redact_body(r, a, (struct bytes){ (const unsigned char *)"\xff\0x", 3 }, NULL),
                     "[3 bytes]");
    ck_assert_str_eq(redact_body(r, a, (struct bytes){ NULL, 0 }, NULL), "");
    char *text = arena_alloc(a, 40001);
    memset(text, 'x', 16383);
    for (size_t i = 16383; i < 40000; i++)
        text[i] = i % 2 == 1 ? '\xc3' : '\xa9';
    text[39999] = '!';
    const char *shown = redact_body(r, a, BYTES_OF_TEXT(text), NULL);
    ck_assert_uint_eq(strlen(shown), 16383 + strlen("… (40000 bytes in all)"));
    ck_assert(strcmp(shown + 16382, "x… (40000 bytes in all)") == 0); /* no half character */
    text[39998] = '!';
    ck_assert_str_eq(redact_body(r, a, BYTES_OF_TEXT(text), NULL), "[40000 bytes]");
    end();
}
END_TEST

TESTS("harness/redact", members_that_hold_secrets, bodies_by_name, known_values_anywhere,
      short_values_are_not_secrets, forgets_what_a_case_learned, bytes_and_long_texts)
