/* authz/verdict.h — from the bindings a subject holds to a decision (SPEC REL-*). Pure but for
 * the path's memory. */
#ifndef PLEXSPHERE_AUTHZ_VERDICT_H
#define PLEXSPHERE_AUTHZ_VERDICT_H

#include "common/base.h"
#include "reference/plexsphere/ports/relations.h"

struct arena;

/* One tuple that names the subject (or a group it is in) on the object, above it, or on the
 * platform. */
struct binding {
    const char *role_type, *role_id, *role; /* "domain", uuid text, "admin" */
    const char *links; /* "#parent" usersets from there down to the object, by spaces; or "" */
    bool caveated;     /* bound to a caveat this adapter cannot evaluate */
};

/* `bindings` in order of nearness. */
enum decision verdict_decide(const char *object_type, const char *permission,
                             const struct binding *bindings, size_t n);

/* The path that led to `decision`: what was traversed, from the role to the object. Owned by the
 * arena. */
json_t *verdict_path(struct arena *a, const char *object_type, const char *permission,
                     enum decision decision, const struct binding *bindings, size_t n);

#endif
