#include "drift-gates/insecure_default/announce.h"

#include <stdio.h>

#include "common/memory.h"
#include "common/random.h"
#include "common/testing.h"
#include "common/text.h"

#define NATS "production runs three replicas with TLS."
#define LOKI "production stores chunks elsewhere; they say \\\"so\\\"."
#define HEAD "level=WARN msg=\"insecure default active in dev mode\" env=dev "
#define GOOD HEAD "dependency=nats prod_delta=\"" NATS "\""

static const struct announcement rows[] = {
    { "nats", NATS },
    { "loki", "production stores chunks elsewhere; they say \"so\"." },
    { "plexsphere", "keys of dec0de… are fixtures." },
};

static struct arena *arena;
static const struct announcements *all;

static void begin(void)
{
    arena = arena_create();
    all = announcements_create(arena, rows, ARRAY_LEN(rows));
}

static void expect(const char *line, enum announce_line wanted, const char *which)
{
    const struct announcement *found;
    const char *why;
    enum announce_line got = announce_line_judge(all, BYTES_OF_TEXT(line), &found, &why);
    ck_assert_msg(got == wanted, "%s: %s", line, why == NULL ? "no reason" : why);
    ck_assert_msg((got == ANNOUNCE_NEAR) == (why != NULL), "%s", line);
    if (wanted == ANNOUNCE_EXACT)
        ck_assert_str_eq(found->name, which);
}

START_TEST(the_contracts_line_is_exact_in_each_lawful_form)
{
    begin();
    expect(GOOD, ANNOUNCE_EXACT, "nats");
    expect(GOOD "\r", ANNOUNCE_EXACT, "nats");
    expect("time=2026-11-22T04:55:00.123Z " GOOD, ANNOUNCE_EXACT, "nats");
    expect("time=\"2026-11-22 04:55:00\" " GOOD, ANNOUNCE_EXACT, "nats");
    expect("2026-11-22T04:55:00.123456789Z stdout F " GOOD, ANNOUNCE_EXACT, "nats");
    expect("2026-11-22T04:55:00.1+01:00 stderr F time=1 " GOOD, ANNOUNCE_EXACT, "nats");
    expect(HEAD "dependency=\"nats\" prod_delta=" NATS, ANNOUNCE_EXACT, "nats");
    expect("level=\"WARN\" msg=insecure default active in dev mode env=\"dev\" dependency=nats "
           "prod_delta=" NATS,
           ANNOUNCE_EXACT, "nats");
    expect(HEAD "dependency=loki prod_delta=\"" LOKI "\"", ANNOUNCE_EXACT, "loki");
    expect(HEAD "dependency=plexsphere prod_delta=\"keys of dec0de… are fixtures.\"",
           ANNOUNCE_EXACT, "plexsphere");
    arena_destroy(arena);
}
END_TEST

START_TEST(what_is_meant_to_be_the_line_and_is_not_is_near)
{
    static const char *const lines[] = {
        "level=warn msg=\"insecure default active in dev mode\" env=dev dependency=nats "
        "prod_delta=\"" NATS "\"",
        "level=WARN msg=\"Insecure default active in dev mode\" env=dev dependency=nats "
        "prod_delta=\"" NATS "\"",
        "level=WARN msg=\"insecure default active\" env=dev dependency=nats prod_delta=\"" NATS
        "\"",
        "level=WARN msg=\"insecure default active in dev mode\" env=prod dependency=nats "
        "prod_delta=\"" NATS "\"",
        HEAD "dependency=Nats prod_delta=\"" NATS "\"",
        HEAD "dependency=redis prod_delta=\"" NATS "\"",
        HEAD "dependency=loki prod_delta=\"" NATS "\"",
        HEAD "dependency=nats prod_delta=\"production runs three\"",
        HEAD "dependency=nats prod_delta=\"" NATS,
        HEAD "dependency=nats prod_delta=\"\"",
        HEAD "dependency=nats prod_delta=",
        HEAD "dependency=nats",
        GOOD " pod=nats-0",
        GOOD ".",
        " " GOOD,
        "nats: " GOOD,
        "[pod/nats-0/dev-warning] " GOOD,
        "2026-11-22T04:55:00Z stdout P " HEAD "dependency=nats prod_delta=\"production",
        "2026-11-22T04:55:00Z stdin F " GOOD,
        "level=WARN  msg=\"insecure default active in dev mode\" env=dev dependency=nats "
        "prod_delta=\"" NATS "\"",
        "{\"level\":\"WARN\",\"msg\":\"insecure default active in dev mode\"}",
        "INSECURE DEFAULT ACTIVE",
        "x PROD_DELTA=",
    };
    begin();
    for (size_t i = 0; i < ARRAY_LEN(lines); i++)
        expect(lines[i], ANNOUNCE_NEAR, NULL);
    arena_destroy(arena);
}
END_TEST

START_TEST(other_lines_are_others)
{
    begin();
    expect("", ANNOUNCE_OTHER, NULL);
    expect("level=WARN msg=\"insecure defaults are bad\" env=dev", ANNOUNCE_OTHER, NULL);
    expect("level=INFO msg=listening dependency=nats", ANNOUNCE_OTHER, NULL);
    expect("\xff\xfe\x80 no text \xc3", ANNOUNCE_OTHER, NULL);
    arena_destroy(arena);
}
END_TEST

struct told {
    size_t of[ANNOUNCE_PRODUCTION + 1];
    int64_t line;
};

