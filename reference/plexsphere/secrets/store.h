/* secrets/store.h — the SQL of what is known of secrets; nobody else includes it. */
#ifndef PLEXSPHERE_SECRETS_STORE_H
#define PLEXSPHERE_SECRETS_STORE_H

#include "common/uuid.h"
#include "reference/plexsphere/store/db.h"
#include "reference/plexsphere/tenancy/tenancy.h"

struct secret_row {
    struct uuid id;
    int64_t current_version;
};
MUST_CHECK enum found secret_by_name(struct tx *tx, const struct uuid *node, const char *name,
                                     struct secret_row *out);
/* The Node's secret of that name with that version as its current one; made when it is new. */
MUST_CHECK enum sql_result secret_make(struct tx *tx, const struct uuid *id,
                                       const struct uuid *node, const struct uuid *project,
                                       const char *name, int64_t now);
MUST_CHECK enum sql_result secret_set_version(struct tx *tx, const struct uuid *id, int64_t version,
                                              int64_t now);

struct secret_item {
    const char *name;
    int64_t current_version;
};
/* Ascending by name. */
MUST_CHECK enum sql_result secrets_of_node(struct tx *tx, const struct uuid *node,
                                           struct secret_item **out, size_t *n);
/* One a name, whatever the number of Nodes that have it; at most `limit` behind `after`. */
MUST_CHECK enum sql_result secrets_of_project(struct tx *tx, const struct uuid *project,
                                              const char *after, int limit,
                                              struct secret_item **out, size_t *n);

#endif
