/* Both codecs, side by side: what is sent, what is understood, what is refused. */
#include "reference/plexd/wire.h"

#include <string.h>

#include "common/testing.h"
#include "common/text.h"

#define KEY_B64 "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
#define NSK_TEXT "0123456789abcdef0123456789abcdef"

static struct arena *a;
static struct error e;
static const unsigned char key[32] = { 0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10,
                                       11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21,
                                       22, 23, 24, 25, 26, 27, 28, 29, 30, 31 };

static const char *sent(const struct http_request *r)
{
    return r->body.data != NULL ? arena_strndup(a, (const char *)r->body.data, r->body.len) : "";
}

static struct http_answer answered(const char *body)
{
    return (struct http_answer){ .status = 200, .body = BYTES_OF_TEXT(body) };
}

START_TEST(registration_is_asked_for_in_each_dialect)
{
    a = arena_create();
    struct registration_order o = {
        .token = "tok", .hostname = "h", .project_id = "p", .resource_handle = "r", .nonce = "n"
    };
    memcpy(o.public_key, key, 32);
    struct http_request r;
    wire_v1.register_request(a, &o, &r);
    ck_assert_str_eq(r.method, "POST");
    ck_assert_str_eq(r.path, "/v1/register");
    ck_assert_str_eq(sent(&r), "{\"project_id\":\"p\",\"resource_handle\":\"r\","
                               "\"bootstrap_token\":\"tok\",\"nonce\":\"n\",\"public_key\":"
                               "\"" KEY_B64 "\"}");
    ck_assert_ptr_null(r.bearer);
    wire_mvp.register_request(a, &o, &r);
    ck_assert_str_eq(sent(&r),
                     "{\"token\":\"tok\",\"public_key\":\"" KEY_B64 "\",\"hostname\":\"h\"}");
    ck_assert_str_eq(r.bearer, "tok");
    arena_destroy(a);
}
END_TEST

static const char *identity_json(const char *member, const char *nsk, const char *signing)
{
    return arena_printf(a,
                        "{\"node_id\":\"n1\",\"mesh_ip\":\"10.0.0.1\",\"%s\":\"%s\","
                        "\"signing_public_key\":\"%s\",\"signing_key_id\":\"k1\",\"extra\":1}",
                        member, nsk, signing);
}

START_TEST(an_identity_is_read_in_each_dialect)
{
    a = arena_create();
    struct identity id;
    struct http_answer v1 = answered(identity_json("nsk", KEY_B64, KEY_B64));
    ck_assert_msg(wire_v1.register_answer(a, &v1, &id, &e), "%s", e.text);
    ck_assert_str_eq(id.node_id, "n1");
    ck_assert_str_eq(id.nsk, KEY_B64);
    ck_assert_int_eq(memcmp(id.nsk_key, key, 32), 0);
    ck_assert_int_eq(memcmp(id.signing_public_key, key, 32), 0);
    ck_assert_str_eq(id.signing_key_id, "k1");
    ck_assert_str_eq(id.dialect, "v1");
    struct http_answer mvp = answered(identity_json("node_secret_key", NSK_TEXT, KEY_B64));
    ck_assert_msg(wire_mvp.register_answer(a, &mvp, &id, &e), "%s", e.text);
    ck_assert_int_eq(memcmp(id.nsk_key, NSK_TEXT, 32), 0);
    ck_assert(!wire_v1.register_answer(a, &mvp, &id, &e));
    arena_destroy(a);
}
END_TEST

/* Ruling 11: the SubjectPublicKeyInfo form is read, too. */
START_TEST(a_signing_key_may_come_as_spki)
{
    a = arena_create();
    struct identity id;
    struct http_answer answer =
        answered(identity_json("nsk", KEY_B64,
                               "MCowBQYDK2VwAyEAAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="));
    ck_assert_msg(wire_v1.register_answer(a, &answer, &id, &e), "%s", e.text);
    ck_assert_int_eq(memcmp(id.signing_public_key, key, 32), 0);
    arena_destroy(a);
}
END_TEST

