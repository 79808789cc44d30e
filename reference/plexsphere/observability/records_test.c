/* From a body to its records (ING-008 to ING-019). */
#include "reference/plexsphere/observability/records.h"

#include <string.h>

#include "common/arena.h"
#include "common/buffer.h"
#include "common/testing.h"

#define SAMPLE                                                                                     \
    "{\"group\":\"agent_stats\",\"name\":\"n\",\"value\":1.50,\"timestamp\":"                      \
    "\"2026-11-22T04:55:00Z\"}"
#define LINE "{\"severity\":\"info\",\"message\":\"m\",\"timestamp\":\"2026-11-22T04:55:00Z\"}"

static struct arena *arena;
static struct bytes *records;
static size_t n;

static enum records_result read_text(const struct record_form *form, const char *text)
{
    return records_read(arena, form, BYTES_OF_TEXT(text), &records, &n);
}

START_TEST(what_is_no_array_of_samples)
{
    static const char *const bad[] = {
        "",
        " ",
        "[]",
        "[ ]",
        "{}",
        "[",
        "]",
        "[,]",
        "[" SAMPLE,
        "[" SAMPLE ",]",
        "[," SAMPLE "]",
        "[" SAMPLE "]]",
        "[" SAMPLE "] x",
        "[" SAMPLE " " SAMPLE "]",
        "[[" SAMPLE "]]",
        "[" SAMPLE "}]",
        "[\"" SAMPLE "\"]",
        "[null]",
        SAMPLE,
        "[{\"a\":\"]\"}]",
        "[\"",
        "[{\"\\",
    };
    arena = arena_create();
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        ck_assert_msg(read_text(&metric_samples, bad[i]) == RECORDS_MALFORMED, "%s", bad[i]);
    arena_destroy(arena);
}
END_TEST

START_TEST(an_array_is_split_where_its_own_commas_are)
{
    arena = arena_create();
    ck_assert_int_eq(read_text(&metric_samples, "\n[ " SAMPLE " ,\t" SAMPLE "\r\n] "), RECORDS_OK);
    ck_assert_uint_eq(n, 2);
    ck_assert_int_eq(read_text(&metric_samples,
                               "[{\"labels\":{\"a\":\"],[\\\"},{\"},\"group\":\"agent_stats\","
                               "\"name\":\"]\",\"value\":-0.5e3,\"timestamp\":"
                               "\"2026-11-22T04:55:00Z\"}]"),
                     RECORDS_OK);
    ck_assert_uint_eq(n, 1);
    ck_assert_uint_eq(records[0].len, strlen((const char *)records[0].data));
    ck_assert_str_eq((const char *)records[0].data,
                     "{\"group\":\"agent_stats\",\"name\":\"]\",\"value\":-0.5e3,\"timestamp\":"
                     "\"2026-11-22T04:55:00Z\",\"labels\":{\"a\":\"],[\\\"},{\"}}");
    arena_destroy(arena);
}
END_TEST

/* ING-019, ING-030, ING-031: nothing that a sender adds stands for a tag. */
START_TEST(what_a_record_does_not_know_stays_behind)
{
    arena = arena_create();
    ck_assert_int_eq(read_text(&log_lines, "{\"node_id\":\"x\",\"severity\":\"info\",\"domain_id\":"
                                           "{},\"message\":\"m\",\"caller\":[1],\"timestamp\":"
                                           "\"2026-11-22T04:55:00Z\"}"),
                     RECORDS_OK);
    ck_assert_str_eq((const char *)records[0].data, LINE);
    arena_destroy(arena);
}
END_TEST

START_TEST(lines_are_counted_without_blank_ones)
{
    arena = arena_create();
    ck_assert_int_eq(read_text(&log_lines, "\n \n" LINE "\r\n\r\n\t" LINE), RECORDS_OK);
    ck_assert_uint_eq(n, 2);
    ck_assert_int_eq(read_text(&log_lines, "\n \r\n\t\n"), RECORDS_MALFORMED);
    ck_assert_int_eq(read_text(&log_lines, LINE LINE), RECORDS_MALFORMED);
    ck_assert_int_eq(read_text(&log_lines, "[" LINE "]"), RECORDS_MALFORMED);
    arena_destroy(arena);
}
END_TEST

