#include "common/memory.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define EXIT_SOFTWARE 70 /* EX_SOFTWARE of sysexits.h */

/* Nothing here may allocate, and exit handlers may: so write() and _exit(). */
static NO_RETURN void out_of_memory(void)
{
    static const char line[] = "out of memory: give the process more, or less to do\n";
    ssize_t ignored = write(STDERR_FILENO, line, sizeof(line) - 1);
    (void)ignored;
    _exit(EXIT_SOFTWARE);
}

static size_t product(size_t n, size_t size)
{
    size_t total;
    if (__builtin_mul_overflow(n, size, &total))
        out_of_memory();
    return total > 0 ? total : 1;
}

void *mem_alloc(size_t size)
{
    return mem_alloc_array(1, size);
}

void *mem_alloc_array(size_t n, size_t size)
{
    void *ptr = calloc(1, product(n, size));
    if (ptr == NULL)
        out_of_memory();
    return ptr;
}

void *mem_resize(void *old, size_t n, size_t size)
{
    void *ptr = realloc(old, product(n, size));
    if (ptr == NULL)
        out_of_memory();
    return ptr;
}

char *mem_strdup(const char *text)
{
    size_t size = strlen(text) + 1;
    return memcpy(mem_alloc(size), text, size);
}

void mem_free(void *ptr)
{
    free(ptr);
}

void mem_wipe(void *ptr, size_t size)
{
    if (size > 0)
        explicit_bzero(ptr, size);
}
