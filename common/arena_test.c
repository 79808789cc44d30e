#include "common/arena.h"

#include <string.h>

#include "common/random.h"
#include "common/testing.h"

/* One assertion a piece: one a byte takes a minute on a busy machine. */
static bool holds_only(const unsigned char *piece, size_t size, size_t value)
{
    for (size_t k = 0; k < size; k++)
        if (piece[k] != value)
            return false;
    return true;
}

START_TEST(hands_out_zeroed_aligned_pieces_that_do_not_overlap)
{
    struct arena *a = arena_create();
    struct prng p = { 1 };
    unsigned char *pieces[500];
    size_t sizes[500], total = 0;
    for (size_t round = 0; round < 3; round++) {
        total = 0;
        for (size_t i = 0; i < ARRAY_LEN(pieces); i++) {
            sizes[i] = prng_next(&p) % (i % 50 == 0 ? 200000 : 300);
            total += sizes[i];
            pieces[i] = arena_alloc(a, sizes[i]);
            ck_assert_uint_eq((uintptr_t)pieces[i] % 16, 0);
            ck_assert(holds_only(pieces[i], sizes[i], 0));
            memset(pieces[i], (int)(i % 255) + 1, sizes[i]);
        }
        ck_assert_uint_eq(arena_used(a), total);
        for (size_t i = 0; i < ARRAY_LEN(pieces); i++)
            ck_assert(holds_only(pieces[i], sizes[i], i % 255 + 1));
        arena_reset(a);
        ck_assert_uint_eq(arena_used(a), 0);
    }
    arena_destroy(a);
    arena_destroy(NULL);
}
END_TEST

START_TEST(keeps_its_first_block_over_a_reset)
{
    struct arena *a = arena_create();
    char *first = arena_strdup(a, "secret");
    arena_reset(a);
#ifndef __SANITIZE_ADDRESS__
    ck_assert_ptr_eq(arena_alloc(a, 7), first);
    ck_assert_mem_eq(first, "\0\0\0\0\0\0", 7);
#else
    (void)first;
#endif
    arena_destroy(a);
}
END_TEST

START_TEST(copies_and_prints)
{
    struct arena *a = arena_create();
    ck_assert_ptr_null(arena_strdup(a, NULL));
    ck_assert_str_eq(arena_strndup(a, "abcdef", 3), "abc");
    ck_assert_str_eq(arena_strndup(a, NULL, 0), "");
    ck_assert_str_eq(arena_printf(a, "%s-%03d", "x", 7), "x-007");
    char *wide = arena_printf(a, "%*d", 70000, 1);
    ck_assert_uint_eq(strlen(wide), 70000);
    ck_assert_mem_eq(arena_copy(a, "a\0b", 3), "a\0b", 3);
    ck_assert_ptr_nonnull(arena_copy(a, NULL, 0));
    arena_destroy(a);
}
END_TEST

static char order[8];

static void note(void *letter)
{
    strncat(order, letter, 1);
}

START_TEST(runs_deferred_releases_newest_first_and_once)
{
    struct arena *a = arena_create();
    order[0] = '\0';
    arena_defer(a, note, "a");
    arena_defer(a, note, "b");
    arena_reset(a);
    ck_assert_str_eq(order, "ba");
    arena_defer(a, note, "c");
    arena_destroy(a);
    ck_assert_str_eq(order, "bac");
}
END_TEST

START_TEST(keeps_one_attachment_per_key_until_the_reset)
{
    struct arena *a = arena_create();
    int x, y;
    ck_assert_ptr_null(arena_attached(a, &x));
    arena_attach(a, &x, "one");
    arena_attach(a, &y, "two");
    arena_attach(a, &x, "three");
    ck_assert_str_eq(arena_attached(a, &x), "three");
    ck_assert_str_eq(arena_attached(a, &y), "two");
    arena_reset(a);
    ck_assert_ptr_null(arena_attached(a, &x));
    arena_destroy(a);
}
END_TEST

START_TEST(rows_grow_and_keep_what_they_held)
{
    struct arena *a = arena_create();
    size_t room = 0, *rows = NULL;
    for (size_t n = 0; n < 100; n++) {
        size_t *before = rows, had = room;
        rows = arena_grow(a, rows, n, &room, sizeof(*rows));
        ck_assert(room > n && (had <= n || rows == before));
        rows[n] = n * 3;
    }
    for (size_t n = 0; n < 100; n++)
        ck_assert_uint_eq(rows[n], n * 3);
    arena_destroy(a);
}
END_TEST

TESTS("common/arena", rows_grow_and_keep_what_they_held,
      hands_out_zeroed_aligned_pieces_that_do_not_overlap, keeps_its_first_block_over_a_reset,
      copies_and_prints, runs_deferred_releases_newest_first_and_once,
      keeps_one_attachment_per_key_until_the_reset)