START_TEST(an_identity_that_is_none_is_refused_and_never_quoted)
{
    a = arena_create();
    const char *const bad[] = {
        "",
        "[]",
        "{}",
        identity_json("nsk", "c2hvcnQ=", KEY_B64),
        identity_json("nsk", KEY_B64, "c2hvcnQ="),
        identity_json("other", KEY_B64, KEY_B64),
        "{\"node_id\":\" \",\"mesh_ip\":\"1\",\"nsk\":\"" KEY_B64
        "\",\"signing_public_key\":\"" KEY_B64 "\"}",
    };
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct identity id;
        struct http_answer answer = answered(bad[i]);
        ck_assert_msg(!wire_v1.register_answer(a, &answer, &id, &e), "%s", bad[i]);
        ck_assert(!text_contains(e.text, "c2hvcnQ=") && !text_contains(e.text, KEY_B64));
    }
    arena_destroy(a);
}
END_TEST

START_TEST(heartbeats_are_real_in_each_dialect)
{
    a = arena_create();
    struct heartbeat_facts f = {
        .node_id = "a/b", .now = 0, .version = "1.2", .uptime = INT64_C(259200) * 1000000000
    };
    memcpy(f.binary_checksum, key, 32);
    struct http_request r;
    wire_v1.heartbeat_request(a, &f, &r);
    ck_assert_str_eq(r.path, "/v1/nodes/a%2Fb/heartbeat");
    ck_assert_str_eq(sent(&r), "{\"client_now\":\"1970-01-01T00:00:00Z\",\"binary_checksum\":"
                               "\"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
                               "\",\"binary_version\":\"1.2\",\"nat_summary\":{}}");
    wire_mvp.heartbeat_request(a, &f, &r);
    ck_assert(text_contains(sent(&r), "\"status\":\"healthy\",\"uptime\":\"72h0m0s\""));
    struct heartbeat_reply reply;
    struct http_answer yes = answered("{\"reconcile\":true,\"rotate_keys\":true}"),
                       empty = answered(""), none = answered("{}");
    ck_assert(wire_v1.heartbeat_answer(a, &yes, &reply, &e));
    ck_assert(reply.reconcile && reply.rotate_keys);
    ck_assert(wire_mvp.heartbeat_answer(a, &none, &reply, &e));
    ck_assert(!reply.reconcile && !reply.rotate_keys);
    ck_assert(!wire_mvp.heartbeat_answer(a, &empty, &reply, &e));
    arena_destroy(a);
}
END_TEST

START_TEST(v1_signs_what_came_without_the_signature)
{
    static const char *const rows[][2] = {
        { "{\"id\":\"i\",\"type\":\"t\",\"payload\":{ \"b\":1.0 },\"signature\":\"s\"}",
          "{\"id\":\"i\",\"type\":\"t\",\"payload\":{ \"b\":1.0 }}" },
        { "{\"signature\" : \"s\" , \"id\":\"i\",\"type\":\"t\"}",
          "{ \"id\":\"i\",\"type\":\"t\"}" },
        { "{\"id\":\"i\" , \"signature\":\"s\" , \"type\":\"t\"}",
          "{\"id\":\"i\"  , \"type\":\"t\"}" },
        { "{\"id\":\"i\",\"type\":\"t\"}", "{\"id\":\"i\",\"type\":\"t\"}" },
        /* only the member of the first level, wherever the word stands */
        { "{\"id\":\"i\",\"type\":\"t\",\"payload\":{\"signature\":\"x\"},\"signature\":\"s\"}",
          "{\"id\":\"i\",\"type\":\"t\",\"payload\":{\"signature\":\"x\"}}" },
    };
    a = arena_create();
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct envelope ev;
        ck_assert_msg(wire_v1.envelope(a, BYTES_OF_TEXT(rows[i][0]), &ev, &e), "%s", e.text);
        ck_assert_uint_eq(ev.signed_bytes.len, strlen(rows[i][1]));
        ck_assert_str_eq((const char *)ev.signed_bytes.data, rows[i][1]);
    }
    arena_destroy(a);
}
END_TEST

