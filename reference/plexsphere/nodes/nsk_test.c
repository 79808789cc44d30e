#include "reference/plexsphere/nodes/nsk.h"

#include <string.h>

#include "common/arena.h"
#include "common/testing.h"

START_TEST(refuses_other_lengths)
{
    struct arena *a = arena_create();
    unsigned char key[NSK_BYTES];
    static const char *const bad[] = {
        "",
        "a",
        "0123456789abcdef0123456789abcde",              /* 31 characters */
        "0123456789abcdef0123456789abcdef0",            /* 33 */
        "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHg==", /* 31 bytes */
        "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8",  /* padding cut off */
        "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHi8-", /* the URL alphabet */
    };
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        ck_assert_msg(!nsk_parse(a, bad[i], key), "accepted: %s", bad[i]);
    arena_destroy(a);
}
END_TEST

START_TEST(reads_both_forms)
{
    struct arena *a = arena_create();
    unsigned char key[NSK_BYTES];
    ck_assert(nsk_parse(a, "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=", key));
    for (unsigned i = 0; i < NSK_BYTES; i++)
        ck_assert_uint_eq(key[i], i);
    ck_assert(nsk_parse(a, "0123456789abcdef0123456789abcdef", key));
    ck_assert_mem_eq(key, "0123456789abcdef0123456789abcdef", NSK_BYTES);
    arena_destroy(a);
}
END_TEST

TESTS("nodes/nsk", refuses_other_lengths, reads_both_forms)
