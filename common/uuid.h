/* common/uuid.h — UUIDs in canonical text (RFC 9562): 8-4-4-4-12 hex digits, read in either case,
 * written in lower case; no braces, no urn:. */
#ifndef COMMON_UUID_H
#define COMMON_UUID_H

#include "common/base.h"

struct arena;

#define UUID_TEXT_LEN 36

struct uuid {
    unsigned char b[16];
};

MUST_CHECK bool uuid_parse(const char *text, struct uuid *out); /* the nil UUID parses */
bool uuid_is_nil(const struct uuid *u);
bool uuid_equal(const struct uuid *a, const struct uuid *b);
void uuid_format(const struct uuid *u, char out[UUID_TEXT_LEN + 1]);
char *uuid_text(struct arena *a, const struct uuid *u);

/* Version 7 from an instant (microseconds) and random bits. Two calls of one process with the same
 * millisecond still sort in call order. Thread-safe. */
struct uuid uuid_v7(int64_t micros);

#endif
