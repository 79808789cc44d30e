/* Signatures here are made with OpenSSL, verified with libsodium. */
#include "reference/plexd/verify.h"

#include <openssl/evp.h>
#include <string.h>

#include "common/arena.h"
#include "common/encoding.h"
#include "common/testing.h"
#include "common/timestamp.h"

#define SECOND MICROS_PER_SECOND
#define NOW (INT64_C(1700000000) * SECOND)

static struct arena *a;
static struct verifier *v;
static EVP_PKEY *keys[4];
static unsigned char public_keys[4][32];

static void begin(void)
{
    a = arena_create();
    for (int i = 0; i < 4; i++) {
        unsigned char seed[32] = { (unsigned char)(i + 1) };
        size_t len = 32;
        keys[i] = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, seed, 32);
        ck_assert_int_eq(EVP_PKEY_get_raw_public_key(keys[i], public_keys[i], &len), 1);
    }
    v = verifier_create(public_keys[1], "k1");
}

static void finish(void)
{
    verifier_destroy(v);
    for (int i = 0; i < 4; i++)
        EVP_PKEY_free(keys[i]);
    arena_destroy(a);
}

static const char *sign(int key, const char *text)
{
    unsigned char raw[64];
    size_t len = 64;
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    ck_assert_int_eq(EVP_DigestSignInit(ctx, NULL, NULL, NULL, keys[key]), 1);
    ck_assert_int_eq(EVP_DigestSign(ctx, raw, &len, (const unsigned char *)text, strlen(text)), 1);
    EVP_MD_CTX_free(ctx);
    return base64_encode(a, BASE64_STANDARD, raw, 64);
}

static struct envelope event(int key, const char *replay, int64_t issued_at)
{
    const char *text = arena_printf(a, "signed %s", replay);
    return (struct envelope){ .type = "t",
                              .id = "i",
                              .key_id = "",
                              .replay = replay,
                              .issued_at = issued_at,
                              .has_issued_at = true,
                              .signature = sign(key, text),
                              .signed_bytes = BYTES_OF_TEXT(text) };
}

static enum verified check(struct envelope ev)
{
    return verifier_check(v, &ev, NOW);
}

static struct signing_keys rotation(int current, int previous, int64_t until)
{
    struct signing_keys k = {
        .present = true, .previous = "", .current_id = "k", .transition_expires = until
    };
    k.current = base64_encode(a, BASE64_STANDARD, public_keys[current], 32);
    if (previous >= 0)
        k.previous = base64_encode(a, BASE64_STANDARD, public_keys[previous], 32);
    return k;
}

START_TEST(a_good_event_is_believed_once)
{
    begin();
    ck_assert_int_eq(check(event(1, "n", NOW)), VERIFIED);
    ck_assert_int_eq(check(event(1, "n", NOW)), VERIFY_REPLAYED);
    ck_assert_int_eq(check(event(1, "m", NOW)), VERIFIED);
    finish();
}
END_TEST

START_TEST(the_window_is_five_minutes_to_both_sides)
{
    static const struct {
        int64_t age; /* seconds */
        enum verified want;
    } rows[] = { { 300, VERIFIED },        { 301, VERIFY_STALE },   { 299, VERIFIED },
                 { -300, VERIFIED },       { -301, VERIFY_FUTURE }, { 86400, VERIFY_STALE },
                 { -86400, VERIFY_FUTURE } };
    begin();
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        ck_assert_int_eq(check(event(1, arena_printf(a, "n%zu", i), NOW - rows[i].age * SECOND)),
                         rows[i].want);
    finish();
}
END_TEST

/* Each event has every later fault as well: the earlier one is told. */
START_TEST(the_checks_come_in_their_order)
{
    begin();
    struct envelope ev = { .type = "t", .id = "i", .replay = "", .signature = "" };
    ck_assert_int_eq(check(ev), VERIFY_NO_SIGNATURE);
    ev.signature = "!";
    ck_assert_int_eq(check(ev), VERIFY_NO_REPLAY_KEY);
    ev.replay = "n";
    ck_assert_int_eq(check(ev), VERIFY_NO_TIME);
    ev.has_issued_at = true;
    ck_assert_int_eq(check(ev), VERIFY_STALE);
    ev.issued_at = NOW + 301 * SECOND;
    ck_assert_int_eq(check(ev), VERIFY_FUTURE);
    ev.issued_at = NOW;
    ck_assert_int_eq(check(ev), VERIFY_BAD_SIGNATURE_FORM);
    ev.signature = base64_encode(a, BASE64_STANDARD, "short", 5);
    ck_assert_int_eq(check(ev), VERIFY_BAD_SIGNATURE_FORM);
    ev.signature = sign(1, "something else");
    ck_assert_int_eq(check(ev), VERIFY_WRONG_SIGNATURE);
    finish();
}
END_TEST

