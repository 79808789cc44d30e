#include "reference/plexd/wire_mvp.h"

#include <sodium.h>

#include "common/encoding.h"
#include "common/testing.h"
#include "reference/plexd/wire.h"

/* The vectors of plexd-facts, Annex B: made with another library than ours. */
#define PUBLIC_KEY "A6EHv/POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg="

static struct arena *a;

static bool verifies(struct bytes signed_bytes, const char *signature)
{
    struct bytes key, raw;
    ck_assert(base64_decode(a, BASE64_STANDARD, PUBLIC_KEY, strlen(PUBLIC_KEY), &key));
    ck_assert(base64_decode(a, BASE64_STANDARD, signature, strlen(signature), &raw));
    ck_assert_uint_eq(raw.len, 64);
    return crypto_sign_verify_detached(raw.data, signed_bytes.data, signed_bytes.len, key.data) ==
           0;
}

static struct envelope read(const char *json)
{
    struct envelope ev;
    struct error e;
    ck_assert_msg(wire_mvp.envelope(a, BYTES_OF_TEXT(json), &ev, &e), "%s", e.text);
    return ev;
}

#define SIGNATURE_1                                                                                \
    "HH7X6BGD0QnUppDYvrzaqtT75+p3Z2uPY/KAc78xBvvhVyZY19wt6lpgHK1djgXA2eU86YxLbU+WXb4JD3DvCQ=="
#define SIGNATURE_2                                                                                \
    "/hSTnvfolX4883tnOKAwwQg4SNi299ZJLd8z2tMjY9T0cCJcaTHncLQ1dhAGusfu/gnzOquXQBfz1nDiRVboAQ=="

START_TEST(the_first_vector_verifies_in_both_spellings_of_its_time)
{
    static const char *const times[] = { "2025-01-15T10:30:00Z", "2025-01-15T10:30:00.000+00:00" };
    a = arena_create();
    for (size_t i = 0; i < ARRAY_LEN(times); i++) {
        struct envelope ev =
            read(arena_printf(a,
                              "{\"signature\":\"" SIGNATURE_1
                              "\", \"nonce\":\"n-1\",\"event_id\":\"evt-1\","
                              "\"payload\": {\"peer_id\" : \"p-9\"},\"issued_at\":\"%s\","
                              "\"event_type\":\"peer_removed\"}",
                              times[i]));
        ck_assert_uint_eq(ev.signed_bytes.len, 125);
        ck_assert(verifies(ev.signed_bytes, ev.signature));
        ck_assert_str_eq(ev.replay, "n-1");
        ck_assert_int_eq(ev.issued_at, INT64_C(1736937000000000));
    }
    arena_destroy(a);
}
END_TEST

START_TEST(the_second_vector_keeps_order_numbers_and_escapes)
{
    a = arena_create();
    struct envelope ev = read("{\"event_type\":\"node_state_updated\",\"event_id\":\"evt-2\","
                              "\"issued_at\":\"2025-01-15T10:30:00.120Z\",\"nonce\":\"n&-2\","
                              "\"payload\":{ \"b\": 2, \"a\": \"<x> \\u00e9 \\/\", "
                              "\"m\": [1.0, 1e3] },\"signature\":\"" SIGNATURE_2 "\"}");
    ck_assert_str_eq((const char *)ev.signed_bytes.data,
                     "{\"event_type\":\"node_state_updated\",\"event_id\":\"evt-2\","
                     "\"issued_at\":\"2025-01-15T10:30:00.12Z\",\"nonce\":\"n\\u0026-2\","
                     "\"payload\":{\"b\":2,\"a\":\"\\u003cx\\u003e \\u00e9 \\/\","
                     "\"m\":[1.0,1e3]}}");
    ck_assert_uint_eq(ev.signed_bytes.len, 174);
    ck_assert(verifies(ev.signed_bytes, ev.signature));
    arena_destroy(a);
}
END_TEST

static const char *canonical(const char *time, const char *text, const char *payload)
{
    return (const char *)mvp_canonical(a, text, "i", time, "n", BYTES_OF_TEXT(payload)).data;
}

START_TEST(texts_are_escaped_as_go_escapes_them)
{
    a = arena_create();
    ck_assert_str_eq(
        canonical("2025-01-15T10:30:00Z",
                  "\"\\/\b\f\n\r\t\x01\x7f<>&\xC3\xA9\xE2\x80\xA8\xE2\x80\xA9\xE2\x80\xAA", "1"),
        "{\"event_type\":\"\\\"\\\\/\\b\\f\\n\\r\\t\\u0001\x7f\\u003c\\u003e\\u0026\xC3\xA9\\u2028"
        "\\u2029\xE2\x80\xAA\",\"event_id\":\"i\",\"issued_at\":\"2025-01-15T10:30:00Z\","
        "\"nonce\":\"n\",\"payload\":1}");
    arena_destroy(a);
}
END_TEST

START_TEST(times_lose_zeros_and_keep_their_offset)
{
    static const char *const rows[][2] = {
        { "2025-01-15T10:30:00.000000000Z", "2025-01-15T10:30:00Z" },
        { "2025-01-15T10:30:00.123456789Z", "2025-01-15T10:30:00.123456789Z" },
        { "2025-01-15T10:30:00.1+02:00", "2025-01-15T10:30:00.1+02:00" },
        { "2025-01-15T10:30:00-00:00", "2025-01-15T10:30:00Z" },
        { "2025-01-15T10:30:00-05:30", "2025-01-15T10:30:00-05:30" },
    };
    a = arena_create();
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const char *want = arena_printf(a,
                                        "{\"event_type\":\"t\",\"event_id\":\"i\",\"issued_at\":"
                                        "\"%s\",\"nonce\":\"n\",\"payload\":null}",
                                        rows[i][1]);
        ck_assert_str_eq(canonical(rows[i][0], "t", "null"), want);
    }
    arena_destroy(a);
}
END_TEST

START_TEST(envelopes_without_name_or_time_are_told_apart)
{
    a = arena_create();
    struct envelope ev;
    struct error e;
    static const char *const bad[] = { "",
                                       "[]",
                                       "{}",
                                       "{\"event_type\":\"x\"}",
                                       "{\"event_type\":\"x\",\"event_id\":\" \"}",
                                       "{\"event_type\":\"x\",\"event_id\":1}" };
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        ck_assert_msg(!wire_mvp.envelope(a, BYTES_OF_TEXT(bad[i]), &ev, &e), "%s", bad[i]);
    ev = read("{\"event_type\":\"x\",\"event_id\":\"y\"}");
    ck_assert(!ev.has_issued_at);
    ck_assert_str_eq(ev.signature, "");
    ev = read("{\"event_type\":\"x\",\"event_id\":\"y\",\"issued_at\":\"0001-01-01T00:00:00Z\"}");
    ck_assert(!ev.has_issued_at);
    arena_destroy(a);
}
END_TEST

TESTS("plexd/mvp_canonical", the_first_vector_verifies_in_both_spellings_of_its_time,
      the_second_vector_keeps_order_numbers_and_escapes, texts_are_escaped_as_go_escapes_them,
      times_lose_zeros_and_keep_their_offset, envelopes_without_name_or_time_are_told_apart)
