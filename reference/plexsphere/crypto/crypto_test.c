#include "reference/plexsphere/crypto/crypto.h"

#include <pthread.h>
#include <string.h>

#include "common/arena.h"
#include "common/encoding.h"
#include "common/testing.h"
#include "common/text.h"
#include "reference/plexsphere/crypto/pepper.h"

static struct bytes hex(struct arena *a, const char *text)
{
    struct bytes out = { NULL, 0 };
    ck_assert(hex_decode(a, text, strlen(text), &out));
    return out;
}

static void equals_hex(struct arena *a, const void *data, size_t len, const char *expected)
{
    ck_assert_str_eq(hex_encode(a, data, len), expected);
}

static struct bytes repeated(struct arena *a, int byte, size_t n)
{
    unsigned char *data = arena_alloc(a, n);
    memset(data, byte, n);
    return (struct bytes){ data, n };
}

/* FIPS 180-4 examples. */
START_TEST(sha256_vectors)
{
    struct arena *a = arena_create();
    unsigned char out[32];
    sha256("", 0, out);
    equals_hex(a, out, 32, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    sha256("abc", 3, out);
    equals_hex(a, out, 32, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    sha256_two(BYTES_OF_TEXT("a"), BYTES_OF_TEXT("bc"), out);
    equals_hex(a, out, 32, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    sha256_two(BYTES_OF_TEXT("abcdbcdecdefdefgefghfghighijhijk"),
               BYTES_OF_TEXT("ijkljklmklmnlmnomnopnopq"), out);
    equals_hex(a, out, 32, "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    arena_destroy(a);
}
END_TEST

/* RFC 4231: cases 1, 2, 3, 6. */
START_TEST(hmac_vectors)
{
    struct arena *a = arena_create();
    unsigned char out[32];
    hmac_sha256(repeated(a, 0x0b, 20), BYTES_OF_TEXT("Hi There"), out);
    equals_hex(a, out, 32, "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
    hmac_sha256(BYTES_OF_TEXT("Jefe"), BYTES_OF_TEXT("what do ya want for nothing?"), out);
    equals_hex(a, out, 32, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    hmac_sha256(repeated(a, 0xaa, 20), repeated(a, 0xdd, 50), out);
    equals_hex(a, out, 32, "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe");
    hmac_sha256(repeated(a, 0xaa, 131),
                BYTES_OF_TEXT("Test Using Larger Than Block-Size Key - Hash Key First"), out);
    equals_hex(a, out, 32, "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
    arena_destroy(a);
}
END_TEST

/* RFC 5869 case 3 (no salt, no info): the first 32 of its 42 bytes. */
START_TEST(hkdf_vector)
{
    struct arena *a = arena_create();
    unsigned char out[32], other[32];
    hkdf_sha256(repeated(a, 0x0b, 22), "", out);
    equals_hex(a, out, 32, "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d");
    hkdf_sha256(repeated(a, 0x0b, 22), "label", other);
    ck_assert_mem_ne(out, other, 32);
    arena_destroy(a);
}
END_TEST

/* The GCM specification's cases 14 and 16, in our form: nonce ‖ ciphertext ‖ tag. */
START_TEST(gcm_vectors)
{
    struct arena *a = arena_create();
    struct bytes plain;
    struct bytes zero = repeated(a, 0, 32);
    struct bytes sealed = hex(a, "000000000000000000000000"
                                 "cea7403d4d606b6e074ec5d3baf39d18"
                                 "d0d1c8a799996bf0265b98b5d48ab919");
    ck_assert(seal_open(a, zero.data, (struct bytes){ NULL, 0 }, sealed, &plain));
    equals_hex(a, plain.data, plain.len, "00000000000000000000000000000000");

    struct bytes key = hex(a, "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308");
    struct bytes aad = hex(a, "feedfacedeadbeeffeedfacedeadbeefabaddad2");
    sealed = hex(a, "cafebabefacedbaddecaf888"
                    "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
                    "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662"
                    "76fc6ece0f4e1768cddf8853bb2d551b");
    ck_assert(seal_open(a, key.data, aad, sealed, &plain));
    equals_hex(a, plain.data, plain.len,
               "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
               "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39");
    arena_destroy(a);
}
END_TEST

START_TEST(a_tampered_seal_does_not_open)
{
    struct arena *a = arena_create();
    struct bytes key = repeated(a, 7, 32);
    struct bytes aad = BYTES_OF_TEXT("node:1");
    struct bytes sealed, plain;
    ck_assert(seal(a, key.data, aad, BYTES_OF_TEXT("a secret"), &sealed));
    ck_assert_uint_eq(sealed.len, 12 + 8 + 16);
    for (size_t i = 0; i < sealed.len; i++) { /* nonce, ciphertext and tag alike */
        unsigned char *copy = arena_copy(a, sealed.data, sealed.len);
        copy[i] ^= 0x10;
        ck_assert_msg(!seal_open(a, key.data, aad, (struct bytes){ copy, sealed.len }, &plain),
                      "byte %zu changed, and it opened", i);
        ck_assert_ptr_null(plain.data);
    }
    for (size_t len = 0; len < sealed.len; len++) /* cut short */
        ck_assert(!seal_open(a, key.data, aad, (struct bytes){ sealed.data, len }, &plain));
    ck_assert(!seal_open(a, key.data, BYTES_OF_TEXT("node:2"), sealed, &plain));
    ck_assert(!seal_open(a, key.data, (struct bytes){ NULL, 0 }, sealed, &plain));
    ck_assert(!seal_open(a, repeated(a, 8, 32).data, aad, sealed, &plain));
    ck_assert(seal_open(a, key.data, aad, sealed, &plain)); /* the twin */
    ck_assert_uint_eq(plain.len, 8);
    ck_assert_mem_eq(plain.data, "a secret", 8);
    arena_destroy(a);
}
END_TEST

START_TEST(seals_differ_and_may_be_empty)
{
    struct arena *a = arena_create();
    struct bytes key = repeated(a, 7, 32), none = { NULL, 0 };
    struct bytes one, two, plain;
    ck_assert(seal(a, key.data, none, none, &one));
    ck_assert(seal(a, key.data, none, none, &two));
    ck_assert_uint_eq(one.len, 28);
    ck_assert_mem_ne(one.data, two.data, 12);
    ck_assert(seal_open(a, key.data, none, one, &plain));
    ck_assert_uint_eq(plain.len, 0);
    arena_destroy(a);
}
END_TEST

START_TEST(passwords)
{
    struct arena *a = arena_create();
    char *one, *two;
    ck_assert(password_hash(a, BYTES_OF_TEXT("correct horse"), &one));
    ck_assert(password_hash(a, BYTES_OF_TEXT("correct horse"), &two));
    ck_assert_msg(text_starts(one, "$argon2id$v=19$m=19456,t=2,p=1$"), "%s", one); /* ruling 12 */
    ck_assert_str_ne(one, two);
    ck_assert(!password_verify(one, BYTES_OF_TEXT("correct hors")));
    ck_assert(!password_verify(one, BYTES_OF_TEXT("correct horse ")));
    ck_assert(!password_verify(one, (struct bytes){ NULL, 0 }));
    ck_assert(!password_verify("", BYTES_OF_TEXT("correct horse")));
    ck_assert(!password_verify("$argon2id$v=19$m=19456,t=2,p=1$$", BYTES_OF_TEXT("x")));
    ck_assert(!password_verify("no hash at all", BYTES_OF_TEXT("x")));
    one[strlen(one) - 1] ^= 4; /* another base64 character, or none: both must fail */
    ck_assert(!password_verify(one, BYTES_OF_TEXT("correct horse")));
    ck_assert(password_verify(two, BYTES_OF_TEXT("correct horse")));
    arena_destroy(a);
}
END_TEST

/* Made by the reference program of the Argon2 authors (argon2 somesalt -id -t 2 -m 16 -p 1 -v 13).
 */
START_TEST(a_foreign_argon2id_hash_is_read)
{
    static const char foreign[] = "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ"
                                  "$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc";
    ck_assert(password_verify(foreign, BYTES_OF_TEXT("password")));
    ck_assert(!password_verify(foreign, BYTES_OF_TEXT("Password")));
}
END_TEST

static void *verify_once(void *phc)
{
    return password_verify(phc, BYTES_OF_TEXT("x")) ? phc : NULL;
}

START_TEST(many_verifications_take_turns)
{
    struct arena *a = arena_create();
    char *phc;
    ck_assert(password_hash(a, BYTES_OF_TEXT("x"), &phc));
    pthread_t threads[5];
    for (size_t i = 0; i < ARRAY_LEN(threads); i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, verify_once, phc), 0);
    for (size_t i = 0; i < ARRAY_LEN(threads); i++) {
        void *result = NULL;
        pthread_join(threads[i], &result);
        ck_assert_ptr_eq(result, phc);
    }
    arena_destroy(a);
}
END_TEST

/* RFC 8032, 7.1, tests 1 to 3. */
static const struct {
    const char *seed, *public_key, *message, *signature;
} ed25519[] = {
    { "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
      "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
      "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9"
      "b46b"
      "d25bf5f0595bbe24655141438e7a100b" },
    { "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
      "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
      "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f1"
      "1d8c"
      "387b2eaeb4302aeeb00d291612bb0c00" },
    { "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
      "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
      "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984d"
      "c659"
      "4a7c15e9716ed28dc027beceea1ec40a" },
};

START_TEST(ed25519_vectors)
{
    struct arena *a = arena_create();
    for (size_t i = 0; i < ARRAY_LEN(ed25519); i++) {
        unsigned char public_key[32], signature[64];
        struct bytes seed = hex(a, ed25519[i].seed);
        ck_assert(signing_public_of_seed(seed.data, public_key));
        equals_hex(a, public_key, 32, ed25519[i].public_key);
        ck_assert(sign(seed.data, hex(a, ed25519[i].message), signature));
        equals_hex(a, signature, 64, ed25519[i].signature);
    }
    arena_destroy(a);
}
END_TEST

START_TEST(pepper_keys_differ_by_label)
{
    struct pepper p, q;
    unsigned char root[32] = { 1 }, expected[32];
    pepper_derive(root, &p);
    hkdf_sha256((struct bytes){ root, 32 }, "bootstrap-lookup", expected);
    ck_assert_mem_eq(p.bootstrap_lookup, expected, 32);
    hkdf_sha256((struct bytes){ root, 32 }, "cursor-binding", expected);
    ck_assert_mem_eq(p.cursor_binding, expected, 32);
    hkdf_sha256((struct bytes){ root, 32 }, "audit-subject", expected);
    ck_assert_mem_eq(p.audit_subject, expected, 32);
    root[31] = 1;
    pepper_derive(root, &q);
    ck_assert_mem_ne(p.bootstrap_lookup, q.bootstrap_lookup, 32);
}
END_TEST

START_TEST(pseudonyms_tell_callers_and_chains_apart)
{
    struct pepper p;
    unsigned char root[32] = { 1 }, one[32], other[32];
    struct uuid id = { { 1 } }, id2 = { { 2 } }, anchor = { { 3 } }, anchor2 = { { 4 } };
    pepper_derive(root, &p);
    pepper_caller_pseudonym(&p, "user", &id, one);
    pepper_caller_pseudonym(&p, "user", &id, other);
    ck_assert_mem_eq(one, other, 32);
    pepper_caller_pseudonym(&p, "service-identity", &id, other);
    ck_assert_mem_ne(one, other, 32);
    pepper_caller_pseudonym(&p, "user", &id2, other);
    ck_assert_mem_ne(one, other, 32);

    /* The caller's is HMAC(cursor_binding, kind ‖ id), as the header says. */
    unsigned char text[4 + 16] = "user";
    memcpy(text + 4, id.b, 16);
    hmac_sha256((struct bytes){ p.cursor_binding, 32 }, (struct bytes){ text, sizeof(text) },
                other);
    ck_assert_mem_eq(one, other, 32);

    pepper_subject_pseudonym(&p, &anchor, "user", &id, one);
    pepper_subject_pseudonym(&p, &anchor, "user", &id, other);
    ck_assert_mem_eq(one, other, 32);
    pepper_subject_pseudonym(&p, &anchor2, "user", &id, other);
    ck_assert_mem_ne(one, other, 32);
    pepper_subject_pseudonym(&p, &anchor, "user", &id2, other);
    ck_assert_mem_ne(one, other, 32);
    pepper_subject_pseudonym(&p, &anchor, "node", &id, other);
    ck_assert_mem_ne(one, other, 32);
}
END_TEST

START_TEST(init_may_be_called_again)
{
    struct error e = { "" };
    ck_assert(crypto_init(&e));
    ck_assert(crypto_init(&e));
}
END_TEST

TESTS("plexsphere/crypto", sha256_vectors, hmac_vectors, hkdf_vector, gcm_vectors,
      a_tampered_seal_does_not_open, seals_differ_and_may_be_empty, passwords,
      a_foreign_argon2id_hash_is_read, many_verifications_take_turns, ed25519_vectors,
      pepper_keys_differ_by_label, pseudonyms_tell_callers_and_chains_apart,
      init_may_be_called_again)