START_TEST(a_v1_envelope_is_read)
{
    a = arena_create();
    struct envelope ev;
    const char *text = "{\"id\":\"i\",\"type\":\"t\",\"scope\":\"domain:x\",\"key_id\":\"k\","
                       "\"issued_at\":\"2026-01-01T00:00:01Z\",\"payload\":{\"a\":1},"
                       "\"signature\":\"cw==\"}";
    ck_assert(wire_v1.envelope(a, BYTES_OF_TEXT(text), &ev, &e));
    ck_assert_str_eq(ev.replay, "i");
    ck_assert_str_eq(ev.key_id, "k");
    ck_assert(ev.has_issued_at);
    ck_assert_int_eq(ev.issued_at, INT64_C(1767225601000000));
    ck_assert_str_eq(ev.signature, "cw==");
    ck_assert_uint_eq(ev.payload.len, strlen("{\"a\":1}"));
    ck_assert(
        !wire_v1.envelope(a, BYTES_OF_TEXT("{\"id\":\"i\",\"id\":\"j\",\"type\":\"t\"}"), &ev, &e));
    ck_assert(!wire_v1.envelope(a, BYTES_OF_TEXT("{\"id\":\"i\"}"), &ev, &e));
    ck_assert(!wire_v1.envelope(a, BYTES_OF_TEXT("{\"type\":\"t\"}"), &ev, &e));
    arena_destroy(a);
}
END_TEST

static const char *text_of(struct bytes b)
{
    return arena_strndup(a, (const char *)b.data, b.len);
}

START_TEST(the_state_of_v1_is_understood)
{
    a = arena_create();
    struct desired d;
    struct http_answer answer = answered(
        "{\"peers\":[{\"node_id\":\"p1\",\"mesh_ip\":\"10.0.0.2\",\"public_key\":\"k\","
        "\"fallback_endpoint\":\"b:1\"}],\"reachability\":{},\"bridge\":null,"
        "\"policy\":{\"revision_id\":\"r\",\"fingerprint\":\"f\",\"rules\":[]},"
        "\"state\":{\"metadata\":[{\"key\":\"region\",\"value\":\"eu\"}],"
        "\"data\":[{\"key\":\"a\",\"value\":\"{\\\"x\\\": 1.0}\",\"version\":3,\"content_type\":"
        "\"application/json\",\"updated_at\":\"2026-01-01T00:00:00Z\"},"
        "{\"key\":\"b\",\"value\":\"plain words\"},"
        "{\"key\":\"c\",\"value\":\"123\",\"content_type\":\"text/plain\"},"
        "{\"key\":\"d\",\"value\":\"1.0\"},"
        "{\"key\":\"e\",\"value\":\"[1]\",\"content_type\":\"Application/JSON ; v=1\"}],"
        "\"reports\":[]},\"reports\":null,"
        "\"secret_refs\":[{\"key\":\"db\",\"version\":2}],"
        "\"signing_keys\":{\"current\":{\"key_id\":\"k2\",\"public_key\":\"AA==\"},"
        "\"previous\":{\"key_id\":\"k1\",\"public_key\":\"BB==\"},"
        "\"transition_expires\":\"2026-01-01T00:00:00Z\"}}");
    ck_assert_msg(wire_v1.state_answer(a, &answer, &d, &e), "%s", e.text);
    ck_assert_uint_eq(d.n_peers, 1);
    ck_assert_str_eq(d.peers[0].endpoint, "b:1");
    ck_assert_uint_eq(d.n_policies, 1);
    ck_assert_str_eq(d.policy_prints[0], "f");
    ck_assert_str_eq(json_string_value(json_object_get(d.metadata, "region")), "eu");
    ck_assert_uint_eq(d.n_data, 5);
    ck_assert_str_eq(text_of(d.data[0].payload), "{\"x\":1.0}");
    ck_assert_str_eq(text_of(d.data[2].payload), "\"123\""); /* a text, as its type says */
    ck_assert_str_eq(text_of(d.data[3].payload), "1.0");     /* its type is not told */
    ck_assert_str_eq(text_of(d.data[4].payload), "[1]");
    ck_assert_int_eq(d.data[0].version, 3);
    ck_assert_str_eq(text_of(d.data[1].payload), "\"plain words\"");
    ck_assert_str_eq(d.data[1].content_type, "text/plain");
    ck_assert(d.has_secret_refs && d.n_secrets == 1 && d.secrets[0].version == 2);
    ck_assert_str_eq(d.signing.current, "AA==");
    ck_assert_str_eq(d.signing.previous_id, "k1");
    ck_assert(d.signing.transition_expires > 0);
    arena_destroy(a);
}
END_TEST

