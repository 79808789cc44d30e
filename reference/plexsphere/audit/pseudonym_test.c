/* AUD-014: names on the chain. Vectors from another program: HKDF and HMAC of a hash library
 * elsewhere. */
#include "reference/plexsphere/audit/chain.h"

#include <string.h>

#include "common/arena.h"
#include "common/encoding.h"
#include "common/testing.h"
#include "reference/plexsphere/crypto/crypto.h"

static struct pepper test_pepper(void)
{
    unsigned char root[32];
    struct pepper p;
    for (unsigned char i = 0; i < 32; i++)
        root[i] = i;
    ck_assert(crypto_init(NULL));
    pepper_derive(root, &p);
    return p;
}

static const char *pseudonym(struct arena *a, const struct uuid *chain, const char *identity)
{
    struct pepper p = test_pepper();
    struct uuid id;
    unsigned char out[32];
    ck_assert(uuid_parse(identity, &id));
    audit_pseudonym(&p, chain, &id, out);
    return hex_encode(a, out, 32);
}

START_TEST(a_subject_has_the_computed_name_on_each_chain)
{
    struct arena *a = arena_create();
    struct uuid domain;
    const char *identity = "0192f0c4-4a1e-7b3c-8d5e-6f708192a3b6";
    ck_assert(uuid_parse("0192f0c4-4a1e-7b3c-8d5e-6f708192a3b4", &domain));
    ck_assert_str_eq(pseudonym(a, &domain, identity),
                     "d571cb50246610b771e453bd1f0aa329e939b314440529d18201617b6c7c1e98");
    ck_assert_str_eq(pseudonym(a, &audit_platform_anchor, identity),
                     "20dff1fbbdc4e78513e5d972401bdcd29994e705a937a9acb0d8e7b1e2fc1bdf");
    arena_destroy(a);
}
END_TEST

START_TEST(two_subjects_have_two_names)
{
    struct arena *a = arena_create();
    ck_assert_str_ne(pseudonym(a, &audit_platform_anchor, "0192f0c4-4a1e-7b3c-8d5e-6f708192a3b6"),
                     pseudonym(a, &audit_platform_anchor, "0192f0c4-4a1e-7b3c-8d5e-6f708192a3b7"));
    arena_destroy(a);
}
END_TEST

START_TEST(the_platform_anchor_is_no_domain)
{
    struct arena *a = arena_create();
    ck_assert_str_eq(uuid_text(a, &audit_platform_anchor), "00000000-0000-8000-8000-706c6174666f");
    struct uuid minted = uuid_v7(1);
    ck_assert_int_ne(minted.b[6] >> 4, audit_platform_anchor.b[6] >> 4);
    arena_destroy(a);
}
END_TEST

TESTS("audit/pseudonym", a_subject_has_the_computed_name_on_each_chain, two_subjects_have_two_names,
      the_platform_anchor_is_no_domain)
