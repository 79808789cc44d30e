/* Manifests: what is refused, by which rule, in which order (CAP-003 to CAP-014). */
#include "reference/plexsphere/capabilities/manifest.h"

#include <string.h>

#include "common/arena.h"
#include "common/json.h"
#include "common/testing.h"

#define SUM "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
#define DIGEST "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define HEAD "\"binary_version\":\"v1\",\"binary_checksum\":\"" SUM "\""

static enum manifest_result read_text(struct arena *a, const char *text, struct manifest *out)
{
    json_t *body;
    struct error e = { "" };
    const char *why = NULL;
    ck_assert_msg(json_parse(a, text, strlen(text), &body, &e), "%s: %s", text, e.text);
    enum manifest_result r = manifest_read(a, body, out, &why);
    ck_assert_msg(r != MANIFEST_MALFORMED || why, "%s: no reason", text);
    return r;
}

START_TEST(what_is_refused)
{
    static const struct {
        enum manifest_result expected;
        const char *text;
    } rows[] = {
        { MANIFEST_MALFORMED, "{" HEAD ",\"x\":1}" },
        { MANIFEST_MALFORMED, "{" HEAD ",\"declared_hooks\":null}" },
        { MANIFEST_MALFORMED, "{" HEAD ",\"declared_hooks\":[[]]}" },
        { MANIFEST_MALFORMED,
          "{" HEAD ",\"plexd_hooks\":[{\"name\":\"a\",\"image_digest\":\"" DIGEST
          "\",\"parameters\":{\"a\":null}}]}" },
        { MANIFEST_MALFORMED, "{\"binary_version\":1,\"binary_checksum\":\"\"}" },
        { MANIFEST_NO_VERSION, "{}" },
        { MANIFEST_NO_VERSION, "{\"binary_version\":\" \",\"binary_checksum\":\"x\"}" },
        { MANIFEST_BAD_CHECKSUM, "{\"binary_version\":\"v\"}" },
        { MANIFEST_BAD_FINGERPRINT, "{" HEAD ",\"ssh_host_key_fingerprint\":\"x\","
                                    "\"declared_hooks\":[{}]}" },
        { MANIFEST_DECLARED_TWICE, "{" HEAD ",\"declared_hooks\":[{},{}],\"plexd_hooks\":[{}]}" },
        { MANIFEST_DECLARED_INVALID, "{" HEAD ",\"declared_hooks\":[{\"name\":\"a\"}]}" },
        { MANIFEST_DISCOVERED_TWICE, "{" HEAD ",\"plexd_hooks\":[{\"name\":\"a\"},"
                                     "{\"name\":\"a\"}]}" },
        { MANIFEST_DISCOVERED_INVALID, "{" HEAD ",\"plexd_hooks\":[{\"name\":\"a\"}]}" },
        { MANIFEST_DISCOVERED_INVALID,
          "{" HEAD ",\"plexd_hooks\":[{\"name\":\"a\",\"image_digest\":"
          "\"" DIGEST "\",\"timeout_seconds\":-1}]}" },
    };
    struct arena *a = arena_create();
    struct manifest m;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        ck_assert_msg(read_text(a, rows[i].text, &m) == rows[i].expected, "%s", rows[i].text);
    arena_destroy(a);
}
END_TEST

START_TEST(a_manifest_without_hooks_has_none)
{
    struct arena *a = arena_create();
    struct manifest m;
    ck_assert_int_eq(read_text(a, "{" HEAD ",\"ssh_host_key_fingerprint\":\"\"}", &m), MANIFEST_OK);
    ck_assert_str_eq(m.binary_version, "v1");
    ck_assert_uint_eq(m.binary_checksum[0], 0xe3);
    ck_assert_ptr_null(m.ssh_host_key_fingerprint);
    ck_assert_str_eq(m.declared_hooks, "{}");
    ck_assert_str_eq(m.plexd_hooks, "{}");
    arena_destroy(a);
}
END_TEST

START_TEST(what_a_hook_leaves_out_is_filled_in)
{
    struct arena *a = arena_create();
    struct manifest m;
    ck_assert_int_eq(read_text(a,
                               "{" HEAD ",\"declared_hooks\":[{\"name\":\"d\",\"checksum\":\"" SUM
                               "\"}],\"plexd_hooks\":[{\"name\":\"p\",\"image_digest\":\"" DIGEST
                               "\"}]}",
                               &m),
                     MANIFEST_OK);
    ck_assert_str_eq(m.declared_hooks, "{\"d\":\"" SUM "\"}");
    ck_assert_str_eq(m.plexd_hooks, "{\"p\":{\"image_digest\":\"" DIGEST
                                    "\",\"parameters\":{},\"timeout_seconds\":null,"
                                    "\"sandbox\":false}}");
    arena_destroy(a);
}
END_TEST

TESTS("capabilities/manifest", what_is_refused, a_manifest_without_hooks_has_none,
      what_a_hook_leaves_out_is_filled_in)
