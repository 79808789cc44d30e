/* http/body.h — reading members of a decoded body without repeating the same six lines.
 *
 * Each reader answers false after it has noted what was wrong in `*why` (one sentence naming the
 * member, never its value). Lengths are counted in code points as JSON Schema counts them. */
#ifndef PLEXSPHERE_HTTP_BODY_H
#define PLEXSPHERE_HTTP_BODY_H

#include <jansson.h>

#include "common/base.h"
#include "common/uuid.h"

struct arena;

/* True when every key of `object` is in `known` (ends with NULL). */
MUST_CHECK bool body_only(struct arena *a, const json_t *object, const char *const *known,
                          const char **why);

enum body_presence { BODY_ABSENT, BODY_PRESENT, BODY_WRONG };
/* Text member: WRONG when it is there with another type (null included). No length rule here. */
enum body_presence body_text(struct arena *a, const json_t *object, const char *key,
                             const char **out, const char **why);
enum body_presence body_uuid(struct arena *a, const json_t *object, const char *key,
                             struct uuid *out, const char **why); /* nil is WRONG */
enum body_presence body_integer(struct arena *a, const json_t *object, const char *key,
                                int64_t *out, const char **why);
enum body_presence body_bool(struct arena *a, const json_t *object, const char *key, bool *out,
                             const char **why);

#endif
