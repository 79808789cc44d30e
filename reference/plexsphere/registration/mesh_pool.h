/* registration/mesh_pool.h — mesh addresses from a Domain's pool or a Project's sub-range (SPEC
 * REG-*).
 *
 * A Project with a sub-range draws from it alone; every other Project draws from what the Domain's
 * pool holds outside all sub-ranges. The order is lock, find, record, inside one transaction. */
#ifndef PLEXSPHERE_REGISTRATION_MESH_POOL_H
#define PLEXSPHERE_REGISTRATION_MESH_POOL_H

#include "common/base.h"
#include "reference/plexsphere/store/db.h"

enum mesh_result {
    MESH_OK,
    MESH_CONTENTION, /* another registration held the Domain for too long */
    MESH_POOL_EXHAUSTED,
    MESH_SUBRANGE_EXHAUSTED,
    MESH_FAILED, /* the database, or the Domain is gone */
};

struct mesh_grant {
    struct uuid domain, scope;
    const char *address;     /* "10.0.0.7"; the tx's arena, as below */
    const char *domain_cidr; /* "10.0.0.0/16" */
};

/* One registration at a time per Domain; the lock ends with the transaction. */
MUST_CHECK enum mesh_result mesh_pool_lock(struct tx *tx, const struct uuid *domain);
/* The lowest free address at or after the last one given, else the lowest of all. Needs the lock.
 */
MUST_CHECK enum mesh_result mesh_pool_find(struct tx *tx, const struct uuid *domain,
                                           const struct uuid *project, struct mesh_grant *out);
/* The grant is the Node's from now on. The Node's row must be there. */
MUST_CHECK enum sql_result mesh_pool_record(struct tx *tx, const struct mesh_grant *grant,
                                            const struct uuid *node);

/* Closes a pool (`held`) or opens it again, without touching an address: the named states
 * exhausted_pool and exhausted_subrange. `scope` is the Domain, or a Project with a sub-range. */
MUST_CHECK enum sql_result mesh_pool_hold(struct tx *tx, const struct uuid *domain,
                                          const struct uuid *scope, bool held);
/* Has the Project a sub-range of its own? */
MUST_CHECK enum sql_result mesh_pool_is_subrange(struct tx *tx, const struct uuid *project,
                                                 bool *out);

#endif
