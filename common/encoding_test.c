#include "common/encoding.h"

#include <string.h>

#include "common/arena.h"
#include "common/random.h"
#include "common/testing.h"

/* RFC 4648 §10; base32 there is upper case and padded, ours neither. */
static const struct {
    const char *plain, *base64, *base32, *base16;
} vectors[] = {
    { "", "", "", "" },
    { "f", "Zg==", "my", "66" },
    { "fo", "Zm8=", "mzxq", "666f" },
    { "foo", "Zm9v", "mzxw6", "666f6f" },
    { "foob", "Zm9vYg==", "mzxw6yq", "666f6f62" },
    { "fooba", "Zm9vYmE=", "mzxw6ytb", "666f6f6261" },
    { "foobar", "Zm9vYmFy", "mzxw6ytboi", "666f6f626172" },
};

static struct arena *a;

static void is_plain(bool ok, struct bytes got, const char *plain)
{
    ck_assert_msg(ok, "not decoded: %s", plain);
    ck_assert_uint_eq(got.len, strlen(plain));
    ck_assert_mem_eq(got.data, plain, got.len + 1); /* the NUL, too */
}

START_TEST(a_hex_digit_has_its_value_and_nothing_else_has_one)
{
    static const char digits[] = "0123456789abcdefABCDEF";
    for (int c = 0; c < 256; c++) {
        const char *at = c == 0 ? NULL : strchr(digits, c);
        int want = at == NULL ? -1 : (int)(at - digits);
        ck_assert_int_eq(hex_digit_value((char)c), want > 15 ? want - 6 : want);
    }
}
END_TEST

START_TEST(agrees_with_rfc_4648)
{
    a = arena_create();
    for (size_t i = 0; i < ARRAY_LEN(vectors); i++) {
        const char *plain = vectors[i].plain;
        size_t len = strlen(plain);
        struct bytes got;
        ck_assert_str_eq(base64_encode(a, BASE64_STANDARD, plain, len), vectors[i].base64);
        ck_assert_str_eq(base32_encode(a, plain, len), vectors[i].base32);
        ck_assert_str_eq(hex_encode(a, plain, len), vectors[i].base16);
        const char *t = vectors[i].base64;
        is_plain(base64_decode(a, BASE64_STANDARD, t, strlen(t), &got), got, plain);
        size_t unpadded = strcspn(t, "=");
        is_plain(base64_decode(a, BASE64_URL_RAW, t, unpadded, &got), got, plain);
        t = vectors[i].base32;
        is_plain(base32_decode(a, t, strlen(t), &got), got, plain);
        t = vectors[i].base16;
        is_plain(hex_decode(a, t, strlen(t), &got), got, plain);
    }
    arena_destroy(a);
}
END_TEST

START_TEST(tells_the_two_base64_alphabets_apart)
{
    a = arena_create();
    static const unsigned char data[] = { 0xfb, 0xff, 0xfe };
    struct bytes got;
    ck_assert_str_eq(base64_encode(a, BASE64_STANDARD, data, 3), "+//+");
    ck_assert_str_eq(base64_encode(a, BASE64_URL, data, 3), "-__-");
    ck_assert_str_eq(base64_encode(a, BASE64_URL_RAW, data, 2), "-_8");
    ck_assert_str_eq(base64_encode(a, BASE64_STANDARD_RAW, data, 2), "+/8");
    ck_assert_str_eq(base64_encode(a, BASE64_URL, data, 2), "-_8=");
    ck_assert(!base64_decode(a, BASE64_STANDARD, "-__-", 4, &got));
    ck_assert(!base64_decode(a, BASE64_URL_RAW, "+//+", 4, &got));
    arena_destroy(a);
}
END_TEST

static bool base64_refuses(enum base64_kind kind, const char *text)
{
    struct bytes got;
    return !base64_decode(a, kind, text, strlen(text), &got);
}

