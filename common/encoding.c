#include "common/encoding.h"

#include <string.h>

#include "common/arena.h"

#define HEX "0123456789abcdef"
#define BASE32 "abcdefghijklmnopqrstuvwxyz234567"
#define BASE64_TAIL "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
#define CROCKFORD "0123456789ABCDEFGHJKMNPQRSTVWXYZ" /* no I, L, O, U */

/* All of these cut the bytes, read as one long number, into groups of 4, 5 or 6 bits. The last
 * group is filled up with zero bits. */
static size_t encode_groups(const unsigned char *data, size_t len, unsigned bits,
                            const char *alphabet, char *out)
{
    unsigned pending = 0, n_pending = 0;
    size_t n = 0;
    for (size_t i = 0; i < len; i++) {
        pending = (pending << 8 | data[i]) & 0xffff;
        for (n_pending += 8; n_pending >= bits; n_pending -= bits)
            out[n++] = alphabet[pending >> (n_pending - bits) & ((1u << bits) - 1)];
    }
    if (n_pending > 0)
        out[n++] = alphabet[pending << (bits - n_pending) & ((1u << bits) - 1)];
    return n;
}

/* Refuses a foreign character, a last group that no byte needs, and stray bits in it. */
static bool decode_groups(struct arena *a, const char *text, size_t len, unsigned bits,
                          const char *alphabet, struct bytes *out)
{
    unsigned char *data = arena_alloc(a, len / 8 * bits + bits + 1);
    unsigned pending = 0, n_pending = 0;
    size_t n = 0;
    for (size_t i = 0; i < len; i++) {
        const char *found = text[i] == '\0' ? NULL : strchr(alphabet, text[i]);
        if (found == NULL)
            return false;
        pending = (pending << bits | (unsigned)(found - alphabet)) & 0xffff;
        n_pending += bits;
        if (n_pending >= 8) {
            n_pending -= 8;
            data[n++] = (unsigned char)(pending >> n_pending);
        }
    }
    if (n_pending >= bits || (pending & ((1u << n_pending) - 1)) != 0)
        return false;
    data[n] = '\0';
    *out = (struct bytes){ data, n };
    return true;
}

int hex_digit_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

char *hex_encode(struct arena *a, const void *data, size_t len)
{
    char *out = arena_alloc_array(a, len + 1, 2);
    encode_groups(data, len, 4, HEX, out);
    return out;
}

bool hex_decode(struct arena *a, const char *text, size_t len, struct bytes *out)
{
    char *folded = arena_strndup(a, text, len);
    for (size_t i = 0; i < len; i++)
        if (folded[i] >= 'A' && folded[i] <= 'F')
            folded[i] = (char)(folded[i] - 'A' + 'a');
    return decode_groups(a, folded, len, 4, HEX, out);
}

char *base32_encode(struct arena *a, const void *data, size_t len)
{
    char *out = arena_alloc_array(a, len / 5 + 2, 8);
    encode_groups(data, len, 5, BASE32, out);
    return out;
}

bool base32_decode(struct arena *a, const char *text, size_t len, struct bytes *out)
{
    return decode_groups(a, text, len, 5, BASE32, out);
}

static bool is_url_kind(enum base64_kind kind)
{
    return kind == BASE64_URL || kind == BASE64_URL_RAW;
}

static bool is_padded_kind(enum base64_kind kind)
{
    return kind == BASE64_STANDARD || kind == BASE64_URL;
}

static const char *base64_alphabet(enum base64_kind kind)
{
    return is_url_kind(kind) ? BASE64_TAIL "-_" : BASE64_TAIL "+/";
}

char *base64_encode(struct arena *a, enum base64_kind kind, const void *data, size_t len)
{
    char *out = arena_alloc_array(a, len / 3 + 2, 4);
    size_t n = encode_groups(data, len, 6, base64_alphabet(kind), out);
    while (is_padded_kind(kind) && n % 4 != 0)
        out[n++] = '=';
    return out;
}

bool base64_decode(struct arena *a, enum base64_kind kind, const char *text, size_t len,
                   struct bytes *out)
{
    if (is_padded_kind(kind)) {
        if (len % 4 != 0)
            return false;
        for (int i = 0; i < 2 && len > 0 && text[len - 1] == '='; i++)
            len--;
        /* What the padding left over must need it: "QQ==", never "=". */
        if (len % 4 == 1)
            return false;
    }
    return decode_groups(a, text, len, 6, base64_alphabet(kind), out);
}

/* 130 bits for 128: the two spare ones lead, so the first character is at most 7. */
void crockford_encode16(const unsigned char data[16], char out[27])
{
    unsigned pending = 0, n_pending = 2;
    size_t n = 0;
    for (size_t i = 0; i < 16; i++) {
        pending = (pending << 8 | data[i]) & 0xffff;
        for (n_pending += 8; n_pending >= 5; n_pending -= 5)
            out[n++] = CROCKFORD[pending >> (n_pending - 5) & 31];
    }
    out[n] = '\0';
}
