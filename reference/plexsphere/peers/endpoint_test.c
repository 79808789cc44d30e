#include "reference/plexsphere/peers/endpoint.h"

#include <string.h>

#include "common/arena.h"
#include "common/json.h"
#include "common/testing.h"
#include "common/timestamp.h"

#define NOW_TEXT "2026-11-22T05:00:00Z"
#define REST ",\"nat_type\":\"symmetric\",\"reported_at\":\"" NOW_TEXT "\"}"

static struct arena *arena;
static struct endpoint_report report;

static enum endpoint_read_result read_text(const char *text)
{
    json_t *body;
    int64_t now;
    const char *why = NULL;
    ck_assert(timestamp_parse(NOW_TEXT, &now));
    ck_assert_msg(json_parse(arena, text, strlen(text), &body, NULL), "no JSON: %s", text);
    enum endpoint_read_result r = endpoint_report_read(arena, body, now, &report, &why);
    ck_assert(r != ENDPOINT_MALFORMED || why != NULL);
    return r;
}

START_TEST(what_is_no_literal_endpoint_is_refused)
{
    static const char *const bad[] = {
        "127.0.0.1:1",
        "127.9.9.9:1",
        "0.0.0.0:1",
        "169.254.1.1:1",
        "[::1]:1",
        "[::]:1",
        "[fe80::1]:1",
        "[febf::1]:1",
        "[::ffff:127.0.0.1]:1",
        "[::ffff:169.254.0.1]:1",
        "[::127.0.0.1]:1",
        "1.2.3.4:0",
        "1.2.3.4:65536",
        "1.2.3.4:+1",
        "1.2.3.4:01",
        "1.2.3.4:",
        "1.2.3.4",
        "host:1",
        "host.example:1",
        ":1",
        "2001:db8::1:1",
        "[2001:db8::1]",
        "[2001:db8::1]:",
        "[1.2.3.4]:1",
        "[fe80::1%eth0]:1",
        "01.2.3.4:1",
        "1.2.3:1",
        " 1.2.3.4:1",
        "1.2.3.4:1 ",
        "[2001:db8::1:1",
    };
    arena = arena_create();
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        const char *text = arena_printf(arena, "{\"endpoint\":\"%s\"" REST, bad[i]);
        ck_assert_msg(read_text(text) == ENDPOINT_UNPARSEABLE, "accepted: %s", bad[i]);
    }
    arena_destroy(arena);
}
END_TEST

START_TEST(a_literal_endpoint_is_read_in_its_canonical_form)
{
    static const struct {
        const char *text, *address, *again;
        int port;
    } good[] = {
        { "192.0.2.7:51820", "192.0.2.7", "192.0.2.7:51820", 51820 },
        { "10.0.0.1:1", "10.0.0.1", "10.0.0.1:1", 1 },
        { "[2001:DB8:0::7]:65535", "2001:db8::7", "[2001:db8::7]:65535", 65535 },
    };
    arena = arena_create();
    for (size_t i = 0; i < ARRAY_LEN(good); i++) {
        const char *text = arena_printf(arena, "{\"endpoint\":\"%s\"" REST, good[i].text);
        ck_assert_int_eq(read_text(text), ENDPOINT_READ);
        ck_assert_str_eq(report.address, good[i].address);
        ck_assert_int_eq(report.port, good[i].port);
        ck_assert_str_eq(endpoint_text(arena, report.address, report.port), good[i].again);
        ck_assert_str_eq(report.nat_type, "symmetric");
    }
    arena_destroy(arena);
}
END_TEST

START_TEST(a_report_has_its_shape_then_its_time_then_its_endpoint)
{
    static const char *const malformed[] = {
        "{}",
        "{\"endpoint\":\"\"" REST,
        "{\"endpoint\":7" REST,
        "{\"endpoint\":null" REST,
        "{\"endpoint\":\"1.2.3.4:1\",\"more\":1" REST,
        "{\"endpoint\":\"1.2.3.4:1\",\"nat_type\":\"odd\",\"reported_at\":\"" NOW_TEXT "\"}",
        "{\"endpoint\":\"1.2.3.4:1\",\"reported_at\":\"" NOW_TEXT "\"}",
        "{\"endpoint\":\"1.2.3.4:1\",\"nat_type\":\"unknown\",\"reported_at\":\"now\"}",
        "{\"endpoint\":\"1.2.3.4:1\",\"nat_type\":\"unknown\"}",
    };
    arena = arena_create();
    for (size_t i = 0; i < ARRAY_LEN(malformed); i++)
        ck_assert_msg(read_text(malformed[i]) == ENDPOINT_MALFORMED, "%s", malformed[i]);
#define AT(when) "{\"endpoint\":\"nowhere\",\"nat_type\":\"unknown\",\"reported_at\":\"" when "\"}"
    ck_assert_int_eq(read_text(AT("2026-11-22T04:58:59Z")), ENDPOINT_SKEWED);
    ck_assert_int_eq(read_text(AT("2026-11-22T05:01:01Z")), ENDPOINT_SKEWED);
    ck_assert_int_eq(read_text(AT("2026-11-22T04:59:00Z")), ENDPOINT_UNPARSEABLE);
    ck_assert_int_eq(read_text(AT("2026-11-22T05:01:00Z")), ENDPOINT_UNPARSEABLE);
    arena_destroy(arena);
}
END_TEST

TESTS("peers/endpoint", what_is_no_literal_endpoint_is_refused,
      a_literal_endpoint_is_read_in_its_canonical_form,
      a_report_has_its_shape_then_its_time_then_its_endpoint)
