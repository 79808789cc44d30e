/* control/mint.h — an operator with a role and a token, in one transaction (ruling 33, SPEC CTL-*).
 */
#ifndef PLEXSPHERE_CONTROL_MINT_H
#define PLEXSPHERE_CONTROL_MINT_H

#include <jansson.h>

#include "common/error.h"
#include "common/uuid.h"
#include "reference/plexsphere/control/role.h"
#include "reference/plexsphere/store/db.h"

struct arena;

#define MINT_DEFAULT_TTL_SECONDS (INT64_C(7) * 24 * 3600)

struct mint_order {
    const struct role *role;
    bool has_domain, has_project;
    struct uuid domain, project;
    int64_t ttl_seconds;
};

/* {role, domain_id?, project_id?, ttl_seconds?, run?}; other members are refused. */
MUST_CHECK bool mint_order_read(struct arena *a, const json_t *json, struct mint_order *out,
                                struct error *e);
/* From the words of a command line; NULL where an option was not given. ttl 0: the default. */
MUST_CHECK bool mint_order_of(const char *role, const char *domain, const char *project,
                              int64_t ttl_seconds, struct mint_order *out, struct error *e);

/* Inside the caller's writing transaction. *out is {token, identity_ref, expires_at}, owned by the
 * arena of the tx. */
MUST_CHECK bool mint(struct tx *tx, const struct mint_order *order, int64_t now, json_t **out,
                     struct error *e);

#endif
