#include "drift-gates/prod_leak/scan.h"

#include <stdio.h>

#include "common/random.h"
#include "common/testing.h"

enum { HITS_MAX = 20000 };

struct hits {
    size_t needle[HITS_MAX], at[HITS_MAX];
    size_t n;
};

static bool note(void *arg, size_t needle, size_t at)
{
    struct hits *h = arg;
    ck_assert_uint_lt(h->n, HITS_MAX);
    h->needle[h->n] = needle;
    h->at[h->n++] = at;
    return true;
}

static unsigned char folded(unsigned char c, enum scan_case kind)
{
    return (unsigned char)(kind == SCAN_FOLD && c >= 'A' && c <= 'Z' ? c + 32 : c);
}

static bool there(struct bytes text, struct bytes needle, size_t at, enum scan_case kind)
{
    for (size_t i = 0; i < needle.len; i++) {
        if (at + i >= text.len || folded(text.data[at + i], kind) != folded(needle.data[i], kind))
            return false;
    }
    return needle.len > 0;
}

static bool told_once(const struct hits *h, size_t needle, size_t at)
{
    size_t times = 0;
    for (size_t i = 0; i < h->n; i++)
        times += h->needle[i] == needle && h->at[i] == at;
    return times == 1;
}

/* The scanner's answer is the naive one: each occurrence once, and nothing else. */
static size_t compare(struct arena *a, struct bytes text, const struct bytes *needles, size_t n,
                      enum scan_case kind)
{
    struct hits *h = arena_alloc(a, sizeof(*h));
    size_t expected = 0;
    const struct scanner *s = scanner_create(a, needles, n, kind);
    scanner_run(s, text, note, h);
    for (size_t i = 0; i < n; i++) {
        for (size_t at = 0; at < text.len; at++) {
            if (!there(text, needles[i], at, kind))
                continue;
            expected++;
            ck_assert_msg(told_once(h, i, at), "needle %zu at %zu", i, at);
        }
    }
    ck_assert_uint_eq(h->n, expected);
    ck_assert(scanner_any(s, text) == (expected > 0));
    return expected;
}

START_TEST(each_occurrence_is_told_once)
{
    struct arena *a = arena_create();
    struct bytes needles[] = { BYTES_OF_TEXT("abcabc"), BYTES_OF_TEXT("bcab"),
                               BYTES_OF_TEXT("cabcabcab"), BYTES_OF_TEXT("abcabc") };
    ck_assert_uint_eq(compare(a, BYTES_OF_TEXT("abcabcabcabc"), needles, 4, SCAN_EXACT), 10);
    ck_assert_uint_eq(compare(a, BYTES_OF_TEXT("abcab"), needles, 4, SCAN_EXACT), 1);
    ck_assert_uint_eq(compare(a, BYTES_OF_TEXT(""), needles, 4, SCAN_EXACT), 0);
    arena_destroy(a);
}
END_TEST

START_TEST(needles_of_every_length_are_found_at_both_ends)
{
    struct arena *a = arena_create();
    for (size_t len = 1; len <= 40; len++) {
        for (size_t around = 0; around < 12; around++) {
            unsigned char text[64];
            memset(text, '.', sizeof(text));
            memset(text, 'x', len);
            memset(text + len + around, 'x', len > 12 ? 12 : len);
            struct bytes needle = { text, len };
            size_t whole = len + around + (len > 12 ? 12 : len);
            compare(a, (struct bytes){ text, whole }, &needle, 1, SCAN_EXACT);
        }
        arena_reset(a);
    }
    arena_destroy(a);
}
END_TEST

START_TEST(case_is_folded_for_letters_alone)
{
    struct arena *a = arena_create();
    struct bytes needles[] = { BYTES_OF_TEXT("Prod_Delta="), BYTES_OF_TEXT("[x]{y}@`") };
    ck_assert_uint_eq(compare(a, BYTES_OF_TEXT("PROD_DELTA= prod_delta="), needles, 2, SCAN_FOLD),
                      2);
    ck_assert_uint_eq(compare(a, BYTES_OF_TEXT("prod\177delta= {x}[y]`@"), needles, 2, SCAN_FOLD),
                      0);
    ck_assert_uint_eq(compare(a, BYTES_OF_TEXT("PROD_DELTA="), needles, 2, SCAN_EXACT), 0);
    arena_destroy(a);
}
END_TEST

START_TEST(nothing_is_found_without_needles)
{
    struct arena *a = arena_create();
    struct bytes empty = { NULL, 0 };
    compare(a, BYTES_OF_TEXT("text"), NULL, 0, SCAN_EXACT);
    compare(a, BYTES_OF_TEXT("text"), &empty, 1, SCAN_EXACT);
    struct bytes both[] = { empty, BYTES_OF_TEXT("ex") };
    ck_assert_uint_eq(compare(a, BYTES_OF_TEXT("text"), both, 2, SCAN_EXACT), 1);
    arena_destroy(a);
}
END_TEST

static bool stop(void *arg, size_t needle, size_t at)
{
    (void)needle, (void)at;
    return ++*(size_t *)arg < 3;
}

START_TEST(the_caller_may_have_enough)
{
    struct arena *a = arena_create();
    struct bytes needle = BYTES_OF_TEXT("aa");
    size_t calls = 0;
    scanner_run(scanner_create(a, &needle, 1, SCAN_EXACT), BYTES_OF_TEXT("aaaaaaaaaa"), stop,
                &calls);
    ck_assert_uint_eq(calls, 3);
    arena_destroy(a);
}
END_TEST

/* Few letters, so that texts and needles meet often, and blocks share hashes. */
static unsigned char *random_letters(struct arena *a, struct prng *r, size_t len, unsigned letters)
{
    unsigned char *out = arena_alloc(a, len + 1);
    for (size_t i = 0; i < len; i++)
        out[i] = (unsigned char)("aAbBcC\0\xFFzZ"[prng_next(r) % letters]);
    return out;
}

START_TEST(random_texts_are_read_as_a_naive_search_reads_them)
{
    uint64_t seed;
    random_bytes(&seed, sizeof(seed));
    struct prng r = { seed };
    struct arena *a = arena_create();
    size_t hits = 0;
    printf("scan: seed %llu\n", (unsigned long long)seed);
    for (int round = 0; round < 3000; round++) {
        struct bytes needles[24];
        unsigned letters = 2 + (unsigned)(prng_next(&r) % 9);
        size_t n = 1 + prng_next(&r) % ARRAY_LEN(needles), len = prng_next(&r) % 200;
        size_t least = 1 + prng_next(&r) % 7;
        for (size_t i = 0; i < n; i++) {
            needles[i].len = least + prng_next(&r) % 10;
            needles[i].data = random_letters(a, &r, needles[i].len, letters);
        }
        struct bytes text = { random_letters(a, &r, len, letters), len };
        hits += compare(a, text, needles, n, round % 2 == 0 ? SCAN_EXACT : SCAN_FOLD);
        arena_reset(a);
    }
    ck_assert_uint_gt(hits, 1000);
    arena_destroy(a);
}
END_TEST

TESTS("drift-gates/scan", each_occurrence_is_told_once,
      needles_of_every_length_are_found_at_both_ends, case_is_folded_for_letters_alone,
      nothing_is_found_without_needles, the_caller_may_have_enough,
      random_texts_are_read_as_a_naive_search_reads_them)
