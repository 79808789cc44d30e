/* ports/relations.h — who may do what (ReBAC), behind a port (SPEC REL-*).
 *
 * Two adapters: embedded Postgres (authz/embedded.c, the default) and later SpiceDB. A check never
 * fails open. */
#ifndef PLEXSPHERE_PORTS_RELATIONS_H
#define PLEXSPHERE_PORTS_RELATIONS_H

#include <jansson.h>

#include "common/base.h"
#include "reference/plexsphere/http/request.h"

enum decision {
    DECISION_GRANTED,
    DECISION_OUT_OF_SCOPE,
    DECISION_INSUFFICIENT_RELATION,
    DECISION_CAVEAT_VIOLATION,
    DECISION_UNAVAILABLE,
};
/* "granted", "out_of_scope", …: the audit reason and the PermissionDenied reason. */
const char *decision_text(enum decision d);

struct subject_ref {
    const char *type; /* "user", "service-identity" */
    struct uuid id;
};

struct verdict {
    enum decision decision;
    json_t *path; /* array of "<type>:<id>#<relation>"; owned by the tx's arena; empty on
                     out_of_scope */
};

struct tuple {
    struct object_ref object;
    const char *relation;
    struct object_ref subject; /* "user", "service-identity", "domain" (for parent), "group" */
};

struct relations {
    struct verdict (*check)(struct tx *tx, struct subject_ref subject, const char *relation,
                            struct object_ref object);
    /* Of `n` objects of one type, which may the subject `relation`? Fills allowed[i]. One round
     * trip. */
    enum decision (*check_many)(struct tx *tx, struct subject_ref subject, const char *relation,
                                const char *type, const struct uuid *ids, size_t n, bool *allowed);
    /* Inside the caller's transaction: a tuple that is there already is fine. */
    enum sql_result (*write)(struct tx *tx, const struct tuple *t, int64_t now);
    enum sql_result (*remove)(struct tx *tx, const struct tuple *t);
    /* Every tuple whose object or subject is `object`. */
    enum sql_result (*remove_object)(struct tx *tx, struct object_ref object);
};

extern const struct relations relations_embedded;

#endif
