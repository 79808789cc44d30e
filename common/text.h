/* common/text.h — questions about text. Only what takes an arena allocates. ASCII rules, no
 * locale. Of a NULL text nothing is true but what is said here. */
#ifndef COMMON_TEXT_H
#define COMMON_TEXT_H

#include "common/base.h"

struct arena;

bool text_equal(const char *a, const char *b); /* NULL equals only NULL */
bool text_equal_nocase(const char *a, const char *b);
bool text_starts(const char *text, const char *prefix);
bool text_ends(const char *text, const char *suffix);
bool text_contains(const char *text, const char *needle);
bool text_blank(const char *text); /* NULL, "" or white space only */

/* A copy without leading and trailing white space (space, \t \n \v \f \r). */
char *text_trim(struct arena *a, const char *text);

/* Splits at every `separator`; empty parts are kept. The array ends with NULL; *n, if not NULL,
 * counts without it. */
char **text_split(struct arena *a, const char *text, char separator, size_t *n);

/* A copy with every `from` replaced by `to` (single characters). */
char *text_replace_char(struct arena *a, const char *text, char from, char to);
char *text_lower(struct arena *a, const char *text);

/* Shell-style pattern: * any run, ? one character, the rest literally; whole text must match. */
bool text_glob(const char *pattern, const char *text);

/* lower-case words joined by single dashes: ^[a-z0-9]+(-[a-z0-9]+)*$, 1..max characters. */
bool text_is_kebab(const char *text, size_t max);

/* Well-formed UTF-8 (no surrogates, no overlong forms). */
bool text_is_utf8(const void *data, size_t len);

/* Bytes of the one well-formed UTF-8 character at the start of `data`; 0 when there is none. */
size_t text_utf8_sequence(const void *data, size_t len);

/* Unicode code points in well-formed UTF-8: what a JSON-Schema maxLength counts. */
size_t text_utf8_length(const char *text);

/* Compares in time that depends on the lengths only. */
bool bytes_equal_constant_time(const void *a, const void *b, size_t len);

#endif
