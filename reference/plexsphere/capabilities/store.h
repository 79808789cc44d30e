/* capabilities/store.h — the SQL of this context; nobody else includes it. */
#ifndef PLEXSPHERE_CAPABILITIES_STORE_H
#define PLEXSPHERE_CAPABILITIES_STORE_H

#include "reference/plexsphere/capabilities/manifest.h"
#include "reference/plexsphere/store/db.h"
#include "reference/plexsphere/tenancy/tenancy.h"

/* What differs between a manifest and the one before, in the order of the alphabet. */
enum capability_field {
    FIELD_BINARY_CHECKSUM,
    FIELD_BINARY_VERSION,
    FIELD_DECLARED_HOOKS,
    FIELD_PLEXD_HOOKS,
    FIELD_SSH_HOST_KEY_FINGERPRINT,
    CAPABILITY_FIELDS
};

/* The Node's row is held until the transaction ends, so that two manifests of one Node are compared
 * one after the other. */
MUST_CHECK enum found capabilities_hold_node(struct tx *tx, const struct uuid *node);
MUST_CHECK enum sql_result capabilities_differences(struct tx *tx, const struct uuid *node,
                                                    const struct manifest *m,
                                                    bool differs[CAPABILITY_FIELDS]);
MUST_CHECK enum sql_result capabilities_store(struct tx *tx, const struct uuid *node,
                                              const struct manifest *m, int64_t now);
MUST_CHECK enum sql_result discovered_hooks_replace(struct tx *tx, const struct uuid *node,
                                                    const struct manifest *m);

/* A row of the inventory. */
struct capability_row {
    struct uuid node_id, domain_id;
    const char *binary_version;   /* "": never reported */
    struct bytes binary_checksum; /* empty: never reported */
    const char *status;           /* "match", "drift", "unknown" */
    int64_t reported_at;
};
struct capability_filter {
    struct uuid project_id;
    const struct uuid *node_id; /* NULL: every Node */
    const char *status;         /* NULL: any */
};
/* At most `limit` rows behind `after` (nil: from the start) by ascending Node id. */
MUST_CHECK enum sql_result capability_window(struct tx *tx, const struct capability_filter *f,
                                             const struct uuid *after, int limit,
                                             struct capability_row **out, size_t *n);

#endif
