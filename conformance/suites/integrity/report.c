/* suites/integrity/report.c — INT-001 to INT-018: what Nodes report. */
#include <string.h>

#include "common/json.h"
#include "common/timestamp.h"
#include "harness/case.h"
#include "suites/integrity/integrity.h"
#include "suites/registration/registration.h"

#define SUITE "integrity"

static void refuse_as(struct world *w, const struct own_node *n, json_t *body, int status,
                      const char *code)
{
    refuse(judged(reporting_of(w, n, body)), status, code);
}

/* One entry, with one member changed. */
static void refuse_entry(struct world *w, const struct own_node *n, const char *kind,
                         const char *member, json_t *value, const char *code)
{
    refuse_as(w, n, batch(with(entry(kind), member, value), NULL), 400, code);
}

static void accept_entry(struct world *w, const struct own_node *n, const char *kind,
                         const char *member, json_t *value)
{
    accept(reporting_of(w, n, batch(with(entry(kind), member, value), NULL)), 200);
}

static const char malformed[] = "malformed_integrity_violations_request";
static const char bad_sum[] = "integrity_violation_checksum_invalid";
static const char bad_key[] = "integrity_violation_host_key_fingerprint_invalid";
static const char mismatch[] = "integrity_violation_kind_mismatch";

/* ---- the way in ---- */

CASE("INT-001", .clauses = { "INT-001", "INT-015", "INT-018" }, VIOLATIONS,
     .title = "a batch is answered with its time and its length, and each entry is a row")
{
    struct own_node n = own_node(w);
    struct reply *r =
        accept(judged(reporting_of(w, &n,
                                   batch(entry("binary_checksum"), entry("hook_checksum"),
                                         entry("ssh_host_key"), NULL))),
               200);
    expect(w, expect_int(r, "/violation_count") == 3, "violation_count is not 3");
    int64_t at = instant_in(w, r, "/accepted_at");
    struct reply *list = listed_now(w, list_of(w, &n, ""));
    expect(w, json_array_size(expect_member(list, "/items")) == 3, "three entries are %zu rows",
           json_array_size(expect_member(list, "/items")));
    for (int i = 0; i < 3; i++) {
        expect_equal(list, path(w, "/items/%d/status", i), "open");
        expect_equal(list, path(w, "/items/%d/artifact_id", i), "plexd");
        expect_equal(list, path(w, "/items/%d/node_id", i), n.id);
        expect_equal(list, path(w, "/items/%d/domain_id", i), w->domain_id);
        expect_absent(list, path(w, "/items/%d/acknowledged_at", i));
        expect_absent(list, path(w, "/items/%d/acknowledged_by_subject", i));
        expect_absent(list, path(w, "/items/%d/acknowledge_reason", i));
        int64_t away = instant_in(w, list, path(w, "/items/%d/detected_at", i)) - at;
        expect(w, away < 60 * MICROS_PER_SECOND && away > -60 * MICROS_PER_SECOND,
               "detected_at is not when the batch came");
    }
}

CASE("INT-002", .clauses = { "INT-002", "HBT-005", "HBT-006", "HBT-007", "HBT-008", "HBT-009" },
     VIOLATIONS, .title = "credential, path and size of a batch are judged in this order")
{
    enum { OVER = 32769 };
    struct own_node n = own_node(w), other = own_node(w), gone = own_node(w);
    char *body = arena_alloc(w->arena, OVER);
    struct bytes bad = { (unsigned char *)body, OVER };
    const char *target = violations_path(w, n.id);
    memset(body, '[', OVER);
    world_given(w, "revoked_nsk", json_pack("{s:s}", "node_id", gone.id));
    refuse(judged(post(w, target, .raw = bad)), 401, "unauthorized");
    refuse(judged(post(w, target, .raw = bad, .headers = { { "Authorization", "Basic eDp5" } })),
           401, "unauthorized");
    refuse(judged(post(w, target, .raw = bad, .bearer = random_key(w))), 401, "nsk_invalid");
    refuse(judged(post(w, target, .raw = bad, .bearer = gone.nsk)), 401, "nsk_revoked");
    refuse(judged(post(w, target, .raw = bad, .bearer = other.nsk)), 403, "node_id_mismatch");
    refuse(judged(post(w, violations_path(w, NO_SUCH_ID), .raw = bad, .bearer = n.nsk)), 403,
           "node_id_mismatch");
    refuse(judged(post(w, target, .raw = bad, .bearer = n.nsk)), 413,
           "integrity_violations_body_too_large");
    refuse(judged(post(w, target, .raw = { bad.data, OVER - 1 }, .bearer = n.nsk)), 400, malformed);
    accept(reporting_of(w, &n, batch(entry("hook_checksum"), NULL)), 200);
}

