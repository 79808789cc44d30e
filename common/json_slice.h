/* common/json_slice.h — the bytes of a value inside JSON text, as they were received.
 *
 * jansson keeps neither the spelling of numbers nor escapes nor white space. What was signed, or
 * must be handed on as it came, is found here and never written again. The text must have passed
 * json_parse() before: these functions walk, they do not judge. */
#ifndef COMMON_JSON_SLICE_H
#define COMMON_JSON_SLICE_H

#include "common/base.h"

struct arena;

/* The value of an object's member (first level), without the white space around it. False: not an
 * object, or no such member. The name is compared with the member's decoded text. */
MUST_CHECK bool json_slice_member(struct bytes object, const char *name, struct bytes *value);
/* The same, and *whole begins at the member's name and ends with its value. */
MUST_CHECK bool json_slice_whole_member(struct bytes object, const char *name, struct bytes *whole,
                                        struct bytes *value);
/* The elements of an array. False: not an array. */
MUST_CHECK bool json_slice_elements(struct arena *a, struct bytes array, struct bytes **elements,
                                    size_t *n);
/* The same value without insignificant white space; everything else stays as it was. */
struct bytes json_slice_compact(struct arena *a, struct bytes value);

#endif
