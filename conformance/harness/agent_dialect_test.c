#include "harness/agent_dialect.h"

#include <string.h>

#include "common/encoding.h"
#include "common/json.h"
#include "common/testing.h"

static struct arena *a;

static void setup(void)
{
    a = arena_create();
}

static const struct signing_pair *published(void)
{
    unsigned char seed[32];
    for (size_t i = 0; i < sizeof seed; i++)
        seed[i] = (unsigned char)i;
    return signing_pair_of(a, "kid", seed);
}

static const char *signed_text(enum agent_dialect d, const struct envelope *e)
{
    struct bytes b = envelope_signed_bytes(a, d, e);
    return arena_strndup(a, (const char *)b.data, b.len);
}

/* plexd-facts, Annex B: foreign vectors. */
START_TEST(signs_the_published_vectors)
{
    setup();
    const struct signing_pair *key = published();
    ck_assert_str_eq(key->public_b64, "A6EHv/POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg=");
    struct envelope one = { .type = "peer_removed",
                            .id = "evt-1",
                            .issued_at = "2025-01-15T10:30:00.000+00:00",
                            .nonce = "n-1",
                            .payload = "{\"peer_id\":\"p-9\"}" };
    ck_assert_str_eq(
        signed_text(AGENT_MVP, &one),
        "{\"event_type\":\"peer_removed\",\"event_id\":\"evt-1\",\"issued_at\":"
        "\"2025-01-15T10:30:00Z\",\"nonce\":\"n-1\",\"payload\":{\"peer_id\":\"p-9\"}}");
    ck_assert_str_eq(
        signing_pair_sign(a, key, envelope_signed_bytes(a, AGENT_MVP, &one)),
        "HH7X6BGD0QnUppDYvrzaqtT75+p3Z2uPY/KAc78xBvvhVyZY19wt6lpgHK1djgXA2eU86YxLbU+WXb4JD3DvCQ==");
    struct envelope two = {
        .type = "node_state_updated",
        .id = "evt-2",
        .issued_at = "2025-01-15T10:30:00.120Z",
        .nonce = "n&-2",
        .payload = "{ \"b\": 2, \"a\": \"<x> \\u00e9 \\/\", \"m\": [1.0, 1e3] }",
    };
    ck_assert_uint_eq(envelope_signed_bytes(a, AGENT_MVP, &two).len, 174);
    ck_assert_str_eq(
        signing_pair_sign(a, key, envelope_signed_bytes(a, AGENT_MVP, &two)),
        "/hSTnvfolX4883tnOKAwwQg4SNi299ZJLd8z2tMjY9T0cCJcaTHncLQ1dhAGusfu/gnzOquXQBfz1nDiRVboAQ==");
}
END_TEST

START_TEST(keeps_another_offset_and_escapes_separators)
{
    setup();
    struct envelope e = { .type = "t",
                          .id = "i",
                          .issued_at = "2025-01-15T10:30:00.500+02:00",
                          .nonce = "\xe2\x80\xa8\"",
                          .payload = "\"a \\\" b\xe2\x80\xa9\"" };
    ck_assert_str_eq(signed_text(AGENT_MVP, &e),
                     "{\"event_type\":\"t\",\"event_id\":\"i\",\"issued_at\":"
                     "\"2025-01-15T10:30:00.5+02:00\",\"nonce\":\"\\u2028\\\"\",\"payload\":"
                     "\"a \\\" b\\u2029\"}");
    e.issued_at = "2025-01-15T10:30:00-00:30";
    ck_assert_ptr_nonnull(strstr(signed_text(AGENT_MVP, &e), "10:30:00-00:30"));
}
END_TEST

START_TEST(v1_signs_what_it_sends)
{
    setup();
    struct envelope e = { .id = "i",
                          .type = "t",
                          .scope = "domain:d",
                          .key_id = "k",
                          .issued_at = "2025-01-15T10:30:00Z",
                          .payload = "{\"x\":1}" };
    const char *text = signed_text(AGENT_V1, &e), *line = envelope_line(a, AGENT_V1, &e, "c2ln");
    ck_assert_str_eq(text, "{\"id\":\"i\",\"type\":\"t\",\"scope\":\"domain:d\",\"key_id\":\"k\","
                           "\"issued_at\":\"2025-01-15T10:30:00Z\",\"payload\":{\"x\":1}}");
    ck_assert_uint_eq(strlen(line), strlen(text) + strlen(",\"signature\":\"c2ln\""));
    ck_assert_int_eq(strncmp(line, text, strlen(text) - 1), 0);
    ck_assert_str_eq(line + strlen(text) - 1, ",\"signature\":\"c2ln\"}");
}
END_TEST