CASE("INT-003", .clauses = { "INT-003" }, VIOLATIONS,
     .title = "a batch is a JSON object, and it and its entries have no members but their own")
{
    static const char *const bad[] = { "{", "", "[]", "null" };
    struct own_node n = own_node(w);
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        refuse(judged(post(w, violations_path(w, n.id), .bearer = n.nsk,
                           .raw = BYTES_OF_TEXT(bad[i]))),
               400, malformed);
    refuse_as(w, &n, with(batch(entry("hook_checksum"), NULL), "node_id", json_string(n.id)), 400,
              malformed);
    refuse_entry(w, &n, "hook_checksum", "severity", json_string("high"), malformed);
    accept(reporting_of(w, &n, batch(entry("hook_checksum"), NULL)), 200);
}

CASE("INT-004", .clauses = { "INT-004" }, VIOLATIONS, .title = "members of a batch have their type")
{
    static const char *const members[] = { "kind",
                                           "detected_by",
                                           "artifact_id",
                                           "observed_checksum",
                                           "expected_checksum",
                                           "observed_fingerprint",
                                           "expected_fingerprint" };
    struct own_node n = own_node(w);
    char *longest = arena_alloc(w->arena, 4098);
    memset(longest, 'a', 4097);
    refuse_as(w, &n, json_object(), 400, malformed);
    refuse_as(w, &n, json_pack("{s:{}}", "violations"), 400, malformed);
    refuse_as(w, &n, json_pack("{s:n}", "violations"), 400, malformed);
    refuse_as(w, &n, json_pack("{s:[s]}", "violations", "x"), 400, malformed);
    for (size_t i = 0; i < ARRAY_LEN(members); i++) {
        refuse_entry(w, &n, "hook_checksum", members[i], json_integer(1), malformed);
        refuse_entry(w, &n, "hook_checksum", members[i], json_null(), malformed);
    }
    refuse_entry(w, &n, "hook_checksum", "artifact_id", json_string(longest), malformed);
    longest[4096] = '\0';
    accept_entry(w, &n, "hook_checksum", "artifact_id", json_string(longest));
}

CASE("INT-005", .clauses = { "INT-005" }, VIOLATIONS, .title = "a batch has at most 32,768 bytes")
{
    enum { CAP = 32768 };
    struct own_node n = own_node(w);
    char *text = json_dump(w->arena, json_own(w->arena, batch(entry("hook_checksum"), NULL)));
    char *body = arena_alloc(w->arena, CAP + 2);
    memset(body, ' ', CAP + 1);
    memcpy(body, text, strlen(text));
    const char *target = violations_path(w, n.id);
    refuse(judged(post(w, target, .bearer = n.nsk, .raw = { (unsigned char *)body, CAP + 1 })), 413,
           "integrity_violations_body_too_large");
    struct exchange *x = post(w, target, .bearer = n.nsk, .raw = { (unsigned char *)body, CAP });
    expect(w, expect_int(accept(judged(x), 200), "/violation_count") == 1,
           "violation_count is not 1");
}

/* ---- the rules of an entry ---- */

CASE("INT-006", .clauses = { "INT-006" }, VIOLATIONS, .title = "an entry has one of three kinds")
{
    static const char *const bad[] = { "", "hook", "binary", "host_key", "Hook_checksum" };
    struct own_node n = own_node(w);
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        refuse_entry(w, &n, "hook_checksum", "kind", json_string(bad[i]),
                     "integrity_violation_kind_invalid");
    accept_entry(w, &n, "hook_checksum", "kind", json_string("binary_checksum"));
}

