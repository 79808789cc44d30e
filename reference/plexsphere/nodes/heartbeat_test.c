#include "reference/plexsphere/nodes/heartbeat.h"

#include <string.h>

#include "common/arena.h"
#include "common/json.h"
#include "common/testing.h"
#include "common/timestamp.h"

/* SHA-256 of "abc" (FIPS 180-2, B.1). */
#define HEX "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
#define BASE64 "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0="
#define REST "\"binary_version\":\"1.0\",\"nat_summary\":{}"
#define NOW_TEXT "2026-11-22T05:00:00Z"

static enum heartbeat_result read_text(const char *text, struct heartbeat *out)
{
    static struct arena *a;
    static const char *why;
    json_t *body;
    int64_t now;
    if (a)
        arena_destroy(a);
    a = arena_create();
    ck_assert(timestamp_parse(NOW_TEXT, &now));
    ck_assert(json_parse(a, text, strlen(text), &body, NULL));
    why = NULL;
    enum heartbeat_result result = heartbeat_read(a, body, now, out, &why);
    ck_assert(result != HEARTBEAT_MALFORMED || why != NULL);
    return result;
}

START_TEST(refuses_other_checksums)
{
    struct arena *a = arena_create();
    unsigned char out[CHECKSUM_BYTES];
    static const char *const bad[] = {
        "",
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015",     /* 31 bytes */
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad00", /* 33 */
        "BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD",
        "ga7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
        "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0",  /* padding cut off */
        "ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0=", /* the URL alphabet */
        "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFQ==", /* 31 bytes */
        "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=\n",
    };
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        ck_assert_msg(!checksum_parse(a, bad[i], out), "accepted: %s", bad[i]);
    arena_destroy(a);
}
END_TEST

START_TEST(both_checksum_forms_mean_the_same_bytes)
{
    struct arena *a = arena_create();
    unsigned char hex[CHECKSUM_BYTES], base64[CHECKSUM_BYTES];
    ck_assert(checksum_parse(a, HEX, hex));
    ck_assert(checksum_parse(a, BASE64, base64));
    ck_assert_mem_eq(hex, base64, CHECKSUM_BYTES);
    ck_assert_uint_eq(hex[0], 0xba);
    arena_destroy(a);
}
END_TEST

#define SUM "\"binary_checksum\":\"" HEX "\","
#define AT(t) "\"client_now\":\"" t "\","

START_TEST(malformed_comes_before_all_else)
{
    static const char *const bad[] = {
        "{}",
        "{" AT(NOW_TEXT) SUM REST ",\"extra\":1}",
        "{" SUM REST "}", /* no client_now */
        "{" AT("yesterday") SUM REST "}",
        "{\"client_now\":1," SUM REST "}",
        "{\"client_now\":null," SUM REST "}",
        "{" AT(NOW_TEXT) "\"binary_checksum\":null," REST "}",
        "{" AT(NOW_TEXT) SUM "\"binary_version\":1,\"nat_summary\":{}}",
        "{" AT(NOW_TEXT) SUM "\"binary_version\":\"1\"}", /* no nat_summary */
        "{" AT(NOW_TEXT) SUM "\"binary_version\":\"1\",\"nat_summary\":[]}",
        "{" AT(NOW_TEXT) SUM "\"binary_version\":\"1\",\"nat_summary\":null}",
        "{" AT("2020-01-01T00:00:00Z") "\"binary_version\":\"1\",\"nat_summary\":{},\"x\":0}",
    };
    struct heartbeat h;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        ck_assert_msg(read_text(bad[i], &h) == HEARTBEAT_MALFORMED, "%s", bad[i]);
}
END_TEST