START_TEST(leaves_members_out)
{
    setup();
    struct envelope none = { .payload = NULL };
    ck_assert_str_eq(envelope_line(a, AGENT_MVP, &none, NULL), "{}");
    struct envelope only = { .payload = "7" };
    ck_assert_str_eq(envelope_line(a, AGENT_V1, &only, "s"), "{\"payload\":7,\"signature\":\"s\"}");
}
END_TEST

START_TEST(turns_state_into_entries)
{
    setup();
    json_t *state =
        json_own(a, json_pack("{s:{s:s,s:s}, s:[{s:s,s:{s:i}}], s:[{s:s,s:i}], s:[], s:[]}",
                              "metadata", "b", "2", "a", "1", "data", "key", "k", "payload", "x", 1,
                              "secret_refs", "key", "s", "version", 2, "peers", "policies"));
    json_t *v1 = json_own(a, dialect_state_answer(a, AGENT_V1, state, 0));
    ck_assert_str_eq(json_text(json_at(v1, "/state/metadata/0"), "key"), "a");
    ck_assert_str_eq(json_text(json_at(v1, "/state/data/0"), "value"), "{\"x\":1}");
    ck_assert(json_is_null(json_object_get(v1, "policy")));
    ck_assert_int_eq(json_int(json_at(v1, "/secret_refs/0"), "version", 0), 2);
    json_t *mvp = json_own(a, dialect_state_answer(a, AGENT_MVP, state, 0));
    ck_assert(json_equal(mvp, state));
}
END_TEST

static size_t reports(enum agent_dialect d, const char *method, const char *path, const char *body,
                      struct sent_report **out)
{
    size_t n = 0;
    const char *why = "";
    return dialect_reports(a, d, method, path, BYTES_OF_TEXT(body), out, &n, &why) ? n : 0;
}

START_TEST(reads_reports_of_both_dialects)
{
    setup();
    struct sent_report *r;
    ck_assert_uint_eq(reports(AGENT_V1, "PUT", "/v1/nodes/n/state/reports/a%20b",
                              "{\"value\":\"{\\\"x\\\":1}\"}", &r),
                      1);
    ck_assert_str_eq(r->key, "a b");
    ck_assert_str_eq(r->payload, "{\"x\":1}");
    ck_assert_uint_eq(reports(AGENT_V1, "DELETE", "/v1/nodes/n/state/reports/k", "", &r), 1);
    ck_assert(r->deleted);
    ck_assert_uint_eq(
        reports(AGENT_MVP, "POST", "/v1/nodes/n/report",
                "{\"entries\":[{\"key\":\"k\",\"content_type\":\"t\",\"payload\":null,"
                "\"version\":1,\"updated_at\":\"2025-01-15T10:30:00+02:00\"}],"
                "\"deleted\":[\"gone\"]}",
                &r),
        2);
    ck_assert_str_eq(r[0].payload, "null");
    ck_assert(r[1].deleted);
}
END_TEST

START_TEST(refuses_what_is_no_report)
{
    setup();
    struct sent_report *r;
    ck_assert_uint_eq(reports(AGENT_V1, "PUT", "/v1/nodes/n/state", "{\"value\":\"1\"}", &r), 0);
    ck_assert_uint_eq(reports(AGENT_V1, "PUT", "/v1/nodes/n/state/reports/k", "{\"value\":\"{\"}",
                              &r),
                      0);
    ck_assert_uint_eq(reports(AGENT_V1, "PUT", "/v1/nodes/n/state/reports/k", "{}", &r), 0);
    ck_assert_uint_eq(reports(AGENT_MVP, "POST", "/v1/nodes/n/report", "{\"entries\":[]}", &r), 0);
    ck_assert_uint_eq(reports(AGENT_MVP, "POST", "/v1/nodes/n/report",
                              "{\"entries\":[{\"key\":\"k\"}],\"deleted\":null}", &r),
                      0);
}
END_TEST

START_TEST(seals_what_a_vector_opens)
{
    setup();
    unsigned char key[32] = { 7 };
    struct sealed one = dialect_seal(a, key, "text"), two = dialect_seal(a, key, "text");
    ck_assert_uint_eq(one.ciphertext.len, 4 + 16);
    ck_assert_int_ne(memcmp(one.nonce, two.nonce, 12), 0);
    struct bytes body =
        dialect_secret_body(a, AGENT_V1, "k", 1, (struct bytes){ one.nonce, 12 }, one.ciphertext);
    ck_assert_uint_eq(body.len, 12 + 4 + 16);
}
END_TEST

TESTS("harness/agent_dialect", signs_the_published_vectors,
      keeps_another_offset_and_escapes_separators, v1_signs_what_it_sends, leaves_members_out,
      turns_state_into_entries, reads_reports_of_both_dialects, refuses_what_is_no_report,
      seals_what_a_vector_opens)
