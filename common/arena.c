#include "common/arena.h"

#include <stdalign.h>
#include <stdio.h>
#include <string.h>

#include "common/memory.h"

#define ALIGNMENT 16
#define FIRST_BLOCK 4096
#define LARGEST_BLOCK (256 * 1024)

/* Under AddressSanitizer each piece is a heap block of its own, so that a step past its end is
 * seen: packed pieces would hide it. */
#if defined(__SANITIZE_ADDRESS__)
#define PACK_PIECES 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define PACK_PIECES 0
#endif
#endif
#ifndef PACK_PIECES
#define PACK_PIECES 1
#endif

struct block {
    struct block *next;
    size_t size;
    size_t used;
    alignas(ALIGNMENT) unsigned char data[];
};

struct deferred {
    struct deferred *next;
    void (*release)(void *thing);
    void *thing;
};

struct attached {
    struct attached *next;
    const void *key;
    void *thing;
};

struct arena {
    struct block *first;   /* survives a reset */
    struct block *current; /* the one being filled */
    struct block *others;  /* all but the first */
    struct deferred *deferred;
    struct attached *attached;
    size_t handed_out;
    size_t next_block;
};

static struct block *block_create(size_t size)
{
    if (size > SIZE_MAX - sizeof(struct block))
        size = SIZE_MAX - sizeof(struct block); /* no such memory: mem_alloc ends the process */
    struct block *b = mem_alloc(sizeof(struct block) + size);
    b->size = size;
    return b;
}

static struct block *add_block(struct arena *a, size_t size)
{
    struct block *b = block_create(size);
    b->next = a->others;
    a->others = b;
    return b;
}

struct arena *arena_create(void)
{
    struct arena *a = mem_alloc(sizeof(*a));
    a->first = a->current = block_create(FIRST_BLOCK);
    a->next_block = 2 * FIRST_BLOCK;
    return a;
}

static void run_deferred(struct arena *a)
{
    while (a->deferred != NULL) {
        struct deferred *d = a->deferred;
        a->deferred = d->next;
        d->release(d->thing);
    }
}

void arena_reset(struct arena *a)
{
    run_deferred(a);
    while (a->others != NULL) {
        struct block *b = a->others;
        a->others = b->next;
        mem_free(b);
    }
    memset(a->first->data, 0, a->first->used);
    a->first->used = 0;
    a->current = a->first;
    a->attached = NULL;
    a->handed_out = 0;
    a->next_block = 2 * FIRST_BLOCK;
}

void arena_destroy(struct arena *a)
{
    if (a == NULL)
        return;
    arena_reset(a);
    mem_free(a->first);
    mem_free(a);
}

size_t arena_used(const struct arena *a)
{
    return a->handed_out;
}

static void *from_block(struct block *b, size_t size)
{
    size_t room = b->size - b->used;
    size_t rounded = (size + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
    if (rounded < size || rounded > room)
        return NULL;
    void *piece = b->data + b->used;
    b->used += rounded;
    return piece;
}

void *arena_alloc(struct arena *a, size_t size)
{
    a->handed_out += size;
    void *piece = PACK_PIECES ? from_block(a->current, size) : NULL;
    if (piece != NULL)
        return piece;
    /* A large piece gets a block of its own, so that the current one goes on being filled. */
    if (!PACK_PIECES || size > a->next_block / 4)
        return add_block(a, size)->data;
    a->current = add_block(a, a->next_block);
    if (a->next_block < LARGEST_BLOCK)
        a->next_block *= 2;
    return from_block(a->current, size);
}

void *arena_alloc_array(struct arena *a, size_t n, size_t size)
{
    size_t total;
    if (__builtin_mul_overflow(n, size, &total))
        total = SIZE_MAX;
    return arena_alloc(a, total);
}

void *arena_copy(struct arena *a, const void *data, size_t size)
{
    void *copy = arena_alloc(a, size);
    if (size > 0)
        memcpy(copy, data, size);
    return copy;
}

void *arena_grow(struct arena *a, void *rows, size_t n, size_t *room, size_t size)
{
    if (n < *room)
        return rows;
    *room = *room == 0 ? 16 : *room * 2;
    void *more = arena_alloc_array(a, *room, size);
    if (n > 0)
        memcpy(more, rows, n * size);
    return more;
}

char *arena_strdup(struct arena *a, const char *text)
{
    return text == NULL ? NULL : arena_copy(a, text, strlen(text) + 1);
}

char *arena_strndup(struct arena *a, const char *text, size_t len)
{
    char *copy = arena_alloc(a, len + 1);
    if (len > 0)
        memcpy(copy, text, len);
    return copy;
}

char *arena_vprintf(struct arena *a, const char *format, va_list args)
{
    va_list again;
    va_copy(again, args);
    int len = vsnprintf(NULL, 0, format, args);
    char *text = arena_alloc(a, len < 0 ? 1 : (size_t)len + 1);
    if (len > 0)
        vsnprintf(text, (size_t)len + 1, format, again);
    va_end(again);
    return text;
}

char *arena_printf(struct arena *a, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *text = arena_vprintf(a, format, args);
    va_end(args);
    return text;
}

void arena_defer(struct arena *a, void (*release)(void *thing), void *thing)
{
    struct deferred *d = arena_alloc(a, sizeof(*d));
    d->next = a->deferred;
    d->release = release;
    d->thing = thing;
    a->deferred = d;
}

void arena_attach(struct arena *a, const void *key, void *thing)
{
    struct attached *slot = a->attached;
    while (slot != NULL && slot->key != key)
        slot = slot->next;
    if (slot == NULL) {
        slot = arena_alloc(a, sizeof(*slot));
        slot->next = a->attached;
        slot->key = key;
        a->attached = slot;
    }
    slot->thing = thing;
}

void *arena_attached(const struct arena *a, const void *key)
{
    for (const struct attached *slot = a->attached; slot != NULL; slot = slot->next)
        if (slot->key == key)
            return slot->thing;
    return NULL;
}
