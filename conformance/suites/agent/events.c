/* suites/agent/events.c — which events are believed (plexd-facts 3; §13 3-8, 32). */
#include <string.h>

#include "common/encoding.h"
#include "common/text.h"
#include "common/timestamp.h"
#include "suites/agent/agent_suite.h"

AGENT_CASE("AEV-101", .clauses = { "AEV-001", "AEV-020", "JAG-020" },
           .title = "a signed event that is fresh and new is believed")
{
    struct joined j = joined(w, d);
    push_good(&j, "greeting", "hello");
    agent_until(j.a, "/v1/state/metadata", "/greeting", "hello");
}

/* What is not believed leaves no trace; the twin, without the fault, does. */
static void not_believed(struct world *w, enum agent_dialect d, struct cp_event fault)
{
    struct joined j = joined(w, d);
    push_metadata(&j, "forged", "yes", fault);
    stream_stayed(&j);
    never_believed(&j, "forged", NULL);
    push_good(&j, "forged", "no, this one is true");
    agent_until(j.a, "/v1/state/metadata", "/forged", "no, this one is true");
}

AGENT_CASE("AEV-102", .clauses = { "AEV-001", "JAG-020" },
           .title = "an event signed by another key is not")
{
    not_believed(w, d, (struct cp_event){ .key = signing_pair_new(w->arena, "kid-1") });
}

AGENT_CASE("AEV-103", .clauses = { "AEV-001", "JAG-020" },
           .title = "an event without a signature is not")
{
    not_believed(w, d, (struct cp_event){ .no_signature = true });
}

AGENT_CASE("AEV-104", .clauses = { "AEV-001", "AEV-005", "JAG-020" },
           .title = "a signature over another payload is not")
{
    not_believed(w, d, (struct cp_event){ .signed_payload = "{\"metadata\":{}}" });
}

AGENT_CASE("AEV-105", .clauses = { "AEV-001", "JAG-020" },
           .title = "a signature that is no base64 of 64 bytes is not")
{
    struct joined j = joined(w, d);
    static const char *const bad[] = { "", "!!!!", "AAAA", "====" };
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        push_metadata(&j, "forged", "yes", (struct cp_event){ .signature = bad[i] });
    push_secrets_sentinel(&j);
    never_believed(&j, "forged", NULL);
}

AGENT_CASE("AEV-106", .clauses = { "AEV-001", "JAG-023" },
           .title = "an event of five minutes ago is not")
{
    not_believed(w, d, (struct cp_event){ .age_s = 301 });
}

/* A slow machine eats into the second that the facts' own case has; half a minute it does not. */
AGENT_CASE("AEV-107", .clauses = { "AEV-001", "JAG-023" },
           .title = "an event of the far future is not")
{
    not_believed(w, d, (struct cp_event){ .age_s = -330 });
}

AGENT_CASE("AEV-108", .clauses = { "AEV-001", "JAG-023" },
           .title = "events of four and a half minutes ago and ahead are believed")
{
    struct joined j = joined(w, d);
    push_metadata(&j, "late", "yes", (struct cp_event){ .age_s = 270 });
    cp_state(j.cp, state_with("late", "yes"));
    agent_until(j.a, "/v1/state/metadata", "/late", "yes");
    cp_state(j.cp, state_with("early", "yes"));
    push_metadata(&j, "early", "yes", (struct cp_event){ .age_s = -270 });
    agent_until(j.a, "/v1/state/metadata", "/early", "yes");
}

AGENT_CASE("AEV-109", .clauses = { "AEV-002", "JAG-022" },
           .title = "an event that comes again is not handled again")
{
    struct joined j = joined(w, d);
    push_good(&j, "value", "first");
    agent_until(j.a, "/v1/state/metadata", "/value", "first");
    cp_raw(j.cp, cp_last_event(j.cp), 0); /* harmless: the same again */
    struct cp_event fixed = { .id = "0d7f3f0e-7f9e-4d52-9d3f-5a6f0c1f2a3b", .nonce = "n-replay" };
    push_metadata(&j, "value", "old", fixed);
    cp_state(j.cp, state_with("value", "old"));
    agent_until(j.a, "/v1/state/metadata", "/value", "old");
    struct bytes old = cp_last_event(j.cp);
    push_good(&j, "value", "new");
    agent_until(j.a, "/v1/state/metadata", "/value", "new");
    cp_raw(j.cp, old, 0);
    stream_stayed(&j);
    never_believed(&j, "value", "old");
}

