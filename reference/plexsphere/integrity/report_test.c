/* Batches of violations: which rule answers (INT-003 to INT-014). */
#include "reference/plexsphere/integrity/report.h"

#include <string.h>

#include "common/arena.h"
#include "common/json.h"
#include "common/testing.h"

#define SUM "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
#define BY "\"detected_by\":\"inotify\",\"artifact_id\":\" plexd \""
#define GOOD "{\"kind\":\"hook_checksum\"," BY ",\"observed_checksum\":\"" SUM "\"}"
#define GOOD_KEY                                                                                   \
    "{\"kind\":\"ssh_host_key\"," BY ",\"observed_fingerprint\":\"SHA256:AA\","                    \
    "\"expected_fingerprint\":\"SHA256:BB\"}"

static enum report_result read_text(struct arena *a, const char *text, struct violation **out,
                                    size_t *n)
{
    json_t *body;
    struct error e = { "" };
    const char *why = NULL;
    ck_assert_msg(json_parse(a, text, strlen(text), &body, &e), "%s: %s", text, e.text);
    enum report_result r = report_read(a, body, out, n, &why);
    ck_assert_msg(r != REPORT_MALFORMED || why, "%s: no reason", text);
    return r;
}

START_TEST(what_is_refused)
{
    static const struct {
        enum report_result expected;
        const char *text;
    } rows[] = {
        { REPORT_MALFORMED, "{}" },
        { REPORT_MALFORMED, "{\"violations\":{}}" },
        { REPORT_MALFORMED, "{\"violations\":[1]}" },
        { REPORT_MALFORMED, "{\"violations\":[],\"more\":1}" },
        { REPORT_MALFORMED, "{\"violations\":[{\"kind\":\"x\"},{\"more\":1}]}" },
        { REPORT_EMPTY, "{\"violations\":[]}" },
        { REPORT_KIND_INVALID, "{\"violations\":[{}]}" },
        { REPORT_KIND_INVALID, "{\"violations\":[" GOOD ",{\"kind\":\"hook\"}]}" },
        { REPORT_KIND_MISMATCH, "{\"violations\":[{\"kind\":\"ssh_host_key\","
                                "\"expected_checksum\":\"x\"}]}" },
        { REPORT_KIND_MISMATCH, "{\"violations\":[{\"kind\":\"binary_checksum\","
                                "\"observed_fingerprint\":\"x\"}]}" },
        { REPORT_DETECTED_BY_INVALID, "{\"violations\":[{\"kind\":\"hook_checksum\"}]}" },
        { REPORT_ARTIFACT_ID_EMPTY, "{\"violations\":[{\"kind\":\"hook_checksum\","
                                    "\"detected_by\":\"inotify\",\"artifact_id\":\"\\t\"}]}" },
        { REPORT_CHECKSUM_INVALID, "{\"violations\":[{\"kind\":\"hook_checksum\"," BY "}]}" },
        { REPORT_CHECKSUM_INVALID,
          "{\"violations\":[{\"kind\":\"hook_checksum\"," BY ",\"observed_checksum\":\"" SUM
          "\",\"expected_checksum\":\"x\"}]}" },
        { REPORT_FINGERPRINT_INVALID, "{\"violations\":[{\"kind\":\"ssh_host_key\"," BY "}]}" },
    };
    struct arena *a = arena_create();
    struct violation *violations;
    size_t n;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        ck_assert_msg(read_text(a, rows[i].text, &violations, &n) == rows[i].expected, "%s",
                      rows[i].text);
    arena_destroy(a);
}
END_TEST

START_TEST(entries_become_rows_in_their_order)
{
    struct arena *a = arena_create();
    struct violation *v;
    size_t n;
    ck_assert_int_eq(read_text(a, "{\"violations\":[" GOOD "," GOOD_KEY "]}", &v, &n), REPORT_OK);
    ck_assert_uint_eq(n, 2);
    ck_assert_str_eq(v[0].kind, "hook");
    ck_assert_str_eq(v[0].artifact_id, "plexd");
    ck_assert_str_eq(v[0].observed, SUM);
    ck_assert_ptr_null(v[0].expected);
    ck_assert_str_eq(v[1].kind, "host_key");
    ck_assert_str_eq(v[1].expected, "SHA256:BB");
    arena_destroy(a);
}
END_TEST

TESTS("integrity/report", what_is_refused, entries_become_rows_in_their_order)
