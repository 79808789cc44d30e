/* common/memory.h — the only door to the heap outside arenas.
 *
 * These never return NULL: a process that cannot get memory says so in one line and exits with
 * status 70 (EX_SOFTWARE). Sizes are multiplied with an overflow check. mem_free(NULL) is fine. */
#ifndef COMMON_MEMORY_H
#define COMMON_MEMORY_H

#include "common/base.h"

void *mem_alloc(size_t size);                 /* zeroed */
void *mem_alloc_array(size_t n, size_t size); /* zeroed */
void *mem_resize(void *old, size_t n, size_t size);
char *mem_strdup(const char *text);
void mem_free(void *ptr);

/* Overwrites bytes in a way the compiler may not remove: for keys and plaintexts. */
void mem_wipe(void *ptr, size_t size);

#endif
