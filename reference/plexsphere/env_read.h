/* env_read.h — the one configuration reader (ruling 14).
 *
 * Every production_*_config_from_env() is built from these. Blank (empty or white space) counts as
 * unset. A refusal's error reads "PLEXSPHERE_X: must be base64 of exactly 32 bytes, got 24 (SPEC
 * ENV-021)": the variable, the rule, what is wrong in numbers, never the value. */
#ifndef PLEXSPHERE_ENV_READ_H
#define PLEXSPHERE_ENV_READ_H

#include "common/base.h"
#include "common/environment.h"
#include "common/error.h"
#include "reference/plexsphere/http/cursor.h"
#include "reference/plexsphere/surface.h"

struct arena;

/* ON with a value, OFF when blank, REFUSED when malformed. Text results are trimmed arena copies.
 * *out is left alone unless ON, so that a default may stand there beforehand. */
enum configured env_text(struct arena *a, const struct environment *env, const char *name,
                         const char **out, struct error *e);
enum configured env_key32(struct arena *a, const struct environment *env, const char *name,
                          unsigned char out[32], struct error *e); /* base64 of exactly 32 bytes */
enum configured env_cursor_key(struct arena *a, const struct environment *env, const char *name,
                               struct cursor_key *out, struct error *e); /* hex, 32..64 bytes */
enum configured env_url(struct arena *a, const struct environment *env, const char *name,
                        const char **out, struct error *e); /* absolute http(s) */
enum configured env_duration(struct arena *a, const struct environment *env, const char *name,
                             int64_t *nanos, struct error *e); /* Go duration, positive */
enum configured env_flag(struct arena *a, const struct environment *env, const char *name,
                         bool *out, struct error *e); /* "true" or "false" */
enum configured env_integer(struct arena *a, const struct environment *env, const char *name,
                            int64_t min, int64_t max, int64_t *out, struct error *e);
enum configured env_host_port(struct arena *a, const struct environment *env, const char *name,
                              const char **out, struct error *e); /* host:port, port 1..65535 */
/* One of `words` (ends with NULL); *out is its index. */
enum configured env_word(struct arena *a, const struct environment *env, const char *name,
                         const char *const *words, int *out, struct error *e);

/* A configuration is as good as its worst part: REFUSED before OFF before ON. */
enum configured env_and(enum configured a, enum configured b);
/* For a part whose blank is a default or leaves only some operations off: OFF counts as ON. */
enum configured env_optional(enum configured part);
/* For a part whose blank refuses the boot (ruling 14): OFF becomes REFUSED. */
enum configured env_mandatory(enum configured part, const char *name, struct error *e);

#endif