AGENT_CASE("AEV-110", .clauses = { "AEV-003", "JAG-024" },
           .title = "a forged event does not burn the id of a true one")
{
    static const char id[] = "6c9cf0a1-52b4-4a0e-8a57-3b9d4d6f7e81", nonce[] = "n-burnt";
    struct joined j = joined(w, d);
    push_metadata(&j, "value", "forged",
                  (struct cp_event){
                      .id = id, .nonce = nonce, .key = signing_pair_new(w->arena, "kid-1") });
    cp_state(j.cp, state_with("value", "true"));
    push_metadata(&j, "value", "true", (struct cp_event){ .id = id, .nonce = nonce });
    agent_until(j.a, "/v1/state/metadata", "/value", "true");
}

AGENT_CASE("AEV-111", .clauses = { "AEV-010", "JAG-025" },
           .title = "what is no envelope is passed over and the stream stays")
{
    static const char *const lines[] = { "",
                                         "{",
                                         "[]",
                                         "null",
                                         "42",
                                         "\"text\"",
                                         "{\"payload\":{\"metadata\":{\"forged\":\"yes\"}}}",
                                         "\xff\xfe not text" };
    struct joined j = joined(w, d);
    for (size_t i = 0; i < ARRAY_LEN(lines); i++)
        (void)cp_event(j.cp, (struct cp_event){ .line = lines[i] });
    stream_stayed(&j);
    never_believed(&j, "forged", NULL);
}

AGENT_CASE("AEV-112", .clauses = { "AEV-001", "AEV-010", "JAG-025" },
           .title = "an envelope that lacks a member is passed over though it is signed")
{
    static const struct cp_event lacking[] = { { .no_type = true },
                                               { .no_id = true },
                                               { .no_issued_at = true },
                                               { .issued_at = "yesterday" },
                                               { .issued_at = "0001-01-01T00:00:00Z" } };
    struct joined j = joined(w, d);
    for (size_t i = 0; i < ARRAY_LEN(lacking); i++)
        push_metadata(&j, "forged", "yes", lacking[i]);
    if (d == AGENT_MVP)
        push_metadata(&j, "forged", "yes", (struct cp_event){ .no_nonce = true });
    stream_stayed(&j);
    never_believed(&j, "forged", NULL);
}

AGENT_CASE("AEV-113", .clauses = { "AEV-010", "JAG-025" },
           .title = "an event of an unknown type is passed over, whatever its event line says")
{
    struct joined j = joined(w, d);
    push_metadata(&j, "forged", "yes",
                  (struct cp_event){ .type = "weather_changed", .name = "node_state_updated" });
    push_metadata(&j, "forged", "yes", (struct cp_event){ .type = "NODE_STATE_UPDATED" });
    stream_stayed(&j);
    never_believed(&j, "forged", NULL);
    cp_state(j.cp, state_with("named", "otherwise"));
    push_metadata(&j, "named", "otherwise", (struct cp_event){ .name = "weather_changed" });
    agent_until(j.a, "/v1/state/metadata", "/named", "otherwise");
    stream_stayed(&j);
}

AGENT_CASE("AEV-114", .clauses = { "AEV-010", "JAG-025" },
           .title = "a payload that is not what its type says changes nothing")
{
    static const char *const payloads[] = { "[]", "null", "\"text\"", "{\"metadata\":7}",
                                            "{\"data\":{\"a\":1}}" };
    struct joined j = joined(w, d);
    push_good(&j, "kept", "yes");
    agent_until(j.a, "/v1/state/metadata", "/kept", "yes");
    for (size_t i = 0; i < ARRAY_LEN(payloads); i++)
        (void)cp_event(j.cp, (struct cp_event){ .payload_text = payloads[i] });
    stream_stayed(&j);
    struct reply *r = accept(get(w, "/v1/state/metadata", .agent = j.a), 200);
    expect_equal(r, "/kept", "yes");
}