START_TEST(a_state_of_v1_without_what_we_added_is_understood)
{
    a = arena_create();
    struct desired d;
    struct http_answer answer = answered("{\"peers\":[],\"reachability\":{},\"policy\":null,"
                                         "\"bridge\":null,\"state\":null,\"reports\":null}");
    ck_assert_msg(wire_v1.state_answer(a, &answer, &d, &e), "%s", e.text);
    ck_assert(!d.has_secret_refs && !d.signing.present);
    ck_assert_uint_eq(d.n_policies + d.n_data + d.n_peers, 0);
    ck_assert_uint_eq(json_object_size(d.metadata), 0);
    static const char *const bad[] = { "",
                                       "[]",
                                       "{}",
                                       "{\"peers\":{}}",
                                       "{\"peers\":[{}]}",
                                       "{\"peers\":[],\"state\":{\"data\":{}}}",
                                       "{\"peers\":[],\"state\":{\"data\":[{}]}}",
                                       "{\"peers\":[],\"state\":{\"metadata\":[{}]}}",
                                       "{\"peers\":[],\"secret_refs\":[{\"key\":1}]}",
                                       "{\"peers\":[],\"signing_keys\":{\"current\":\"\","
                                       "\"transition_expires\":\"soon\"}}" };
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        answer = answered(bad[i]);
        ck_assert_msg(!wire_v1.state_answer(a, &answer, &d, &e), "%s", bad[i]);
    }
    arena_destroy(a);
}
END_TEST

START_TEST(the_state_of_mvp_is_understood)
{
    a = arena_create();
    struct desired d;
    struct http_answer answer =
        answered("{\"peers\":[{\"id\":\"p\",\"allowed_ips\":[\"10.0.0.0/8\"],\"psk\":\"x\"}],"
                 "\"policies\":[{\"id\":\"z\",\"rules\":[{\"src\":\"*\"}]},{\"id\":\"a\"}],"
                 "\"metadata\":{\"k\":\"v\"},\"data\":[{\"key\":\"d\",\"content_type\":\"t\","
                 "\"payload\": [1.0, \"\\u00e9\"],\"version\":4,\"updated_at\":\"u\"}],"
                 "\"signing_keys\":{\"current\":\"c\",\"previous\":\"p\"}}");
    ck_assert_msg(wire_mvp.state_answer(a, &answer, &d, &e), "%s", e.text);
    ck_assert_uint_eq(d.peers[0].n_allowed_ips, 1);
    ck_assert_uint_eq(d.n_policies, 2);
    ck_assert_str_eq(d.policy_ids[0], "a");
    ck_assert_str_eq(d.policy_prints[1], "[{\"src\":\"*\"}]");
    ck_assert_str_eq(text_of(d.data[0].payload), "[1.0,\"\\u00e9\"]");
    ck_assert(d.has_secret_refs && d.n_secrets == 0);
    ck_assert_str_eq(d.signing.previous, "p");
    ck_assert_int_eq(d.signing.transition_expires, 0);
    answer = answered("{}");
    ck_assert(wire_mvp.state_answer(a, &answer, &d, &e));
    static const char *const bad[] = { "",
                                       "{\"peers\":1}",
                                       "{\"peers\":[{}]}",
                                       "{\"policies\":[{}]}",
                                       "{\"metadata\":{\"a\":1}}",
                                       "{\"data\":[{\"key\":\"a\",\"version\":3.0}]}",
                                       "{\"peers\":[{\"id\":\"p\",\"allowed_ips\":[1]}]}" };
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        answer = answered(bad[i]);
        ck_assert_msg(!wire_mvp.state_answer(a, &answer, &d, &e), "%s", bad[i]);
    }
    arena_destroy(a);
}
END_TEST

