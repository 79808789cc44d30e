#include "reference/plexsphere/state/last_good.h"

#include <string.h>

#include "common/arena.h"
#include "common/memory.h"
#include "common/testing.h"

#define NOW INT64_C(1790000000000000)
#define TTL INT64_C(60000000)

static struct last_good_key a_key(unsigned char first)
{
    struct last_good_key key = { .digest = { first }, .epoch = 7 };
    key.node_id.b[0] = first;
    return key;
}

static bool told(struct last_good *l, const struct last_good_key *key, int64_t now)
{
    struct arena *a = arena_create();
    struct bytes body;
    bool found = last_good_find(l, key, now, a, &body);
    if (found)
        ck_assert_mem_eq(body.data, "{}", body.len);
    arena_destroy(a);
    return found;
}

START_TEST(an_answer_is_told_again_to_its_own_key_and_not_for_long)
{
    struct last_good *l = last_good_create(TTL);
    struct last_good_key key = a_key(1), other;
    ck_assert(!told(l, &key, NOW));
    last_good_keep(l, &key, BYTES_OF_TEXT("{}"), NOW);
    ck_assert(told(l, &key, NOW));
    ck_assert(told(l, &key, NOW + TTL - 1));
    ck_assert(!told(l, &key, NOW + TTL));
    ck_assert(!told(l, &key, NOW - 1));

    other = key;
    other.digest[31] = 1;
    ck_assert(!told(l, &other, NOW));
    other = key;
    other.node_id.b[15] = 1;
    ck_assert(!told(l, &other, NOW));
    last_good_destroy(l);
}
END_TEST

START_TEST(nothing_is_told_after_a_revocation)
{
    struct last_good *l = last_good_create(TTL);
    struct last_good_key key = a_key(1);
    last_good_keep(l, &key, BYTES_OF_TEXT("{}"), NOW);
    key.epoch++;
    ck_assert(!told(l, &key, NOW));
    last_good_keep(l, &key, BYTES_OF_TEXT("{}"), NOW);
    ck_assert(told(l, &key, NOW));
    last_good_destroy(l);
}
END_TEST

START_TEST(it_never_holds_more_than_its_bytes)
{
    enum { QUARTER = LAST_GOOD_BYTES / 4 };
    struct last_good *l = last_good_create(TTL);
    struct bytes big = { mem_alloc(QUARTER), QUARTER };
    struct arena *a = arena_create();
    struct bytes body;
    for (unsigned char i = 0; i < 4; i++) {
        struct last_good_key key = a_key((unsigned char)(i + 1));
        key.digest[1] = i;
        last_good_keep(l, &key, big, NOW);
    }
    struct last_good_key fifth = a_key(9);
    fifth.digest[1] = 100;
    last_good_keep(l, &fifth, big, NOW);
    ck_assert(!last_good_find(l, &fifth, NOW, a, &body));
    /* Those that may no longer be told make room. */
    last_good_keep(l, &fifth, big, NOW + TTL);
    ck_assert(last_good_find(l, &fifth, NOW + TTL, a, &body));
    arena_destroy(a);
    mem_free((void *)(uintptr_t)big.data);
    last_good_destroy(l);
}
END_TEST

TESTS("plexsphere/state/last_good", an_answer_is_told_again_to_its_own_key_and_not_for_long,
      nothing_is_told_after_a_revocation, it_never_holds_more_than_its_bytes)
