#include "harness/node_dialect.h"

#include <string.h>

#include "common/encoding.h"
#include "common/json.h"
#include "common/testing.h"
#include "harness/agent_dialect.h"

static struct arena *a;

static const json_t *parsed(const char *text)
{
    json_t *out;
    struct error e = { "" };
    ck_assert_msg(json_parse(a, text, strlen(text), &out, &e), "%s", e.text);
    return out;
}

static const json_t *some_state(void)
{
    return parsed("{\"metadata\":{\"zone\":\"b\"},\"policies\":[],"
                  "\"data\":[{\"key\":\"c\",\"content_type\":\"application/json\",\"payload\":"
                  "{\"n\":1},\"version\":2,\"updated_at\":\"2026-01-01T00:00:00Z\"}],"
                  "\"secret_refs\":[{\"key\":\"s\",\"version\":3}],"
                  "\"peers\":[{\"id\":\"p\",\"public_key\":\"k\",\"mesh_ip\":\"10.0.0.1\"}]}");
}

/* What agent_dialect.h writes is read back alike from both dialects. */
START_TEST(both_dialects_come_out_in_one_shape)
{
    const char *why = "", *told[2];
    a = arena_create();
    for (int d = 0; d < 2; d++) {
        enum agent_dialect dialect = d ? AGENT_MVP : AGENT_V1;
        json_t *answer = json_own(a, dialect_state_answer(a, dialect, some_state(), 0));
        const json_t *state = node_state_read(a, d == 1, answer, &why);
        ck_assert_msg(state != NULL, "%s", why);
        told[d] = json_dump_sorted(a, json_member(state, "metadata"));
        ck_assert_str_eq(told[d], "{\"zone\":\"b\"}");
        ck_assert_str_eq(json_dump_sorted(a, json_member(state, "secret_refs")),
                         "[{\"key\":\"s\",\"version\":3}]");
        ck_assert_str_eq(json_dump_sorted(a, json_member(state, "peers")),
                         "[{\"id\":\"p\",\"mesh_ip\":\"10.0.0.1\",\"public_key\":\"k\"}]");
        const json_t *entry = json_array_get(json_member(state, "data"), 0);
        ck_assert_str_eq(json_text(entry, "value"), "{\"n\":1}");
    }
}
END_TEST

START_TEST(a_state_of_the_other_dialect_is_none)
{
    const char *why = "";
    a = arena_create();
    for (int d = 0; d < 2; d++) {
        json_t *answer =
            json_own(a, dialect_state_answer(a, d ? AGENT_MVP : AGENT_V1, some_state(), 0));
        ck_assert_ptr_null(node_state_read(a, d == 0, answer, &why));
        ck_assert_ptr_null(node_state_read(a, d == 1, parsed("{}"), &why));
    }
}
END_TEST

START_TEST(secrets_are_read_from_both_dialects)
{
    static const unsigned char key[32] = { 7 };
    const char *why = "";
    struct node_secret secret;
    a = arena_create();
    struct sealed s = dialect_seal(a, key, "value");
    for (int d = 0; d < 2; d++) {
        struct bytes body = dialect_secret_body(a, d ? AGENT_MVP : AGENT_V1, "k", 4,
                                                (struct bytes){ s.nonce, 12 }, s.ciphertext);
        ck_assert(node_secret_read(a, d == 1, body, &secret, &why));
        ck_assert_mem_eq(secret.nonce, s.nonce, 12);
        ck_assert_uint_eq(secret.ciphertext.len, s.ciphertext.len);
        ck_assert_mem_eq(secret.ciphertext.data, s.ciphertext.data, s.ciphertext.len);
        ck_assert_int_eq(secret.version, d ? 4 : 0);
        body.len = 20;
        ck_assert(!node_secret_read(a, d == 1, body, &secret, &why));
        body.len = 0;
        ck_assert(!node_secret_read(a, d == 1, body, &secret, &why));
    }
}
END_TEST

START_TEST(a_key_is_base64_or_its_own_characters)
{
    static const char text[] = "0123456789abcdef0123456789ABCDEF";
    unsigned char key[32];
    a = arena_create();
    ck_assert(node_key_read(a, true, text, key));
    ck_assert_mem_eq(key, text, 32);
    ck_assert(!node_key_read(a, true, "short", key));
    ck_assert(!node_key_read(a, false, text, key));
    ck_assert(node_key_read(a, false, base64_encode(a, BASE64_STANDARD, text, 32), key));
    ck_assert_mem_eq(key, text, 32);
}
END_TEST

TESTS("harness/node_dialect", both_dialects_come_out_in_one_shape,
      a_state_of_the_other_dialect_is_none, secrets_are_read_from_both_dialects,
      a_key_is_base64_or_its_own_characters)
