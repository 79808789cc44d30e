/* suites/capabilities/manifest.c — CAP-001 to CAP-019: what Nodes report. */
#include <string.h>

#include "common/json.h"
#include "harness/case.h"
#include "suites/capabilities/capabilities.h"
#include "suites/registration/registration.h"

#define SUITE "capabilities"

static void refuse_as(struct world *w, const struct own_node *n, json_t *body, int status,
                      const char *code)
{
    refuse(judged(reporting(w, n, body)), status, code);
}

static void refuse_400(struct world *w, const struct own_node *n, json_t *body, const char *code)
{
    refuse_as(w, n, body, 400, code);
}

static const char malformed[] = "malformed_capabilities_request";

/* ---- the way in ---- */

CASE("CAP-001", .clauses = { "CAP-001", "CAP-016", "CAP-018" }, REPORTS,
     .title = "a manifest is answered with its time and what it changed")
{
    struct own_node n = own_node(w);
    expect_changed(w, &n, manifest(), "binary_checksum binary_version");
    expect_changed(w, &n, manifest(), "");
}

CASE("CAP-002", .clauses = { "CAP-002", "HBT-005", "HBT-006", "HBT-007", "HBT-008", "HBT-009" },
     REPORTS, .title = "credential, path and size of a manifest are judged in this order")
{
    enum { OVER = 32769 };
    struct own_node n = own_node(w), other = own_node(w), gone = own_node(w);
    char *body = arena_alloc(w->arena, OVER);
    struct bytes bad = { (unsigned char *)body, OVER };
    const char *target = capabilities_path(w, n.id);
    memset(body, '{', OVER);
    world_given(w, "revoked_nsk", json_pack("{s:s}", "node_id", gone.id));
    refuse(judged(put(w, target, .raw = bad)), 401, "unauthorized");
    refuse(judged(put(w, target, .raw = bad, .headers = { { "Authorization", "Basic eDp5" } })),
           401, "unauthorized");
    refuse(judged(put(w, target, .raw = bad, .bearer = random_key(w))), 401, "nsk_invalid");
    refuse(judged(put(w, target, .raw = bad, .bearer = gone.nsk)), 401, "nsk_revoked");
    refuse(judged(put(w, target, .raw = bad, .bearer = other.nsk)), 403, "node_id_mismatch");
    refuse(judged(put(w, capabilities_path(w, NO_SUCH_ID), .raw = bad, .bearer = n.nsk)), 403,
           "node_id_mismatch");
    refuse(judged(put(w, target, .raw = bad, .bearer = n.nsk)), 413, "capabilities_body_too_large");
    refuse(judged(put(w, target, .raw = { bad.data, OVER - 1 }, .bearer = n.nsk)), 400, malformed);
    accept(reporting(w, &n, manifest()), 200);
}

CASE("CAP-003", .clauses = { "CAP-003" }, REPORTS,
     .title = "a manifest is a JSON object with its own members")
{
    static const char *const bad[] = { "{", "", "null", "[]" };
    struct own_node n = own_node(w);
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        refuse(judged(put(w, capabilities_path(w, n.id), .bearer = n.nsk,
                          .raw = BYTES_OF_TEXT(bad[i]))),
               400, malformed);
    refuse_400(w, &n, with(manifest(), "node_id", json_string(n.id)), malformed);
    refuse_400(w, &n,
               with_hooks(manifest(), "declared_hooks",
                          with(declared_hook("a"), "image_digest", json_string(DIGEST_A)), NULL),
               malformed);
    refuse_400(w, &n,
               with_hooks(manifest(), "plexd_hooks",
                          with(discovered_hook("a"), "checksum", json_string(CHECKSUM_A)), NULL),
               malformed);
    accept(reporting(w, &n, manifest()), 200);
}

static json_t *hook_with(const char *list, const char *member, json_t *value)
{
    json_t *hook = strcmp(list, "plexd_hooks") == 0 ? discovered_hook("a") : declared_hook("a");
    return with_hooks(manifest(), list, with(hook, member, value), NULL);
}

