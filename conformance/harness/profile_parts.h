/* harness/profile_parts.h — between the files that read a profile; nobody else includes this. */
#ifndef HARNESS_PROFILE_PARTS_H
#define HARNESS_PROFILE_PARTS_H

#include "harness/profile.h"

struct profile_reading {
    struct arena *arena;
    struct profile *p;
    struct error *error;
};

extern const char *const profile_hook_keys[];

/* "profile mine.yaml:14: credentials.command: …"; false. */
bool profile_bad(struct profile_reading *r, const json_t *object, const char *key,
                 const char *place, const char *why);
/* "agent.command"; `above` NULL: the key alone. */
const char *profile_place(struct profile_reading *r, const char *above, const char *key);
bool profile_only_keys(struct profile_reading *r, const json_t *object, const char *above,
                       const char *const *known);
/* Absent or null leaves *out as it is. */
bool profile_number(struct profile_reading *r, const json_t *object, const char *above,
                    const char *key, int64_t least, int64_t most, int *out);
bool profile_texts(struct profile_reading *r, const json_t *object, const char *above,
                   const char *key, char ***out, size_t *n);
bool profile_env(struct profile_reading *r, const json_t *object, const char *above,
                 const json_t **out);
bool profile_hook(struct profile_reading *r, const json_t *parent, const char *above,
                  const char *key, const char *const *keys, struct hook *out);

/* profile_agent.c: the section `agent`. */
bool profile_agent(struct profile_reading *r);

#endif