static bool of_event(const struct wire *w, const char *type, const char *payload, struct desired *d,
                     bool has[3])
{
    struct envelope ev = { .type = type, .payload = BYTES_OF_TEXT(payload) };
    return w->state_of_event(a, &ev, d, &has[0], &has[1], &has[2], &e);
}

START_TEST(events_carry_state_in_each_dialect)
{
    a = arena_create();
    struct desired d;
    bool has[3];
    ck_assert(of_event(&wire_v1, "node_state_updated", "{\"node_id\":\"n\"}", &d, has));
    ck_assert(!has[0] && !has[1] && !has[2]);
    ck_assert(of_event(&wire_v1, "node_state_updated",
                       "{\"data\":[{\"key\":\"k\",\"value\":\"1\"}]}", &d, has));
    ck_assert(!has[0] && has[1] && d.n_data == 1);
    ck_assert(of_event(&wire_mvp, "node_state_updated", "{\"metadata\":{\"a\":\"b\"}}", &d, has));
    ck_assert(has[0] && has[1] && !has[2] && d.n_data == 0);
    for (int i = 0; i < 2; i++) {
        const struct wire *w = i == 0 ? &wire_v1 : &wire_mvp;
        ck_assert(of_event(w, "node_secrets_updated",
                           "{\"secret_refs\":[{\"key\":\"k\",\"version\":1}]}", &d, has));
        ck_assert(has[2] && !has[0] && !has[1] && d.n_secrets == 1);
        ck_assert(of_event(w, "signing_key_rotated", "{\"current\":\"c\"}", &d, has));
        ck_assert(d.signing.present);
        ck_assert(!of_event(w, "node_state_updated", "[]", &d, has));
        ck_assert(!of_event(w, "node_state_updated", "{\"data\":1}", &d, has));
    }
    arena_destroy(a);
}
END_TEST

START_TEST(secrets_are_asked_for_and_opened_up)
{
    a = arena_create();
    struct http_request r;
    struct sealed_secret s;
    wire_v1.secret_request(a, "n", "a/b", &r);
    ck_assert_str_eq(r.path, "/v1/nodes/n/secrets/a%2Fb");
    ck_assert_str_eq(r.accept, "application/octet-stream");
    struct http_header version = { "x-plexsphere-secret-version", "7" };
    struct http_answer answer = answered("nnnnnnnnnnnn0123456789abcdefcc");
    ck_assert(!wire_v1.secret_answer(a, "k", &answer, &s, &e));
    answer.headers = &version;
    answer.n_headers = 1;
    ck_assert(wire_v1.secret_answer(a, "k", &answer, &s, &e));
    ck_assert(s.version == 7 && s.nonce.len == 12 && s.ciphertext.len == 18);
    answer.body.len = 27; /* told, and cannot be opened */
    ck_assert(wire_v1.secret_answer(a, "k", &answer, &s, &e));
    ck_assert(s.nonce.len == 12 && s.ciphertext.len == 15);
    answer.body.len = 5;
    ck_assert(wire_v1.secret_answer(a, "k", &answer, &s, &e));
    ck_assert(s.nonce.len == 5 && s.ciphertext.len == 0);
    answer = answered("{\"key\":\"k\",\"ciphertext\":\"XtbYDrxsvTCo8o6S6dvMqKSOadypug==\","
                      "\"nonce\":\"AAECAwQFBgcICQoL\",\"version\":2}");
    ck_assert(wire_mvp.secret_answer(a, "k", &answer, &s, &e));
    ck_assert(s.version == 2 && s.nonce.len == 12 && s.ciphertext.len == 22);
    answer = answered("{\"key\":\"k\",\"ciphertext\":\"!\",\"nonce\":\"\"}");
    ck_assert(wire_mvp.secret_answer(a, "k", &answer, &s, &e));
    ck_assert(s.nonce.len == 0 && s.ciphertext.len == 0);
    answer = answered("[]");
    ck_assert(!wire_mvp.secret_answer(a, "k", &answer, &s, &e));
    arena_destroy(a);
}
END_TEST

