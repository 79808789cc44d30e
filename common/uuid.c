#include "common/uuid.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "common/arena.h"
#include "common/encoding.h"
#include "common/random.h"

static bool dash_at(size_t i)
{
    return i == 8 || i == 13 || i == 18 || i == 23;
}

bool uuid_parse(const char *text, struct uuid *out)
{
    if (text == NULL || strnlen(text, UUID_TEXT_LEN + 1) != UUID_TEXT_LEN)
        return false;
    struct uuid u = { { 0 } };
    size_t nibble = 0;
    for (size_t i = 0; i < UUID_TEXT_LEN; i++) {
        if (dash_at(i)) {
            if (text[i] != '-')
                return false;
            continue;
        }
        int value = hex_digit_value(text[i]);
        if (value < 0)
            return false;
        u.b[nibble / 2] = (unsigned char)(u.b[nibble / 2] << 4 | value);
        nibble++;
    }
    *out = u;
    return true;
}

bool uuid_is_nil(const struct uuid *u)
{
    static const struct uuid nil;
    return uuid_equal(u, &nil);
}

bool uuid_equal(const struct uuid *a, const struct uuid *b)
{
    return memcmp(a->b, b->b, sizeof(a->b)) == 0;
}

void uuid_format(const struct uuid *u, char out[UUID_TEXT_LEN + 1])
{
    size_t nibble = 0;
    for (size_t i = 0; i < UUID_TEXT_LEN; i++) {
        if (dash_at(i)) {
            out[i] = '-';
            continue;
        }
        unsigned value = nibble % 2 == 0 ? u->b[nibble / 2] >> 4 : u->b[nibble / 2] & 15u;
        out[i] = "0123456789abcdef"[value];
        nibble++;
    }
    out[UUID_TEXT_LEN] = '\0';
}

char *uuid_text(struct arena *a, const struct uuid *u)
{
    char *text = arena_alloc(a, UUID_TEXT_LEN + 1);
    uuid_format(u, text);
    return text;
}

/* RFC 9562 §6.2, method 1, with one counter for the whole process: 42 bits that start at a random
 * place in their lower half and only ever rise, so order holds within every millisecond even when
 * callers' clocks differ. The remaining 32 bits are random. */
static _Atomic uint64_t sequence;

#define SEQUENCE_BITS 42

static void seed_sequence(void)
{
    atomic_store(&sequence, random_below(UINT64_C(1) << (SEQUENCE_BITS - 1)));
}

static void start_sequence(void)
{
    seed_sequence();
    /* A forked worker must not go on with its parent's numbers. */
    pthread_atfork(NULL, NULL, seed_sequence);
}

struct uuid uuid_v7(int64_t micros)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, start_sequence);

    struct uuid u;
    uint64_t millis = micros < 0 ? 0 : (uint64_t)micros / 1000;
    uint64_t counter = atomic_fetch_add(&sequence, 1);
    uint64_t high = counter >> 30 & 0xfff, low = counter & 0x3fffffff;
    for (int i = 0; i < 6; i++)
        u.b[i] = (unsigned char)(millis >> (40 - 8 * i));
    u.b[6] = (unsigned char)(0x70 | high >> 8);
    u.b[7] = (unsigned char)high;
    u.b[8] = (unsigned char)(0x80 | low >> 24);
    for (int i = 0; i < 3; i++)
        u.b[9 + i] = (unsigned char)(low >> (16 - 8 * i));
    random_bytes(u.b + 12, 4);
    return u;
}
