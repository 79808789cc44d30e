/* operations-surfaces 3.7: what a verification finds, and where. */
#include "reference/plexsphere/audit/walk.h"

#include <string.h>

#include "common/arena.h"
#include "common/testing.h"

enum { ROWS = 6 };

static const unsigned char zeros[32];

static struct audit_row rows[ROWS + 1]; /* rows[1] is seq 1 */

static void rehash(struct arena *a, int seq)
{
    audit_hash(rows[seq].prev_hash, audit_canonical(a, &rows[seq]), rows[seq].entry_hash);
}

static void make_chain(struct arena *a)
{
    memset(rows, 0, sizeof rows);
    for (int seq = 1; seq <= ROWS; seq++) {
        rows[seq] = (struct audit_row){ .seq = seq,
                                        .occurred_at = 1000 + seq,
                                        .reason = "granted",
                                        .relation = "domain.create",
                                        .object_type = "domain",
                                        .object_id = "x",
                                        .caveat_context = "{}",
                                        .relation_path = "[]",
                                        .correlation_id = "c" };
        memcpy(rows[seq].prev_hash, rows[seq - 1].entry_hash, 32);
        rehash(a, seq);
    }
}

/* Walks from..to, leaving out the row with seq `gone`. */
static struct audit_walk walk(struct arena *a, int from, int to, int gone)
{
    struct audit_walk w = audit_walk_begin(from, from == 1 ? zeros : rows[from - 1].entry_hash);
    for (int seq = from; seq <= to; seq++)
        if (seq != gone && !audit_walk_row(&w, a, &rows[seq]))
            break;
    return w;
}

static void assert_diverges(const struct audit_walk *w, int seq)
{
    ck_assert(!w->ok);
    ck_assert_int_eq(w->divergent_seq, seq);
    ck_assert_mem_ne(w->expected, w->observed, 32);
}

START_TEST(an_edited_row_diverges_at_itself)
{
    struct arena *a = arena_create();
    make_chain(a);
    rows[3].relation = "domain.delete";
    struct audit_walk w = walk(a, 1, ROWS, 0);
    assert_diverges(&w, 3);
    ck_assert_mem_eq(w.observed, rows[3].entry_hash, 32);
    arena_destroy(a);
}
END_TEST

START_TEST(a_row_edited_and_rehashed_diverges_at_the_next)
{
    struct arena *a = arena_create();
    make_chain(a);
    rows[3].relation = "domain.delete";
    rehash(a, 3);
    struct audit_walk w = walk(a, 1, ROWS, 0);
    assert_diverges(&w, 4);
    arena_destroy(a);
}
END_TEST

START_TEST(a_missing_row_diverges_at_the_next)
{
    struct arena *a = arena_create();
    make_chain(a);
    struct audit_walk w = walk(a, 1, ROWS, 3);
    assert_diverges(&w, 4);
    arena_destroy(a);
}
END_TEST

START_TEST(a_changed_link_diverges_at_its_row)
{
    struct arena *a = arena_create();
    make_chain(a);
    rows[5].prev_hash[0] ^= 1;
    struct audit_walk w = walk(a, 1, ROWS, 0);
    assert_diverges(&w, 5);
    arena_destroy(a);
}
END_TEST

START_TEST(a_chain_that_starts_from_something_else_diverges_at_once)
{
    struct arena *a = arena_create();
    make_chain(a);
    memset(rows[1].prev_hash, 1, 32);
    rehash(a, 1);
    struct audit_walk w = walk(a, 1, ROWS, 0);
    assert_diverges(&w, 1);
    arena_destroy(a);
}
END_TEST

START_TEST(a_cut_or_rewritten_tail_shows_at_the_head)
{
    struct arena *a = arena_create();
    make_chain(a);
    struct audit_walk cut = walk(a, 1, ROWS - 1, 0);
    ck_assert(cut.ok);
    ck_assert(!audit_walk_head(&cut, ROWS, rows[ROWS].entry_hash));
    assert_diverges(&cut, ROWS);

    unsigned char head[32];
    memcpy(head, rows[ROWS].entry_hash, 32);
    rows[ROWS].relation = "domain.delete";
    rehash(a, ROWS);
    struct audit_walk rewritten = walk(a, 1, ROWS, 0);
    ck_assert(rewritten.ok);
    ck_assert(!audit_walk_head(&rewritten, ROWS, head));
    assert_diverges(&rewritten, ROWS);
    arena_destroy(a);
}
END_TEST

START_TEST(a_clean_chain_is_clean_whole_and_in_parts)
{
    struct arena *a = arena_create();
    make_chain(a);
    struct audit_walk whole = walk(a, 1, ROWS, 0);
    ck_assert(whole.ok);
    ck_assert_int_eq(whole.last, ROWS);
    ck_assert(audit_walk_head(&whole, ROWS, rows[ROWS].entry_hash));
    struct audit_walk part = walk(a, 3, 5, 0);
    ck_assert(part.ok);
    ck_assert_int_eq(part.last, 5);
    arena_destroy(a);
}
END_TEST

/* What lies before the edited row is still good (case U14). */
START_TEST(the_part_before_an_edited_row_is_clean)
{
    struct arena *a = arena_create();
    make_chain(a);
    rows[4].reason = "out_of_scope";
    struct audit_walk w = walk(a, 1, 3, 0);
    ck_assert(w.ok);
    arena_destroy(a);
}
END_TEST

TESTS("audit/walk", an_edited_row_diverges_at_itself,
      a_row_edited_and_rehashed_diverges_at_the_next, a_missing_row_diverges_at_the_next,
      a_changed_link_diverges_at_its_row, a_chain_that_starts_from_something_else_diverges_at_once,
      a_cut_or_rewritten_tail_shows_at_the_head, a_clean_chain_is_clean_whole_and_in_parts,
      the_part_before_an_edited_row_is_clean)
