#include "drift-gates/prod_leak/scan.h"

#include <endian.h>

#define BLOCK_MAX 4
#define BITS_MIN 12
#define BITS_MAX 18
#define NONE UINT32_MAX
#define FACTOR UINT32_C(0x9E3779B1)

/* A needle at one of its offsets: what to compare when the block there was seen. */
struct entry {
    uint32_t needle, next;
    uint32_t offset;
};

struct scanner {
    struct bytes *needles;
    size_t n;
    enum scan_case kind;
    size_t stride, block; /* block is 0 when there is no needle */
    uint32_t mask, fold;
    unsigned shift;  /* of the hash */
    uint64_t *seen;  /* one bit a hash */
    uint32_t *heads; /* first entry of a hash */
    struct entry *entries;
    size_t n_entries;
};

static inline uint32_t load4(const unsigned char *p)
{
    uint32_t block;
    memcpy(&block, p, sizeof(block));
    return le32toh(block); /* the mask keeps the first bytes, which must be the low ones */
}

static uint32_t load_block(const struct scanner *s, const unsigned char *p)
{
    unsigned char padded[BLOCK_MAX] = { 0 };
    memcpy(padded, p, s->block);
    return (load4(padded) | s->fold) & s->mask;
}

static inline uint32_t hash_of(const struct scanner *s, uint32_t block)
{
    return (block * FACTOR) >> s->shift;
}

static void add_entry(struct scanner *s, size_t needle, size_t offset)
{
    uint32_t hash = hash_of(s, load_block(s, s->needles[needle].data + offset));
    uint32_t at = (uint32_t)s->n_entries++;
    s->entries[at] = (struct entry){ (uint32_t)needle, s->heads[hash], (uint32_t)offset };
    s->heads[hash] = at;
    s->seen[hash / 64] |= UINT64_C(1) << (hash % 64);
}

static void choose_shape(struct scanner *s, size_t shortest)
{
    unsigned bits = BITS_MIN;
    s->block = shortest < BLOCK_MAX ? shortest : BLOCK_MAX;
    s->stride = shortest - s->block + 1;
    s->mask = s->block == BLOCK_MAX ? UINT32_MAX : (UINT32_C(1) << (8 * s->block)) - 1;
    s->fold = s->kind == SCAN_FOLD ? UINT32_C(0x20202020) : 0;
    while (bits < BITS_MAX && ((size_t)1 << bits) < s->n * s->stride * 64)
        bits++;
    s->shift = 32 - bits;
}

struct scanner *scanner_create(struct arena *a, const struct bytes *needles, size_t n,
                               enum scan_case kind)
{
    struct scanner *s = arena_alloc(a, sizeof(*s));
    size_t shortest = 0;
    s->kind = kind;
    s->n = n;
    s->needles = arena_alloc_array(a, n + 1, sizeof(*s->needles));
    for (size_t i = 0; i < n; i++) {
        s->needles[i].data = arena_copy(a, needles[i].data, needles[i].len);
        s->needles[i].len = needles[i].len;
        if (needles[i].len > 0 && (shortest == 0 || needles[i].len < shortest))
            shortest = needles[i].len;
    }
    if (shortest == 0)
        return s;
    choose_shape(s, shortest);
    size_t hashes = (size_t)1 << (32 - s->shift);
    s->seen = arena_alloc_array(a, hashes / 64, sizeof(*s->seen));
    s->heads = arena_alloc_array(a, hashes, sizeof(*s->heads));
    s->entries = arena_alloc_array(a, n * s->stride, sizeof(*s->entries));
    memset(s->heads, 0xFF, hashes * sizeof(*s->heads));
    for (size_t i = 0; i < n; i++) {
        for (size_t offset = 0; needles[i].len > 0 && offset < s->stride; offset++)
            add_entry(s, i, offset);
    }
    return s;
}

static bool same_folded(const unsigned char *a, const unsigned char *b, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        unsigned char x = a[i], y = b[i];
        x = (unsigned char)(x >= 'A' && x <= 'Z' ? x | 0x20 : x);
        y = (unsigned char)(y >= 'A' && y <= 'Z' ? y | 0x20 : y);
        if (x != y)
            return false;
    }
    return true;
}

static bool stands_at(const struct scanner *s, struct bytes text, size_t needle, size_t at)
{
    struct bytes n = s->needles[needle];
    if (text.len - at < n.len)
        return false;
    return s->kind == SCAN_FOLD ? same_folded(text.data + at, n.data, n.len)
                                : memcmp(text.data + at, n.data, n.len) == 0;
}

/* Everything that may stand around `place`. False: the caller has enough. */
static bool compare_at(const struct scanner *s, struct bytes text, size_t place, uint32_t hash,
                       bool (*found)(void *arg, size_t needle, size_t at), void *arg)
{
    for (uint32_t i = s->heads[hash]; i != NONE; i = s->entries[i].next) {
        size_t offset = s->entries[i].offset, needle = s->entries[i].needle;
        if (offset <= place && stands_at(s, text, needle, place - offset) &&
            !found(arg, needle, place - offset))
            return false;
    }
    return true;
}

static inline uint64_t seen_at(const struct scanner *s, const unsigned char *p)
{
    uint32_t hash = hash_of(s, (load4(p) | s->fold) & s->mask);
    return s->seen[hash / 64] >> (hash % 64) & 1;
}

/* The next place from `place` on whose block may be one of a needle's; beyond the last whole block
 * when there is none. Works on a copy, so that nothing is read again for each place. */
static size_t next_place(const struct scanner *shared, struct bytes text, size_t place)
{
    const struct scanner s = *shared;
    while (place + BLOCK_MAX <= text.len && seen_at(&s, text.data + place) == 0)
        place += s.stride;
    return place;
}

void scanner_run(const struct scanner *s, struct bytes text,
                 bool (*found)(void *arg, size_t needle, size_t at), void *arg)
{
    if (s->block == 0)
        return;
    size_t place = next_place(s, text, 0);
    while (place + BLOCK_MAX <= text.len) {
        if (!compare_at(s, text, place, hash_of(s, load_block(s, text.data + place)), found, arg))
            return;
        place = next_place(s, text, place + s->stride);
    }
    for (; place + s->block <= text.len; place += s->stride) {
        if (!compare_at(s, text, place, hash_of(s, load_block(s, text.data + place)), found, arg))
            return;
    }
}

static bool note_one(void *arg, size_t needle, size_t at)
{
    (void)needle, (void)at;
    *(bool *)arg = true;
    return false;
}

bool scanner_any(const struct scanner *s, struct bytes text)
{
    bool there = false;
    scanner_run(s, text, note_one, &there);
    return there;
}
