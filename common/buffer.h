/* common/buffer.h — bytes that grow up to a stated cap.
 *
 * A buffer never grows past `cap` bytes: an append that would fails, leaves the buffer as it was
 * and sets `overflow`, which stays set: later appends fail too, so what is there is always a
 * prefix of what was meant. So a caller may append many times and ask once. The bytes are always
 * followed by a NUL that `len` does not count.
 * Ownership: buffer_release() frees; a buffer on an arena needs no release. Not thread-safe. */
#ifndef COMMON_BUFFER_H
#define COMMON_BUFFER_H

#include <stdarg.h>

#include "common/base.h"

struct arena;

struct buffer {
    char *data; /* never NULL after init */
    size_t len;
    size_t size; /* allocated, counting the NUL */
    size_t cap;  /* largest `len` allowed */
    bool overflow;
    struct arena *arena; /* NULL: heap */
};

void buffer_init(struct buffer *b, size_t cap);
void buffer_init_arena(struct buffer *b, size_t cap, struct arena *a);
void buffer_release(struct buffer *b);
void buffer_clear(struct buffer *b); /* len 0, overflow false; memory kept */

bool buffer_append(struct buffer *b, const void *data, size_t len);
bool buffer_text(struct buffer *b, const char *text);
bool buffer_char(struct buffer *b, char c);
bool buffer_printf(struct buffer *b, const char *format, ...) PRINTF_LIKE(2, 3);
bool buffer_vprintf(struct buffer *b, const char *format, va_list args);

/* JSON string escaping (RFC 8259) without the quotes; bytes must be UTF-8, a bad byte becomes
 * U+FFFD. */
bool buffer_json_escaped(struct buffer *b, const char *text, size_t len);
/* & < > " ' as entities: for HTML and XML text and attributes. Characters XML forbids become
 * U+FFFD, as do bad bytes. */
bool buffer_xml_escaped(struct buffer *b, const char *text, size_t len);

#endif