CASE("INT-007", .clauses = { "INT-007" }, VIOLATIONS,
     .title = "an entry carries the marks of its kind alone")
{
    struct own_node n = own_node(w);
    refuse_entry(w, &n, "ssh_host_key", "observed_checksum", json_string(CHECKSUM_A), mismatch);
    refuse_entry(w, &n, "ssh_host_key", "expected_checksum", json_string("x"), mismatch);
    refuse_entry(w, &n, "hook_checksum", "observed_fingerprint", json_string(FINGERPRINT_A),
                 mismatch);
    refuse_entry(w, &n, "binary_checksum", "expected_fingerprint", json_string("x"), mismatch);
    accept_entry(w, &n, "ssh_host_key", "observed_checksum", json_string(""));
    accept_entry(w, &n, "hook_checksum", "expected_fingerprint", json_string(""));
}

CASE("INT-008", .clauses = { "INT-008" }, VIOLATIONS,
     .title = "an entry has one of three detectors")
{
    static const char *const bad[] = { "", "fanotify", "INOTIFY" };
    static const char *const good[] = { "startup_scan", "inotify", "pre_dispatch" };
    struct own_node n = own_node(w);
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        refuse_entry(w, &n, "hook_checksum", "detected_by", json_string(bad[i]),
                     "integrity_violation_detected_by_invalid");
    for (size_t i = 0; i < ARRAY_LEN(good); i++)
        accept_entry(w, &n, "hook_checksum", "detected_by", json_string(good[i]));
}

CASE("INT-009", .clauses = { "INT-009" }, VIOLATIONS, .title = "an entry names its artifact")
{
    struct own_node n = own_node(w);
    refuse_entry(w, &n, "hook_checksum", "artifact_id", json_string(""),
                 "integrity_violation_artifact_id_empty");
    refuse_entry(w, &n, "hook_checksum", "artifact_id", json_string(" \t"),
                 "integrity_violation_artifact_id_empty");
    accept_entry(w, &n, "hook_checksum", "artifact_id", json_string("/usr/bin/plexd"));
}

CASE("INT-011", .clauses = { "INT-011" }, VIOLATIONS, .title = "checksums are base64 of 32 bytes")
{
    static const char *const bad[] = {
        "", "AAAA", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU"
    };
    struct own_node n = own_node(w);
    refuse_entry(w, &n, "hook_checksum", "observed_checksum", NULL, bad_sum);
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        refuse_entry(w, &n, "binary_checksum", "observed_checksum", json_string(bad[i]), bad_sum);
    refuse_entry(w, &n, "hook_checksum", "expected_checksum", json_string("AAAA"), bad_sum);
    accept_entry(w, &n, "hook_checksum", "expected_checksum", json_string(CHECKSUM_B));
    accept_entry(w, &n, "binary_checksum", "expected_checksum", json_string(""));
}

CASE("INT-012", .clauses = { "INT-012" }, VIOLATIONS,
     .title = "fingerprints are SHA256: and base64")
{
    static const char *const bad[] = { "SHA256:", "MD5:16:27", "SHA256:a b", "SHA256:nThb===" };
    struct own_node n = own_node(w);
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        refuse_entry(w, &n, "ssh_host_key", "observed_fingerprint", json_string(bad[i]), bad_key);
        refuse_entry(w, &n, "ssh_host_key", "expected_fingerprint", json_string(bad[i]), bad_key);
    }
    accept_entry(w, &n, "ssh_host_key", "expected_fingerprint", json_string(FINGERPRINT_B));
}

CASE("INT-013", .clauses = { "INT-013" }, VIOLATIONS,
     .title = "what an entry must have is missed by name")
{
    struct own_node n = own_node(w);
    refuse_entry(w, &n, "hook_checksum", "kind", NULL, "integrity_violation_kind_invalid");
    refuse_entry(w, &n, "hook_checksum", "detected_by", NULL,
                 "integrity_violation_detected_by_invalid");
    refuse_entry(w, &n, "hook_checksum", "artifact_id", NULL,
                 "integrity_violation_artifact_id_empty");
    refuse_entry(w, &n, "ssh_host_key", "observed_fingerprint", NULL, bad_key);
    accept_entry(w, &n, "ssh_host_key", "expected_fingerprint", NULL);
}

