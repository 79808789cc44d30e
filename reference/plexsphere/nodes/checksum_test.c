/* Checksums and fingerprints: what is none comes first. */
#include "reference/plexsphere/nodes/checksum.h"

#include "common/arena.h"
#include "common/testing.h"

START_TEST(what_is_no_checksum)
{
    static const char *const bad[] = {
        "",
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",  /* not padded */
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA==", /* 31 bytes */
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", /* 33 bytes */
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB=", /* stray bits */
        "-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", /* the URL alphabet */
        " AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
    };
    struct arena *a = arena_create();
    unsigned char out[CHECKSUM_LEN];
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        ck_assert_msg(!checksum_of_base64(a, bad[i], out), "%s", bad[i]);
    arena_destroy(a);
}
END_TEST

START_TEST(thirty_two_bytes_are_a_checksum)
{
    struct arena *a = arena_create();
    unsigned char out[CHECKSUM_LEN];
    ck_assert(checksum_of_base64(a, "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=", out));
    ck_assert_uint_eq(out[0], 0xba);
    ck_assert_uint_eq(out[31], 0xad);
    arena_destroy(a);
}
END_TEST

START_TEST(what_is_no_fingerprint)
{
    static const char *const bad[] = { "",           "SHA256:",     "sha256:AAAA", "MD5:00:11",
                                       "SHA256:===", "SHA256:A===", "SHA256:A=A",  "SHA256:AA AA",
                                       "SHA256:A-_", " SHA256:AA",  "AAAA" };
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        ck_assert_msg(!host_key_fingerprint_is(bad[i]), "%s", bad[i]);
}
END_TEST

START_TEST(a_fingerprint_is_padded_or_not)
{
    ck_assert(host_key_fingerprint_is("SHA256:nThbg6kXUpJWGl7E1IGOCspRomTxdCARLviKw6E5SY8"));
    ck_assert(host_key_fingerprint_is("SHA256:nThbg6kXUpJWGl7E1IGOCspRomTxdCARLviKw6E5SY8="));
    ck_assert(host_key_fingerprint_is("SHA256:+/=="));
}
END_TEST

TESTS("nodes/checksum", what_is_no_checksum, thirty_two_bytes_are_a_checksum,
      what_is_no_fingerprint, a_fingerprint_is_padded_or_not)