static void note(void *arg, enum announce_fault fault, int64_t line, const char *what)
{
    struct told *t = arg;
    ck_assert(!text_blank(what));
    t->of[fault]++;
    t->line = line;
}

/* Fed in pieces of random sizes: nothing may depend on where they end. */
static struct told judge(const char *text, size_t len, bool announces, bool production)
{
    struct told told = { { 0 }, -1 };
    struct announce_stream *s = announce_stream_open(arena, all);
    for (size_t at = 0; at < len;) {
        size_t n = 1 + random_below(random_below(4) == 0 ? 200000 : 60);
        n = n > len - at ? len - at : n;
        announce_stream_feed(s, text + at, n);
        at += n;
    }
    announce_stream_end(s);
    struct announce_start start = { "nats-0",   "dev-warning", 0,
                                    production, announces,     announcement_named(all, "nats") };
    announce_stream_judge(s, &start, note, &told);
    return told;
}

static size_t faults(const struct told *t)
{
    size_t n = 0;
    for (size_t i = 0; i < ARRAY_LEN(t->of); i++)
        n += t->of[i];
    return n;
}

static void expect_fault(const char *text, bool announces, bool production,
                         enum announce_fault fault, int64_t line)
{
    struct told told = judge(text, strlen(text), announces, production);
    ck_assert_msg(faults(&told) == 1 && told.of[fault] == 1, "%s: %zu faults", text, faults(&told));
    ck_assert_int_eq(told.line, line);
}

START_TEST(a_start_announces_once_and_exactly)
{
    begin();
    for (int round = 0; round < 50; round++) {
        static const char text[] = "a\n" GOOD "\nb";
        struct told told = judge(text, strlen(text), true, false);
        ck_assert_uint_eq(faults(&told), 0);
        told = judge(GOOD, strlen(GOOD), true, false);
        ck_assert_uint_eq(faults(&told), 0);
        told = judge("a\nb\n", 4, false, true);
        ck_assert_uint_eq(faults(&told), 0);
        expect_fault("", true, false, ANNOUNCE_MISSING, 0);
        expect_fault("a\n\nb\n", true, false, ANNOUNCE_MISSING, 0);
        expect_fault("a\n" GOOD "\n\n" GOOD "\n", true, false, ANNOUNCE_REPEATED, 4);
        expect_fault("a\n" GOOD "x\n", true, false, ANNOUNCE_INEXACT, 2);
        expect_fault("\n\n" GOOD, false, false, ANNOUNCE_FOREIGN, 3);
        expect_fault("\n" GOOD, false, true, ANNOUNCE_PRODUCTION, 2);
        expect_fault("\n" GOOD " ?", true, true, ANNOUNCE_PRODUCTION, 2);
        expect_fault(HEAD "dependency=loki prod_delta=\"" LOKI "\"\n", true, false,
                     ANNOUNCE_INEXACT, 1);
        arena_reset(arena);
        all = announcements_create(arena, rows, ARRAY_LEN(rows));
    }
    arena_destroy(arena);
}
END_TEST

START_TEST(a_long_line_is_searched_and_not_kept)
{
    begin();
    size_t len = ANNOUNCE_LINE * 5;
    char *text = mem_alloc(len + 1);
    for (int round = 0; round < 30; round++) {
        memset(text, 'x', len);
        size_t at = random_below(len - 200);
        memcpy(text + at, "Prod_Delta=", 11);
        text[len - 1] = '\n';
        struct told told = judge(text, len, false, false);
        ck_assert_msg(faults(&told) == 1 && told.of[ANNOUNCE_INEXACT] == 1, "mark at %zu", at);
        text[at] = 'x';
        told = judge(text, len, false, false);
        ck_assert_uint_eq(faults(&told), 0);
        memcpy(text + len - strlen(GOOD) - 1, "\n" GOOD, strlen(GOOD) + 1);
        told = judge(text, len, true, false);
        ck_assert_uint_eq(faults(&told), 0);
        arena_reset(arena);
        all = announcements_create(arena, rows, ARRAY_LEN(rows));
    }
    mem_free(text);
    arena_destroy(arena);
}
END_TEST

START_TEST(a_gigabyte_without_a_line_break_takes_no_memory)
{
    begin();
    size_t piece = (size_t)256 << 10;
    char *text = mem_alloc(piece);
    memset(text, 'p', piece);
    struct announce_stream *s = announce_stream_open(arena, all);
    size_t before = arena_used(arena);
    for (size_t fed = 0; fed < (size_t)1 << 30; fed += piece)
        announce_stream_feed(s, text, piece);
    announce_stream_feed(s, "rod_delta=", 10);
    announce_stream_end(s);
    ck_assert_uint_eq(arena_used(arena), before);
    ck_assert_int_eq(announce_stream_lines(s), 1);
    struct told told = { { 0 }, 0 };
    struct announce_start start = { "a", "b", 0, false, false, NULL };
    announce_stream_judge(s, &start, note, &told);
    ck_assert_uint_eq(told.of[ANNOUNCE_INEXACT], 1);
    mem_free(text);
    arena_destroy(arena);
}
END_TEST

TESTS("drift-gates/announce", the_contracts_line_is_exact_in_each_lawful_form,
      what_is_meant_to_be_the_line_and_is_not_is_near, other_lines_are_others,
      a_start_announces_once_and_exactly, a_long_line_is_searched_and_not_kept,
      a_gigabyte_without_a_line_break_takes_no_memory)