CASE("CAP-004", .clauses = { "CAP-004" }, REPORTS, .title = "members of a manifest have their type")
{
    static const char *const texts[] = { "binary_version", "binary_checksum",
                                         "ssh_host_key_fingerprint" };
    static const char *const lists[] = { "declared_hooks", "plexd_hooks" };
    struct own_node n = own_node(w);
    char *longest = arena_alloc(w->arena, 4098);
    memset(longest, 'v', 4097);
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        refuse_400(w, &n, with(manifest(), texts[i], json_integer(7)), malformed);
        refuse_400(w, &n, with(manifest(), texts[i], json_null()), malformed);
    }
    for (size_t i = 0; i < ARRAY_LEN(lists); i++) {
        refuse_400(w, &n, with(manifest(), lists[i], json_object()), malformed);
        refuse_400(w, &n, with_hooks(manifest(), lists[i], json_string("a"), NULL), malformed);
        refuse_400(w, &n, hook_with(lists[i], "name", json_integer(1)), malformed);
    }
    refuse_400(w, &n, hook_with("plexd_hooks", "sandbox", json_string("true")), malformed);
    refuse_400(w, &n, hook_with("plexd_hooks", "timeout_seconds", json_real(1.5)), malformed);
    refuse_400(w, &n, hook_with("plexd_hooks", "parameters", json_pack("{s:i}", "a", 1)),
               malformed);
    refuse_400(w, &n, with(manifest(), "binary_version", json_string(longest)), malformed);
    longest[4096] = '\0';
    accept(reporting(w, &n, with(manifest(), "binary_version", json_string(longest))), 200);
}

CASE("CAP-005", .clauses = { "CAP-005" }, REPORTS, .title = "a manifest has at most 32,768 bytes")
{
    enum { CAP = 32768 };
    struct own_node n = own_node(w);
    char *text = json_dump(w->arena, json_own(w->arena, manifest()));
    char *body = arena_alloc(w->arena, CAP + 2);
    memset(body, ' ', CAP + 1);
    memcpy(body, text, strlen(text));
    const char *target = capabilities_path(w, n.id);
    refuse(judged(put(w, target, .bearer = n.nsk, .raw = { (unsigned char *)body, CAP + 1 })), 413,
           "capabilities_body_too_large");
    expect_text(
        accept(judged(put(w, target, .bearer = n.nsk, .raw = { (unsigned char *)body, CAP })), 200),
        "/accepted_at");
}

/* ---- its rules ---- */

CASE("CAP-006", .clauses = { "CAP-006" }, REPORTS, .title = "a manifest names a version")
{
    struct own_node n = own_node(w);
    refuse_400(w, &n, with(manifest(), "binary_version", json_string("")), "binary_version_empty");
    refuse_400(w, &n, with(manifest(), "binary_version", json_string(" \t\n")),
               "binary_version_empty");
    accept(reporting(w, &n, with(manifest(), "binary_version", json_string("v"))), 200);
}

CASE("CAP-007", .clauses = { "CAP-007" }, REPORTS,
     .title = "a checksum is 44 characters of base64, and hex is none")
{
    static const char *const bad[] = {
        "",
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU",
        "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU=",
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA==",
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
    };
    struct own_node n = own_node(w);
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        refuse_400(w, &n, with(manifest(), "binary_checksum", json_string(bad[i])),
                   "binary_checksum_invalid");
    accept(reporting(w, &n, with(manifest(), "binary_checksum", json_string(CHECKSUM_B))), 200);
}

CASE("CAP-008", .clauses = { "CAP-008" }, REPORTS,
     .title = "what a manifest must have is missed by name")
{
    struct own_node n = own_node(w);
    refuse_400(w, &n, with(manifest(), "binary_version", NULL), "binary_version_empty");
    refuse_400(w, &n, with(manifest(), "binary_checksum", NULL), "binary_checksum_invalid");
    accept(reporting(w, &n, manifest()), 200);
}

CASE("CAP-009", .clauses = { "CAP-009" }, REPORTS,
     .title = "a fingerprint is SHA256: and base64, or it is none")
{
    static const char *const bad[] = { "SHA256:", "MD5:16:27:ac", "nThbg6kXUpJWGl7E1IGOCspRomTx",
                                       "SHA256:a b", "SHA256:nThb===" };
    struct own_node n = own_node(w);
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        refuse_400(w, &n, with(manifest(), "ssh_host_key_fingerprint", json_string(bad[i])),
                   "ssh_host_key_fingerprint_invalid");
    accept(reporting(w, &n, with(manifest(), "ssh_host_key_fingerprint", json_string(""))), 200);
    accept(reporting(w, &n,
                     with(manifest(), "ssh_host_key_fingerprint", json_string(FINGERPRINT_A))),
           200);
}

static json_t *hooks(struct world *w, const char *list, size_t n)
{
    json_t *body = with(manifest(), list, json_array());
    for (size_t i = 0; i < n; i++) {
        const char *name = path(w, "hook-%zu", i);
        json_array_append_new(json_object_get(body, list), strcmp(list, "plexd_hooks") == 0
                                                               ? discovered_hook(name)
                                                               : declared_hook(name));
    }
    return body;
}

