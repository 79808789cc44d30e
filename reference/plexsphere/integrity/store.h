/* integrity/store.h — the SQL of this context; nobody else includes it. */
#ifndef PLEXSPHERE_INTEGRITY_STORE_H
#define PLEXSPHERE_INTEGRITY_STORE_H

#include "common/uuid.h"
#include "reference/plexsphere/http/request.h"
#include "reference/plexsphere/integrity/report.h"
#include "reference/plexsphere/store/db.h"
#include "reference/plexsphere/tenancy/tenancy.h"

/* All of a Node's batch in one statement, by ascending id; SQL_FOREIGN_KEY: the Node is gone. */
MUST_CHECK enum sql_result violations_insert(struct tx *tx, const struct node_caller *node,
                                             const struct violation *violations, size_t n,
                                             int64_t now);

struct violation_row {
    struct uuid id, node_id, domain_id;
    const char *kind, *status, *artifact_id;
    int64_t detected_at;
    /* While open the time means nothing and the texts are NULL. */
    int64_t acknowledged_at;
    const char *acknowledged_by_subject, *acknowledge_reason;
};
struct violation_filter {
    const struct uuid *domain_id, *project_id, *node_id; /* NULL: every one */
    const char *kind, *status;                           /* NULL: any */
};
/* At most `limit` rows behind `after` (nil: from the start) by ascending id. */
MUST_CHECK enum sql_result violation_window(struct tx *tx, const struct violation_filter *f,
                                            const struct uuid *after, int limit,
                                            struct violation_row **out, size_t *n);

/* Of two at once the second finds it no longer open: NOT_FOUND. */
MUST_CHECK enum found violation_acknowledge(struct tx *tx, const struct uuid *id,
                                            const char *subject, const char *reason, int64_t now,
                                            struct violation_row *out);
MUST_CHECK enum found violation_exists(struct tx *tx, const struct uuid *id);

#endif
