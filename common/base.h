/* common/base.h — the few words every file of this project may use.
 *
 * Nothing here allocates or fails. */
#ifndef COMMON_BASE_H
#define COMMON_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define MUST_CHECK __attribute__((warn_unused_result))
#define PRINTF_LIKE(fmt, first) __attribute__((format(printf, fmt, first)))
#define NO_RETURN __attribute__((noreturn))
#define UNUSED __attribute__((unused))
#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

/* A run of bytes owned by somebody else. `data` may be NULL only when `len` is 0. */
struct bytes {
    const unsigned char *data;
    size_t len;
};

/* The bytes of a text without its NUL. The argument is evaluated once. */
#define BYTES_OF_TEXT(text) bytes_of_text(text)

static inline struct bytes bytes_of_text(const char *text)
{
    return (struct bytes){ (const unsigned char *)text, strlen(text) };
}

#endif