START_TEST(reports_are_sent_in_each_dialect)
{
    a = arena_create();
    struct report_change changes[] = {
        { .key = "a",
          .content_type = "application/json",
          .payload = BYTES_OF_TEXT("{\"x\":1.0}"),
          .version = 3,
          .updated_at = "2026-01-01T00:00:00Z" },
        { .key = "b\"", .deleted = true },
    };
    struct http_request r;
    wire_v1.report_request(a, "n", changes, 1, &r);
    ck_assert_str_eq(r.method, "PUT");
    ck_assert_str_eq(r.path, "/v1/nodes/n/state/reports/a");
    ck_assert_str_eq(sent(&r), "{\"value\":\"{\\\"x\\\":1.0}\"}");
    wire_v1.report_request(a, "n", changes + 1, 1, &r);
    ck_assert_str_eq(r.method, "DELETE");
    ck_assert_str_eq(r.path, "/v1/nodes/n/state/reports/b%22");
    ck_assert_ptr_null(r.body.data);
    wire_mvp.report_request(a, "n", changes, 2, &r);
    ck_assert_str_eq(r.path, "/v1/nodes/n/report");
    ck_assert_str_eq(sent(&r), "{\"entries\":[{\"key\":\"a\",\"content_type\":\"application/json\","
                               "\"payload\":{\"x\":1.0},\"version\":3,\"updated_at\":"
                               "\"2026-01-01T00:00:00Z\"}],\"deleted\":[\"b\\\"\"]}");
    wire_mvp.report_request(a, "n", changes + 1, 1, &r);
    ck_assert_str_eq(sent(&r), "{\"entries\":null,\"deleted\":[\"b\\\"\"]}");
    ck_assert(r.gzip);
    arena_destroy(a);
}
END_TEST

START_TEST(only_one_dialect_has_each_of_drift_and_rotation)
{
    a = arena_create();
    struct http_request r;
    struct correction c = { "peer_added", "peer p" };
    ck_assert(!wire_v1.drift_request(a, "n", 0, &c, 1, &r));
    ck_assert(wire_mvp.drift_request(a, "n", 0, &c, 1, &r));
    ck_assert_str_eq(r.path, "/v1/nodes/n/drift");
    ck_assert_str_eq(sent(&r), "{\"timestamp\":\"1970-01-01T00:00:00Z\",\"corrections\":[{\"type\":"
                               "\"peer_added\",\"detail\":\"peer p\"}]}");
    ck_assert(!wire_mvp.rotate_request(a, key, &r));
    ck_assert(wire_v1.rotate_request(a, key, &r));
    ck_assert_str_eq(sent(&r), "{\"new_public_key\":\"" KEY_B64 "\"}");
    arena_destroy(a);
}
END_TEST

TESTS("plexd/wire", registration_is_asked_for_in_each_dialect, an_identity_is_read_in_each_dialect,
      a_signing_key_may_come_as_spki, an_identity_that_is_none_is_refused_and_never_quoted,
      heartbeats_are_real_in_each_dialect, v1_signs_what_came_without_the_signature,
      a_v1_envelope_is_read, the_state_of_v1_is_understood,
      a_state_of_v1_without_what_we_added_is_understood, the_state_of_mvp_is_understood,
      events_carry_state_in_each_dialect, secrets_are_asked_for_and_opened_up,
      reports_are_sent_in_each_dialect, only_one_dialect_has_each_of_drift_and_rotation)
