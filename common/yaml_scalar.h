/* common/yaml_scalar.h — what a YAML scalar means to Kubernetes; used by yaml.c alone.
 *
 * Kubernetes reads YAML through sigs.k8s.io/yaml, which resolves scalars with go-yaml v2 and then
 * writes JSON. Decided here, after that library's resolve.go and its way to JSON:
 *   - y Y yes Yes YES on On ON true True TRUE are true, n N no No NO off Off OFF false False FALSE
 *     are false; ~ null Null NULL and nothing are null; other spellings (yEs, nULL) are text.
 *   - underscores inside numbers are skipped; 0x 0o 0b and a leading 0 (octal) are integers in
 *     either sign; 08 is no octal and so the real 8. "0o777" and "0777" are both 511.
 *   - a real without a fraction becomes an integer, because JSON in Go writes 3.0 as 3.
 *   - sexagesimals (1:20) and timestamps (2001-01-01) are text.
 *   - .inf and .nan have no JSON form and are refused, as are integers from 2^63 up to 2^64-1;
 *     larger integers are reals.
 *   - a scalar that begins with a point takes no underscores here, though Go does (.5_0).
 *   - a quoted scalar is text; tags !!str !!int !!float !!bool !!null !!binary are obeyed, and a
 *     scalar with any other tag is text. */
#ifndef COMMON_YAML_SCALAR_H
#define COMMON_YAML_SCALAR_H

#include <jansson.h>

#include "common/base.h"

struct arena;

/* `tag` is NULL when there is none. A new reference, or NULL with *problem saying why. */
json_t *yaml_scalar_value(struct arena *a, const char *text, size_t len, const char *tag,
                          bool plain, const char **problem);

/* The text a mapping key becomes, in arena memory; NULL with *problem. A key that is null is
 * refused, as Kubernetes refuses it. */
char *yaml_scalar_key(struct arena *a, const char *text, size_t len, const char *tag, bool plain,
                      const char **problem);

#endif