static struct bytes repeated(const char *first, const char *more, size_t times)
{
    struct buffer b;
    buffer_init_arena(&b, 1 << 24, arena);
    buffer_text(&b, first);
    for (size_t i = 0; i < times; i++)
        buffer_text(&b, more);
    return (struct bytes){ (unsigned char *)b.data, b.len };
}

START_TEST(records_are_counted_before_they_are_read)
{
    arena = arena_create();
    struct bytes full = repeated("", LINE "\n", RECORDS_MAX);
    ck_assert_int_eq(records_read(arena, &log_lines, full, &records, &n), RECORDS_OK);
    ck_assert_uint_eq(n, RECORDS_MAX);
    struct bytes over = repeated("x\n", LINE "\n", RECORDS_MAX);
    ck_assert_int_eq(records_read(arena, &log_lines, over, &records, &n), RECORDS_TOO_MANY);
    struct bytes endless = repeated("[", "1,", RECORDS_MAX + 1);
    ck_assert_int_eq(records_read(arena, &metric_samples, endless, &records, &n), RECORDS_TOO_MANY);
    arena_destroy(arena);
}
END_TEST

START_TEST(a_record_has_at_most_256_kib)
{
    static const char head[] = "{\"severity\":\"info\",\"timestamp\":\"2026-11-22T04:55:00Z\","
                               "\"message\":\"";
    arena = arena_create();
    size_t room = RECORD_BYTES_MAX - strlen(head) - 2;
    for (size_t more = 0; more < 2; more++) {
        struct bytes text = repeated(head, "a", room + more);
        struct bytes line = repeated((const char *)text.data, "\"}", 1);
        ck_assert_int_eq(records_read(arena, &log_lines, line, &records, &n),
                         more ? RECORDS_MALFORMED : RECORDS_OK);
    }
    arena_destroy(arena);
}
END_TEST

START_TEST(a_record_keeps_the_rules_of_its_signal)
{
    static const struct {
        const struct record_form *form;
        const char *text;
    } bad[] = {
        { &audit_events, "{\"source\":\"auditd\",\"action\":\"\",\"outcome\":\"o\",\"timestamp\":"
                         "\"2026-11-22T04:55:00Z\"}" },
        { &audit_events, "{\"source\":\"syslog\",\"action\":\"a\",\"outcome\":\"o\",\"timestamp\":"
                         "\"2026-11-22T04:55:00Z\"}" },
        { &audit_events, "{\"source\":\"k8s\",\"action\":\"a\",\"timestamp\":"
                         "\"2026-11-22T04:55:00Z\"}" },
        { &log_lines, "{\"severity\":\"info\",\"message\":\"m\",\"timestamp\":\"today\"}" },
        { &log_lines, "{\"severity\":\"info\",\"message\":\"m\",\"message\":\"n\",\"timestamp\":"
                      "\"2026-11-22T04:55:00Z\"}" },
        { &metric_samples, "[{\"group\":\"agent_stats\",\"name\":\"n\",\"value\":\"1\","
                           "\"timestamp\":\"2026-11-22T04:55:00Z\"}]" },
    };
    arena = arena_create();
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        ck_assert_msg(read_text(bad[i].form, bad[i].text) == RECORDS_MALFORMED, "%s", bad[i].text);
    ck_assert_int_eq(read_text(&audit_events, "{\"source\":\"k8s\",\"action\":\"a\",\"outcome\":"
                                              "\"o\",\"timestamp\":\"2026-11-22T04:55:00Z\"}"),
                     RECORDS_OK);
    arena_destroy(arena);
}
END_TEST

TESTS("observability/records", what_is_no_array_of_samples,
      an_array_is_split_where_its_own_commas_are, what_a_record_does_not_know_stays_behind,
      lines_are_counted_without_blank_ones, records_are_counted_before_they_are_read,
      a_record_has_at_most_256_kib, a_record_keeps_the_rules_of_its_signal)
