/* common/error.h — the one error value.
 *
 * A function that can fail returns false (or an enum) and, when it takes a `struct error *`, leaves
 * one line there: what was wrong, where, what to do. The line never holds a secret, never ends in a
 * newline, and may be shown to a person as it is. `e` may be NULL: then the text is dropped.
 *
 *     if (!file_read(path, cap, arena, &text, e))
 *         return error_prefix(e, "profile %s", path);        // "profile x.yaml: no such file"
 */
#ifndef COMMON_ERROR_H
#define COMMON_ERROR_H

#include "common/base.h"

#define ERROR_TEXT_CAP 1024

struct error {
    char text[ERROR_TEXT_CAP]; /* "" while nothing has failed */
};

/* Sets the text (cut at the cap) and returns false, so that `return error_set(e, …)` reads well. */
bool error_set(struct error *e, const char *format, ...) PRINTF_LIKE(2, 3);

/* As error_set, followed by ": " and the words for errno value `code`. */
bool error_errno(struct error *e, int code, const char *format, ...) PRINTF_LIKE(3, 4);

/* Puts "format: " before the text that is already there; returns false. */
bool error_prefix(struct error *e, const char *format, ...) PRINTF_LIKE(2, 3);

#endif