/* One fault after the other is mended, and the next one answers. */
CASE("INT-010", .clauses = { "INT-010" }, VIOLATIONS,
     .title = "of several faults of a batch the first in our order answers")
{
    struct own_node n = own_node(w);
    json_t *one =
        json_pack("{s:s, s:s, s:s, s:s, s:s}", "kind", "x", "detected_by", "x", "artifact_id", " ",
                  "observed_checksum", "x", "observed_fingerprint", "x");
    json_own(w->arena, one);
    const struct {
        const char *member, *mended, *code;
    } steps[] = { { "kind", "hook_checksum", "integrity_violation_kind_invalid" },
                  { "observed_fingerprint", "", mismatch },
                  { "detected_by", "inotify", "integrity_violation_detected_by_invalid" },
                  { "artifact_id", "a", "integrity_violation_artifact_id_empty" },
                  { "observed_checksum", CHECKSUM_A, bad_sum } };
    for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
        refuse_as(w, &n,
                  batch(json_deep_copy(one), with(entry("hook_checksum"), "kind", NULL), NULL), 400,
                  steps[i].code);
        with(one, steps[i].member, json_string(steps[i].mended));
    }
    refuse_as(w, &n, batch(json_deep_copy(one), with(entry("ssh_host_key"), "kind", NULL), NULL),
              400, "integrity_violation_kind_invalid");
    accept(reporting_of(w, &n, batch(json_deep_copy(one), NULL)), 200);
}

/* ---- the rules of a batch ---- */

static json_t *many(size_t n, const char *last_kind)
{
    json_t *entries = json_array();
    for (size_t i = 0; i + 1 < n; i++)
        json_array_append_new(entries, entry("hook_checksum"));
    json_array_append_new(entries, entry(last_kind));
    return json_pack("{s:o}", "violations", entries);
}

CASE("INT-014", .clauses = { "INT-014" }, VIOLATIONS, .title = "a batch has 1 to 128 entries")
{
    struct own_node n = own_node(w);
    refuse_as(w, &n, json_pack("{s:[]}", "violations"), 400, "integrity_violations_empty");
    refuse_as(w, &n, many(129, "hook_checksum"), 413, "integrity_violations_too_many");
    refuse_as(w, &n, many(129, "host_key"), 400, "integrity_violation_kind_invalid");
    struct reply *r = accept(judged(reporting_of(w, &n, many(128, "hook_checksum"))), 200);
    expect(w, expect_int(r, "/violation_count") == 128, "violation_count is not 128");
    expect(w, listed_rows(w, list_of(w, &n, "&limit=200")) == 128,
           "128 entries are not as many rows");
}

CASE("INT-015", .clauses = { "INT-015" }, VIOLATIONS,
     .title = "a batch with one bad entry is not recorded at all")
{
    struct own_node n = own_node(w);
    refuse_as(w, &n,
              batch(entry("hook_checksum"), entry("ssh_host_key"),
                    with(entry("hook_checksum"), "observed_checksum", json_string("x")), NULL),
              400, bad_sum);
    expect(w, listed_rows(w, list_of(w, &n, "")) == 0, "a refused batch left rows");
    accept(reporting_of(w, &n, batch(entry("hook_checksum"), entry("ssh_host_key"), NULL)), 200);
    expect(w, listed_rows(w, list_of(w, &n, "")) == 2, "an accepted batch left other than 2 rows");
}

CASE("INT-016", .clauses = { "INT-016" }, VIOLATIONS,
     .title = "a batch that is sent again is recorded again")
{
    struct own_node n = own_node(w);
    for (size_t i = 1; i <= 3; i++) {
        accept(reporting_of(w, &n, batch(entry("hook_checksum"), NULL)), 200);
        expect(w, listed_rows(w, list_of(w, &n, "")) == i, "%zu batches are not as many rows", i);
    }
}
