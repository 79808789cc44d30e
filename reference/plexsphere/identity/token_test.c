#include "reference/plexsphere/identity/token.h"

#include <string.h>

#include "common/arena.h"
#include "common/encoding.h"
#include "common/testing.h"
#include "common/text.h"
#include "reference/plexsphere/crypto/crypto.h"

#define TAIL "abcdefghijklmnopqrstuvwxyz234567" /* 32 */

START_TEST(what_is_no_token_is_refused)
{
    static const char *const bad[] = {
        "",
        "psk_",
        "psk_dev",
        "psk_dev_",
        "psk_dev_" TAIL "a",
        "psk__" TAIL,
        "psk_DEV_" TAIL,
        "psk_d3v_" TAIL,
        "PSK_dev_" TAIL,
        "sk_dev_" TAIL,
        " psk_dev_" TAIL,
        "psk_dev_" TAIL " ",
        "psk_dev_abcdefghijklmnopqrstuvwxyz23456",
        "psk_dev_abcdefghijklmnopqrstuvwxyz234561",
        "psk_dev_Abcdefghijklmnopqrstuvwxyz234567",
        "psk_abcdefghijklmnopq_" TAIL,
        "psk_dev-" TAIL,
    };
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        ck_assert_msg(!token_is_shaped(bad[i]), "accepted \"%s\"", bad[i]);
}
END_TEST

START_TEST(what_is_made_is_shaped_and_never_twice_the_same)
{
    struct arena *a = arena_create();
    static const char *const environments[] = { "dev", "stage", "prod", "x", "abcdefghijklmnop" };
    for (size_t i = 0; i < ARRAY_LEN(environments); i++) {
        char *one = token_make(a, environments[i]), *two = token_make(a, environments[i]);
        ck_assert(token_is_shaped(one));
        ck_assert(text_starts(one + strlen("psk_"), environments[i]));
        ck_assert_uint_eq(strlen(one), strlen("psk__") + strlen(environments[i]) + 32);
        ck_assert_str_ne(one, two);
    }
    arena_destroy(a);
}
END_TEST

START_TEST(an_environment_is_a_run_of_letters)
{
    static const char *const bad[] = { "", "Dev", "dev1", "de v", "dev_", "abcdefghijklmnopq" };
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        ck_assert_msg(!token_env_is_valid(bad[i]), "accepted \"%s\"", bad[i]);
    ck_assert(token_env_is_valid("dev"));
    ck_assert(token_env_is_valid("abcdefghijklmnop"));
}
END_TEST

START_TEST(the_digest_is_of_the_whole_plaintext)
{
    struct arena *a = arena_create();
    unsigned char digest[32];
    ck_assert(crypto_init(NULL));
    token_digest("psk_dev_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", digest);
    ck_assert_str_eq(hex_encode(a, digest, 32),
                     "f186548a6cbd16e01631a13240d84a58231a945099bc0698fab0b128ad2fe977");
    arena_destroy(a);
}
END_TEST

START_TEST(a_header_without_one_bearer_token_has_none)
{
    struct arena *a = arena_create();
    static const char *const bad[] = { "",
                                       "Bearer",
                                       "Bearer ",
                                       "Bearer    ",
                                       "Bearertoken",
                                       "Basic dXNlcjpwYXNz",
                                       "Bearer a b",
                                       "Bearer\ttoken",
                                       " Bearer token",
                                       "Bear er token",
                                       "Token token",
                                       "Bearer a, Bearer b" };
    ck_assert_ptr_null(bearer_of_header(a, NULL));
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        ck_assert_msg(bearer_of_header(a, bad[i]) == NULL, "accepted \"%s\"", bad[i]);
    arena_destroy(a);
}
END_TEST

START_TEST(the_scheme_is_read_in_any_case)
{
    struct arena *a = arena_create();
    static const char *const good[] = { "Bearer token",  "bearer token",  "BEARER token",
                                        "bEaReR  token", "Bearer token ", "Bearer token\t" };
    for (size_t i = 0; i < ARRAY_LEN(good); i++)
        ck_assert_str_eq(bearer_of_header(a, good[i]), "token");
    arena_destroy(a);
}
END_TEST

TESTS("identity/token", what_is_no_token_is_refused,
      what_is_made_is_shaped_and_never_twice_the_same, an_environment_is_a_run_of_letters,
      the_digest_is_of_the_whole_plaintext, a_header_without_one_bearer_token_has_none,
      the_scheme_is_read_in_any_case)