START_TEST(a_forged_event_burns_no_good_one)
{
    begin();
    struct envelope forged = event(3, "n", NOW);
    ck_assert_int_eq(check(forged), VERIFY_WRONG_SIGNATURE);
    ck_assert_int_eq(check(event(1, "n", NOW)), VERIFIED);
    finish();
}
END_TEST

START_TEST(after_a_rotation_the_old_key_is_good_until_its_end)
{
    begin();
    struct signing_keys k = rotation(2, 1, NOW + 1);
    ck_assert(verifier_rotate(v, &k));
    ck_assert_int_eq(check(event(2, "a", NOW)), VERIFIED);
    ck_assert_int_eq(check(event(1, "b", NOW)), VERIFIED);
    ck_assert_int_eq(check(event(3, "c", NOW)), VERIFY_WRONG_SIGNATURE);
    k = rotation(2, 1, NOW);
    ck_assert(verifier_rotate(v, &k));
    ck_assert_int_eq(check(event(1, "d", NOW)), VERIFY_WRONG_SIGNATURE);
    k = rotation(2, 1, 0); /* no deadline: never */
    ck_assert(verifier_rotate(v, &k));
    ck_assert_int_eq(check(event(1, "e", NOW)), VERIFY_WRONG_SIGNATURE);
    k = rotation(3, -1, NOW + 1);
    ck_assert(verifier_rotate(v, &k));
    ck_assert_int_eq(check(event(2, "f", NOW)), VERIFY_WRONG_SIGNATURE);
    ck_assert_int_eq(check(event(3, "g", NOW)), VERIFIED);
    const char *id;
    ck_assert_int_eq(memcmp(verifier_current(v, &id), public_keys[3], 32), 0);
    ck_assert_str_eq(id, "k");
    finish();
}
END_TEST

START_TEST(a_bad_rotation_changes_nothing)
{
    begin();
    const char *short_key = base64_encode(a, BASE64_STANDARD, public_keys[2], 31);
    const char *const bad[] = { "", "!!!", short_key, NULL };
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct signing_keys k = rotation(2, 1, NOW + 1);
        k.current = bad[i];
        ck_assert(!verifier_rotate(v, &k));
        if (bad[i] == NULL || bad[i][0] == '\0')
            continue; /* an empty previous key is no fault */
        k = rotation(2, 1, NOW + 1);
        k.previous = bad[i];
        ck_assert(!verifier_rotate(v, &k));
    }
    ck_assert_int_eq(check(event(1, "n", NOW)), VERIFIED);
    ck_assert_int_eq(check(event(2, "m", NOW)), VERIFY_WRONG_SIGNATURE);
    finish();
}
END_TEST

/* More than the memory holds: the oldest are forgotten, and nothing as old is believed again. */
START_TEST(the_memory_is_bounded_and_still_nothing_comes_twice)
{
    begin();
    enum { MANY = 9000 };
    for (int i = 0; i < MANY; i++)
        ck_assert_int_eq(check(event(1, arena_printf(a, "n%d", i), NOW - 100 * SECOND + i)),
                         VERIFIED);
    ck_assert_int_eq(check(event(1, "n0", NOW - 100 * SECOND)), VERIFY_STALE);
    ck_assert_int_eq(check(event(1, "n8999", NOW - 100 * SECOND + 8999)), VERIFY_REPLAYED);
    ck_assert_int_eq(check(event(1, "n2000", NOW - 100 * SECOND + 2000)), VERIFY_REPLAYED);
    ck_assert_int_eq(check(event(1, "new", NOW)), VERIFIED);
    finish();
}
END_TEST

START_TEST(what_is_out_of_the_window_is_forgotten)
{
    begin();
    struct envelope ev = event(1, "n", NOW), later = event(1, "m", NOW + 301 * SECOND);
    ck_assert_int_eq(verifier_check(v, &ev, NOW), VERIFIED);
    ck_assert_int_eq(verifier_check(v, &later, NOW + 301 * SECOND), VERIFIED);
    ck_assert_int_eq(verifier_check(v, &ev, NOW + 301 * SECOND), VERIFY_STALE);
    ck_assert_int_eq(verifier_check(v, &later, NOW + 301 * SECOND), VERIFY_REPLAYED);
    finish();
}
END_TEST

TESTS("plexd/verify", a_good_event_is_believed_once, the_window_is_five_minutes_to_both_sides,
      the_checks_come_in_their_order, a_forged_event_burns_no_good_one,
      after_a_rotation_the_old_key_is_good_until_its_end, a_bad_rotation_changes_nothing,
      the_memory_is_bounded_and_still_nothing_comes_twice, what_is_out_of_the_window_is_forgotten)