AGENT_CASE("AEV-115", .clauses = { "AEV-020", "JAG-020" },
           .title = "node_secrets_updated replaces the index of secrets")
{
    struct joined j = joined(w, d);
    /* A pull of the empty index, late on a busy machine, would undo what the event says. */
    cp_always(j.cp, "GET", "@/state", (struct cp_answer){ .status = 500, .body = "{}" });
    push_secret_index(&j, "db", 3);
    agent_until(j.a, "/v1/state/secrets", "/0/key", "db");
    agent_until(j.a, "/v1/state/secrets", "/0/version", "3");
    push_secret_index(&j, "other", 1);
    agent_until(j.a, "/v1/state/secrets", "/0/key", "other");
    agent_until(j.a, "/v1/state/secrets", "/1", NULL);
}

/* ---- signed bytes of seed 002's dialect --------------------------------------------------- */

/* Annex B, vector 2, in spirit: order, spelling and escapes of the payload stay as sent, white
 * space goes, < > & are escaped. */
MVP_CASE("AEV-121", .clauses = { "AEV-006", "JAG-021" },
         .title = "the canonical bytes are what is verified: order and spelling as sent")
{
    static const char sent[] =
        "{ \"metadata\" : {\"b\": \"2\", \"a\": \"<x> & \\u00e9 \\/\"},\r\n"
        "  \"data\": [{\"key\":\"k\",\"content_type\":\"application/json\",\"payload\":[1.0, 1e3],"
        "\"version\":1,\"updated_at\":\"2025-01-15T10:30:00Z\"}] }";
    static const char sorted[] =
        "{\"data\":[{\"content_type\":\"application/json\",\"key\":\"k\",\"payload\":[1.0,1e3],"
        "\"updated_at\":\"2025-01-15T10:30:00Z\",\"version\":1}],"
        "\"metadata\":{\"a\":\"forged\",\"b\":\"2\"}}";
    struct joined j = joined(w, d);
    (void)cp_event(j.cp, (struct cp_event){ .payload_text = sent, .signed_payload = sorted });
    push_secrets_sentinel(&j);
    never_believed(&j, "b", NULL);
    (void)cp_event(j.cp, (struct cp_event){ .payload_text = one_line(w, sent) });
    agent_until(j.a, "/v1/state/metadata", "/a", "<x> & \xc3\xa9 /");
}

MVP_CASE("AEV-122", .clauses = { "AEV-006", "JAG-021" },
         .title = "times with trailing zeros and +00:00, and texts with < > &, are canonical too")
{
    struct joined j = joined(w, d);
    const char *whole =
        timestamp_format(w->arena, cp_now(j.cp) / MICROS_PER_SECOND * MICROS_PER_SECOND);
    const char *stem = arena_strndup(w->arena, whole, strlen(whole) - 1);
    cp_state(j.cp, state_with("zeros", "yes"));
    push_metadata(&j, "zeros", "yes",
                  (struct cp_event){ .issued_at = arena_printf(w->arena, "%s.000+00:00", stem),
                                     .nonce = "n&<2>",
                                     .id = "evt-<1>" });
    agent_until(j.a, "/v1/state/metadata", "/zeros", "yes");
    cp_state(j.cp, state_with("fraction", "yes"));
    push_metadata(&j, "fraction", "yes",
                  (struct cp_event){ .issued_at = arena_printf(w->arena, "%s.120Z", stem) });
    agent_until(j.a, "/v1/state/metadata", "/fraction", "yes");
}

/* ---- rotated keys ------------------------------------------------------------------------- */

static void rotate(const struct joined *j, const char *current, const char *previous,
                   const char *deadline)
{
    (void)cp_event(j->cp,
                   (struct cp_event){ .type = "signing_key_rotated",
                                      .payload = json_pack("{s:s, s:s*, s:s*}", "current", current,
                                                           "previous", previous,
                                                           "transition_expires", deadline) });
}

static const char *in_seconds(const struct joined *j, int64_t seconds)
{
    return timestamp_format(j->w->arena, cp_now(j->cp) + seconds * MICROS_PER_SECOND);
}