START_TEST(refuses_loose_base64)
{
    a = arena_create();
    static const char *const padded[] = {
        "Zg",    "Zg=",      "Zg===", "Zm8",    "=",    "==",   "====", "Z===", "Zg==Zg==",
        "Zm9v=", "Zm9vZ===", "Z g==", "Zg==\n", "Zh==", "Zm9=", "Zm$=", "=Zg="
    };
    static const char *const raw[] = { "Z", "Zg==", "Zm8=", "Zh", "Zm9", "Zm9vZ", "Zm 9", "Zg\n" };
    for (size_t i = 0; i < ARRAY_LEN(padded); i++)
        ck_assert_msg(base64_refuses(BASE64_STANDARD, padded[i]), "%s", padded[i]);
    for (size_t i = 0; i < ARRAY_LEN(raw); i++)
        ck_assert_msg(base64_refuses(BASE64_STANDARD_RAW, raw[i]), "%s", raw[i]);
    struct bytes got;
    ck_assert(!base64_decode(a, BASE64_STANDARD, "Zg=\0", 4, &got));
    ck_assert(!base64_decode(a, BASE64_STANDARD_RAW, "A\0", 2, &got));
    arena_destroy(a);
}
END_TEST

START_TEST(refuses_loose_hex_and_base32)
{
    a = arena_create();
    struct bytes got;
    static const char *const hex[] = { "0", "0g", "000", " 00", "0x00", "00\n" };
    static const char *const base32[] = { "m",  "mzx", "mzxw6y", "MY",  "my======",
                                          "mz", "m1",  "m8",     "mzxr" };
    for (size_t i = 0; i < ARRAY_LEN(hex); i++)
        ck_assert_msg(!hex_decode(a, hex[i], strlen(hex[i]), &got), "%s", hex[i]);
    for (size_t i = 0; i < ARRAY_LEN(base32); i++)
        ck_assert_msg(!base32_decode(a, base32[i], strlen(base32[i]), &got), "%s", base32[i]);
    ck_assert(hex_decode(a, "aAfF", 4, &got));
    ck_assert_mem_eq(got.data, "\xaa\xff", 2);
    arena_destroy(a);
}
END_TEST

START_TEST(gives_back_what_it_was_given)
{
    struct prng p = { 42 };
    for (size_t len = 0; len < 200; len++) {
        a = arena_create();
        unsigned char data[200];
        for (size_t i = 0; i < len; i++)
            data[i] = (unsigned char)prng_next(&p);
        struct bytes got;
        for (int kind = BASE64_STANDARD; kind <= BASE64_URL_RAW; kind++) {
            char *t = base64_encode(a, (enum base64_kind)kind, data, len);
            ck_assert(base64_decode(a, (enum base64_kind)kind, t, strlen(t), &got));
            ck_assert(got.len == len && memcmp(got.data, data, len) == 0);
        }
        char *t = base32_encode(a, data, len);
        ck_assert(base32_decode(a, t, strlen(t), &got));
        ck_assert(got.len == len && memcmp(got.data, data, len) == 0);
        t = hex_encode(a, data, len);
        ck_assert(hex_decode(a, t, strlen(t), &got));
        ck_assert(got.len == len && memcmp(got.data, data, len) == 0);
        arena_destroy(a);
    }
}
END_TEST

/* The ULID specification's largest value, and the text its example time 1469918176385 ms begins
 * with. */
START_TEST(writes_ulid_text)
{
    unsigned char data[16];
    char out[27];
    memset(data, 0xff, sizeof(data));
    crockford_encode16(data, out);
    ck_assert_str_eq(out, "7ZZZZZZZZZZZZZZZZZZZZZZZZZ");
    memset(data, 0, sizeof(data));
    crockford_encode16(data, out);
    ck_assert_str_eq(out, "00000000000000000000000000");
    uint64_t millis = UINT64_C(1469918176385);
    for (int i = 0; i < 6; i++)
        data[i] = (unsigned char)(millis >> (40 - 8 * i));
    crockford_encode16(data, out);
    ck_assert_str_eq(out, "01ARYZ6S410000000000000000");
}
END_TEST

TESTS("common/encoding", a_hex_digit_has_its_value_and_nothing_else_has_one, agrees_with_rfc_4648,
      tells_the_two_base64_alphabets_apart, refuses_loose_base64, refuses_loose_hex_and_base32,
      gives_back_what_it_was_given, writes_ulid_text)
