/* common/encoding.h — hex, base32 and base64 (RFC 4648), strict both ways.
 *
 * Encoders give arena text. Decoders refuse a character outside the alphabet, wrong padding, a
 * wrong length and stray bits in the last character, and never read past `len`. */
#ifndef COMMON_ENCODING_H
#define COMMON_ENCODING_H

#include "common/base.h"

struct arena;

enum base64_kind {
    BASE64_STANDARD,     /* + / with padding */
    BASE64_STANDARD_RAW, /* + / without padding */
    BASE64_URL,          /* - _ with padding */
    BASE64_URL_RAW,      /* - _ without padding */
};

int hex_digit_value(char c); /* 0 to 15 for a digit in either case, else -1 */
char *hex_encode(struct arena *a, const void *data, size_t len); /* lower case */
/* Either case is read. */
MUST_CHECK bool hex_decode(struct arena *a, const char *text, size_t len, struct bytes *out);

char *base32_encode(struct arena *a, const void *data, size_t len); /* a-z2-7, no padding */
/* Lower case, no padding. */
MUST_CHECK bool base32_decode(struct arena *a, const char *text, size_t len, struct bytes *out);

char *base64_encode(struct arena *a, enum base64_kind kind, const void *data, size_t len);
MUST_CHECK bool base64_decode(struct arena *a, enum base64_kind kind, const char *text, size_t len,
                              struct bytes *out);

/* 26 characters of Crockford base32 for 16 bytes (the text form of a ULID), upper case. */
void crockford_encode16(const unsigned char data[16], char out[27]);

#endif