MVP_CASE("AEV-131", .clauses = { "AEV-007", "JAG-026" },
         .title = "after a rotation the new key and, before its deadline, the old one are believed")
{
    struct joined j = joined(w, d);
    const struct signing_pair *old = cp_key(j.cp), *now = signing_pair_new(w->arena, "kid-2");
    rotate(&j, now->public_b64, old->public_b64, in_seconds(&j, 3600));
    push_metadata(&j, "by", "the old key", (struct cp_event){ .key = old });
    agent_until(j.a, "/v1/state/metadata", "/by", "the old key");
    push_metadata(&j, "forged", "yes",
                  (struct cp_event){ .key = signing_pair_new(w->arena, "kid-3") });
    cp_use_key(j.cp, now);
    push_secrets_sentinel(&j);
    never_believed(&j, "forged", NULL);
}

MVP_CASE("AEV-132", .clauses = { "AEV-007", "JAG-026" },
         .title = "a rotation without a deadline ends the old key at once")
{
    struct joined j = joined(w, d);
    const struct signing_pair *old = cp_key(j.cp), *now = signing_pair_new(w->arena, "kid-2");
    rotate(&j, now->public_b64, old->public_b64, NULL);
    push_metadata(&j, "forged", "yes", (struct cp_event){ .key = old });
    cp_use_key(j.cp, now);
    push_secrets_sentinel(&j);
    never_believed(&j, "forged", NULL);
}

MVP_CASE("AEV-133", .clauses = { "AEV-007", "JAG-026" },
         .title = "a deadline that has passed ends the old key")
{
    struct joined j = joined(w, d);
    const struct signing_pair *old = cp_key(j.cp), *now = signing_pair_new(w->arena, "kid-2");
    rotate(&j, now->public_b64, old->public_b64, in_seconds(&j, -1));
    push_metadata(&j, "forged", "yes", (struct cp_event){ .key = old });
    cp_use_key(j.cp, now);
    push_secrets_sentinel(&j);
    never_believed(&j, "forged", NULL);
}

MVP_CASE_NEEDS("AEV-134", "agent-clock", .clauses = { "AEV-007", "JAG-026" },
               .title = "when the deadline passes the old key is believed no more")
{
    struct joined j = joined_with(w, d, (struct agent_options){ .dev_control = true });
    const struct signing_pair *old = cp_key(j.cp), *now = signing_pair_new(w->arena, "kid-2");
    rotate(&j, now->public_b64, old->public_b64, in_seconds(&j, 60));
    push_metadata(&j, "by", "the old key", (struct cp_event){ .key = old });
    agent_until(j.a, "/v1/state/metadata", "/by", "the old key");
    agent_advance(j.a, 61);
    push_metadata(&j, "forged", "yes", (struct cp_event){ .key = old });
    cp_use_key(j.cp, now);
    push_secrets_sentinel(&j);
    never_believed(&j, "forged", NULL);
}

MVP_CASE("AEV-135", .clauses = { "AEV-008", "JAG-027" },
         .title = "a rotation to what is no key leaves the keys as they were")
{
    static const char *const bad[] = { "", "!!!", "AAAA",
                                       "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHg==" };
    struct joined j = joined(w, d);
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        rotate(&j, bad[i], cp_key(j.cp)->public_b64, in_seconds(&j, 3600));
    (void)cp_event(j.cp, (struct cp_event){ .type = "signing_key_rotated",
                                            .payload_text = "{\"new_signing_public_key\":\"x\"}" });
    sentinel(&j); /* signed by the old key */
    expect(w, cp_streams(j.cp) == 1, "the stream was opened again");
    const struct signing_pair *now = signing_pair_new(w->arena, "kid-2");
    rotate(&j, now->public_b64, NULL, NULL);
    cp_use_key(j.cp, now);
    sentinel(&j);
}

MVP_CASE("AEV-136", .clauses = { "AEV-009", "JAG-026" },
         .title = "a rotated key survives a restart")
{
    struct joined j = joined(w, d);
    const struct signing_pair *now = signing_pair_new(w->arena, "kid-2");
    rotate(&j, now->public_b64, NULL, NULL);
    cp_use_key(j.cp, now);
    sentinel(&j);
    restarted(&j); /* in order: what SIGKILL may lose is the reports' matter (JAG-053) */
    cp_wait_stream(j.cp, 2);
    settled(&j); /* what shows from here on an event has said */
    sentinel(&j);
}