CASE("CAP-010", .clauses = { "CAP-010" }, REPORTS,
     .title = "declared hooks have different names and checksums, and are 128 at most")
{
    static const char list[] = "declared_hooks";
    struct own_node n = own_node(w);
    refuse_400(w, &n, with_hooks(manifest(), list, declared_hook("a"), declared_hook("a"), NULL),
               "declared_hook_duplicate");
    refuse_400(w, &n, hooks(w, list, 129), "declared_hooks_too_many");
    refuse_400(w, &n, with_hooks(manifest(), list, declared_hook(" "), NULL),
               "declared_hook_invalid");
    refuse_400(w, &n, hook_with(list, "checksum", json_string("AAAA")), "declared_hook_invalid");
    accept(reporting(w, &n,
                     with_hooks(manifest(), list, declared_hook("a"), declared_hook("A"), NULL)),
           200);
    expect_changed(w, &n, hooks(w, list, 128), "declared_hooks");
}

CASE("CAP-013", .clauses = { "CAP-013" }, REPORTS,
     .title = "discovered hooks have different names, a digest and no time limit below zero, and "
              "are 128 at most")
{
    static const char list[] = "plexd_hooks";
    static const char *const digests[] = {
        "",
        "sha256:",
        "sha256:E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855",
        "sha512:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        DIGEST_A "00"
    };
    struct own_node n = own_node(w);
    refuse_as(w, &n, with_hooks(manifest(), list, discovered_hook("a"), discovered_hook("a"), NULL),
              422, "plexd_hook_duplicate");
    refuse_as(w, &n, hooks(w, list, 129), 422, "plexd_hooks_too_many");
    refuse_as(w, &n, with_hooks(manifest(), list, discovered_hook(""), NULL), 422,
              "plexd_hook_invalid");
    for (size_t i = 0; i < ARRAY_LEN(digests); i++)
        refuse_as(w, &n, hook_with(list, "image_digest", json_string(digests[i])), 422,
                  "plexd_hook_invalid");
    refuse_as(w, &n, hook_with(list, "timeout_seconds", json_integer(-1)), 422,
              "plexd_hook_invalid");
    accept(reporting(w, &n, hook_with(list, "timeout_seconds", json_integer(0))), 200);
    expect_changed(w, &n, hooks(w, list, 128), "plexd_hooks");
}

CASE("CAP-014", .clauses = { "CAP-014" }, REPORTS,
     .title = "a hook without its name, checksum or digest is a wrong one")
{
    struct own_node n = own_node(w);
    refuse_400(w, &n, hook_with("declared_hooks", "name", NULL), "declared_hook_invalid");
    refuse_400(w, &n, hook_with("declared_hooks", "checksum", NULL), "declared_hook_invalid");
    refuse_as(w, &n, hook_with("plexd_hooks", "name", NULL), 422, "plexd_hook_invalid");
    refuse_as(w, &n, hook_with("plexd_hooks", "image_digest", NULL), 422, "plexd_hook_invalid");
    accept(reporting(w, &n, hook_with("plexd_hooks", "timeout_seconds", NULL)), 200);
}

/* One fault after the other is mended, and the next one answers. */
CASE("CAP-011", .clauses = { "CAP-011" }, REPORTS,
     .title = "of several faults of a manifest the first in the contract's order answers")
{
    struct own_node n = own_node(w);
    json_t *body = json_own(w->arena, manifest());
    with(body, "binary_version", json_string(" "));
    with(body, "binary_checksum", json_string("x"));
    with(body, "ssh_host_key_fingerprint", json_string("x"));
    with_hooks(body, "declared_hooks", declared_hook("a"), declared_hook("a"),
               with(declared_hook("b"), "checksum", json_string("x")), NULL);
    with_hooks(body, "plexd_hooks", discovered_hook("a"), discovered_hook("a"),
               with(discovered_hook("b"), "image_digest", json_string("x")), NULL);
    refuse_400(w, &n, json_deep_copy(with(json_deep_copy(body), "more", json_null())), malformed);
    refuse_400(w, &n, json_deep_copy(body), "binary_version_empty");
    with(body, "binary_version", json_string("v1"));
    refuse_400(w, &n, json_deep_copy(body), "binary_checksum_invalid");
    with(body, "binary_checksum", json_string(CHECKSUM_A));
    refuse_400(w, &n, json_deep_copy(body), "ssh_host_key_fingerprint_invalid");
    with(body, "ssh_host_key_fingerprint", json_string(FINGERPRINT_A));
    refuse_400(w, &n, json_deep_copy(body), "declared_hook_duplicate");
    json_array_remove(json_object_get(body, "declared_hooks"), 0);
    refuse_400(w, &n, json_deep_copy(body), "declared_hook_invalid");
    json_array_remove(json_object_get(body, "declared_hooks"), 1);
    refuse_as(w, &n, json_deep_copy(body), 422, "plexd_hook_duplicate");
    json_array_remove(json_object_get(body, "plexd_hooks"), 0);
    refuse_as(w, &n, json_deep_copy(body), 422, "plexd_hook_invalid");
    json_array_remove(json_object_get(body, "plexd_hooks"), 1);
    accept(reporting(w, &n, json_deep_copy(body)), 200);
}

