/* common/arena.h — memory that is given back all at once.
 *
 * An arena hands out zeroed, 16-byte aligned pieces and frees them together. A pointer from an
 * arena holds until arena_reset() or arena_destroy(). Not thread-safe: one arena, one thread. */
#ifndef COMMON_ARENA_H
#define COMMON_ARENA_H

#include <stdarg.h>

#include "common/base.h"

struct arena;

struct arena *arena_create(void);
void arena_destroy(struct arena *a); /* NULL is fine */

/* Frees everything handed out but keeps the first block, so that a worker can go on with it. */
void arena_reset(struct arena *a);

/* Bytes handed out since create or reset. */
size_t arena_used(const struct arena *a);

void *arena_alloc(struct arena *a, size_t size);
void *arena_alloc_array(struct arena *a, size_t n, size_t size);
void *arena_copy(struct arena *a, const void *data, size_t size);
/* Rows of `size` bytes with room for one more than `n`: `rows` itself, or a copy twice as long
 * (*room counts rows, and begins at 0 with `rows` NULL). */
void *arena_grow(struct arena *a, void *rows, size_t n, size_t *room, size_t size);
char *arena_strdup(struct arena *a, const char *text); /* NULL gives NULL */
char *arena_strndup(struct arena *a, const char *text, size_t len);
char *arena_printf(struct arena *a, const char *format, ...) PRINTF_LIKE(2, 3);
char *arena_vprintf(struct arena *a, const char *format, va_list args);

/* Runs `release(thing)` when the arena is reset or destroyed, newest first. */
void arena_defer(struct arena *a, void (*release)(void *thing), void *thing);

/* One pointer per key, kept until reset or destroy; a second attach with a key replaces the first.
 * The key is the address of something static of the module that keeps it. */
void arena_attach(struct arena *a, const void *key, void *thing);
void *arena_attached(const struct arena *a, const void *key); /* NULL when there is none */

#endif