START_TEST(then_the_clock_then_checksum_then_version)
{
    struct heartbeat h;
    ck_assert_int_eq(read_text("{" AT("2026-11-22T04:58:59Z") "\"nat_summary\":{}}", &h),
                     HEARTBEAT_SKEWED);
    ck_assert_int_eq(read_text("{" AT("2026-11-22T05:01:01Z") SUM REST "}", &h), HEARTBEAT_SKEWED);
    ck_assert_int_eq(read_text("{" AT("2026-11-22T05:01:00.000001Z") SUM REST "}", &h),
                     HEARTBEAT_SKEWED);
    ck_assert_int_eq(read_text("{" AT(NOW_TEXT) "\"nat_summary\":{}}", &h), HEARTBEAT_NO_CHECKSUM);
    ck_assert_int_eq(read_text("{" AT(NOW_TEXT) SUM "\"nat_summary\":{}}", &h),
                     HEARTBEAT_NO_VERSION);
    ck_assert_int_eq(read_text("{" AT(NOW_TEXT) SUM
                               "\"binary_version\":\" \\t\",\"nat_summary\":{}}",
                               &h),
                     HEARTBEAT_NO_VERSION);
}
END_TEST

START_TEST(reads_a_heartbeat)
{
    struct heartbeat h;
    ck_assert_int_eq(read_text("{" AT("2026-11-22T04:59:00Z") SUM REST "}", &h), HEARTBEAT_OK);
    ck_assert_int_eq(read_text("{" AT("2026-11-22T06:01:00+01:00") SUM REST "}", &h), HEARTBEAT_OK);
    ck_assert_int_eq(read_text("{" AT(NOW_TEXT) SUM
                               "\"binary_version\":\" v1 \",\"nat_summary\":{\"a\":[1]}}",
                               &h),
                     HEARTBEAT_OK);
    ck_assert_str_eq(h.version, "v1");
    ck_assert_str_eq(h.nat_summary, "{\"a\":[1]}");
    ck_assert_uint_eq(h.checksum[31], 0xad);
}
END_TEST

static enum heartbeat_result read_mvp(const char *text, struct heartbeat *out)
{
    static struct arena *a;
    json_t *body;
    const char *why = NULL;
    if (a)
        arena_destroy(a);
    a = arena_create();
    ck_assert_msg(json_parse(a, text, strlen(text), &body, NULL), "no JSON: %s", text);
    enum heartbeat_result result = heartbeat_read_mvp(a, body, 77, out, &why);
    ck_assert(result != HEARTBEAT_MALFORMED || why != NULL);
    return result;
}

START_TEST(the_other_dialect_may_say_nothing)
{
    struct heartbeat h;
    ck_assert_int_eq(read_mvp("{\"timestamp\":7}", &h), HEARTBEAT_MALFORMED);
    ck_assert_int_eq(read_mvp("{\"timestamp\":\"now\"}", &h), HEARTBEAT_MALFORMED);
    ck_assert_int_eq(read_mvp("{\"nat\":[]}", &h), HEARTBEAT_MALFORMED);
    ck_assert_int_eq(read_mvp("{}", &h), HEARTBEAT_OK);
    ck_assert_int_eq(h.client_now, 77);
    ck_assert_int_eq(read_mvp("{\"node_id\":\"\",\"timestamp\":\"0001-01-01T00:00:00Z\","
                              "\"status\":\"\",\"uptime\":\"\",\"binary_checksum\":\"\"}",
                              &h),
                     HEARTBEAT_OK);
    ck_assert(!h.has_checksum);
    ck_assert_int_eq(read_mvp("{\"binary_checksum\":\"sha256:" HEX "\",\"nat\":{\"type\":\"x\"}}",
                              &h),
                     HEARTBEAT_OK);
    ck_assert(h.has_checksum);
    ck_assert_str_eq(h.nat_summary, "{\"type\":\"x\"}");
}
END_TEST

TESTS("nodes/heartbeat", the_other_dialect_may_say_nothing, refuses_other_checksums,
      both_checksum_forms_mean_the_same_bytes, malformed_comes_before_all_else,
      then_the_clock_then_checksum_then_version, reads_a_heartbeat)