/* ---- what changes ---- */

static json_t *full(void)
{
    json_t *body = with(manifest(), "ssh_host_key_fingerprint", json_string(FINGERPRINT_A));
    with_hooks(body, "declared_hooks", declared_hook("a"), declared_hook("b"), NULL);
    return with_hooks(body, "plexd_hooks", discovered_hook("a"),
                      with(discovered_hook("b"), "timeout_seconds", json_integer(30)), NULL);
}

CASE("CAP-016", .clauses = { "CAP-016", "CAP-017" }, REPORTS,
     .title = "fields_changed names what differs and nothing else, in the order of the alphabet")
{
    struct own_node n = own_node(w);
    accept(reporting(w, &n, full()), 200);
    expect_changed(w, &n, full(), "");
    expect_changed(w, &n, with(full(), "binary_version", json_string("v0.2.0")), "binary_version");
    expect_changed(w, &n, with(full(), "binary_checksum", json_string(CHECKSUM_B)),
                   "binary_checksum binary_version");
    expect_changed(w, &n, manifest(),
                   "binary_checksum declared_hooks plexd_hooks ssh_host_key_fingerprint");
    expect_changed(w, &n, full(), "declared_hooks plexd_hooks ssh_host_key_fingerprint");
    expect_changed(w, &n,
                   with_hooks(full(), "declared_hooks", declared_hook("a"),
                              with(declared_hook("b"), "checksum", json_string(CHECKSUM_B)), NULL),
                   "declared_hooks");
}

CASE("CAP-018", .clauses = { "CAP-018" }, REPORTS,
     .title = "host_key_changed tells of a key that comes, changes and goes")
{
    static const char key[] = "ssh_host_key_fingerprint";
    struct own_node n = own_node(w);
    accept(reporting(w, &n, manifest()), 200);
    expect_changed(w, &n, with(manifest(), key, json_string(FINGERPRINT_A)), key);
    expect_changed(w, &n, with(manifest(), key, json_string(FINGERPRINT_A)), "");
    expect_changed(w, &n, with(manifest(), key, json_string(FINGERPRINT_B)), key);
    expect_changed(w, &n, with(manifest(), key, json_string("")), key);
    expect_changed(w, &n, manifest(), "");
}

CASE("CAP-015", .clauses = { "CAP-015" }, REPORTS, .title = "what a manifest leaves out is gone")
{
    struct own_node n = own_node(w);
    accept(reporting(w, &n, full()), 200);
    expect_changed(w, &n, with_hooks(full(), "plexd_hooks", discovered_hook("a"), NULL),
                   "plexd_hooks");
    expect_changed(w, &n, with_hooks(full(), "plexd_hooks", discovered_hook("a"), NULL), "");
    expect_changed(w, &n, with(full(), "plexd_hooks", NULL), "plexd_hooks");
    expect_changed(w, &n, with(full(), "plexd_hooks", json_array()), "");
}

CASE("CAP-019", .clauses = { "CAP-019" }, REPORTS,
     .title = "with the first manifest everything supplied changes, and hooks have no order")
{
    struct own_node n = own_node(w);
    expect_changed(w, &n, full(),
                   "binary_checksum binary_version declared_hooks plexd_hooks "
                   "ssh_host_key_fingerprint");
    json_t *turned =
        with_hooks(full(), "declared_hooks", declared_hook("b"), declared_hook("a"), NULL);
    with_hooks(turned, "plexd_hooks",
               with(discovered_hook("b"), "timeout_seconds", json_integer(30)),
               discovered_hook("a"), NULL);
    expect_changed(w, &n, turned, "");
}

static json_t *one_hook(const char *member, json_t *value)
{
    return with_hooks(manifest(), "plexd_hooks", with(discovered_hook("a"), member, value), NULL);
}

CASE("CAP-012", .clauses = { "CAP-012" }, REPORTS,
     .title = "a hook has no sandbox and no parameters until it says so")
{
    struct own_node n = own_node(w);
    accept(reporting(w, &n, one_hook("sandbox", NULL)), 200);
    expect_changed(w, &n, one_hook("sandbox", json_false()), "");
    expect_changed(w, &n, one_hook("parameters", json_object()), "");
    expect_changed(w, &n, one_hook("sandbox", json_true()), "plexd_hooks");
    expect_changed(w, &n, one_hook("parameters", json_pack("{s:s}", "k", "v")), "plexd_hooks");
    expect_changed(w, &n, one_hook("parameters", json_pack("{s:s}", "k", "w")), "plexd_hooks");
    expect_changed(w, &n, one_hook("timeout_seconds", json_integer(0)), "plexd_hooks");
    expect_changed(w, &n, one_hook("timeout_seconds", NULL), "plexd_hooks");
}
