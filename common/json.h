/* common/json.h — JSON over jansson: strict in, compact out, and short ways to ask.
 *
 * json_t values are reference-counted by jansson. `json_own(arena, value)` ties one to an arena so
 * that nobody has to decref: everything this header returns is owned that way unless it says
 * "borrowed" (then it holds as long as its parent). jansson keeps neither number spelling nor
 * escapes: never re-serialise what was signed. */
#ifndef COMMON_JSON_H
#define COMMON_JSON_H

#include <jansson.h>

#include "common/base.h"
#include "common/error.h"

struct arena;

json_t *json_own(struct arena *a, json_t *value); /* decref when the arena goes; returns value */

/* One JSON value and nothing after it. Refused: duplicate keys, bytes that are not UTF-8, NUL
 * inside a string or key, more than 64 levels, integers beyond 64 bits, reals beyond a double. The
 * error says "line L column C: …" and never quotes the text, which may be secret. */
MUST_CHECK bool json_parse(struct arena *a, const void *text, size_t len, json_t **out,
                           struct error *e);
MUST_CHECK bool json_parse_file(struct arena *a, const char *path, size_t cap, json_t **out,
                                struct error *e);

/* Compact, keys in the order they were set, UTF-8. */
char *json_dump(struct arena *a, const json_t *value);
/* Compact with keys sorted by byte value: for hashing and comparing. */
char *json_dump_sorted(struct arena *a, const json_t *value);
/* Indented by two spaces, keys in order: for files that people read. */
char *json_dump_pretty(struct arena *a, const json_t *value);

/* Borrowed. NULL (or the default) when the object is NULL, has no such member, or it has another
 * type. */
const char *json_text(const json_t *object, const char *key);
int64_t json_int(const json_t *object, const char *key, int64_t otherwise);
bool json_flag(const json_t *object, const char *key, bool otherwise);
json_t *json_member(const json_t *object, const char *key);
/* RFC 6901 pointer, e.g. "/items/0/id"; borrowed, NULL when absent. */
json_t *json_at(const json_t *value, const char *pointer);
bool json_array_has_text(const json_t *array, const char *text);

#endif
