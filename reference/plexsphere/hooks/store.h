/* hooks/store.h — the SQL of this context; nobody else includes it. */
#ifndef PLEXSPHERE_HOOKS_STORE_H
#define PLEXSPHERE_HOOKS_STORE_H

#include "common/uuid.h"
#include "reference/plexsphere/store/db.h"

struct hook_row {
    struct uuid node_id, domain_id;
    int64_t position; /* among its Node's */
    const char *name, *image_digest;
    bool image_digest_match;
};
struct hook_filter {
    const struct uuid *domain_id, *project_id; /* NULL: every one */
    const char *image_digest_match;            /* "true", "false"; NULL: either */
};
/* The rows behind this one; a nil Node: from the start. */
struct hook_place {
    struct uuid node_id;
    int64_t position;
};
/* At most `limit` rows by ascending Node id, a Node's by name. */
MUST_CHECK enum sql_result hook_window(struct tx *tx, const struct hook_filter *f,
                                       const struct hook_place *after, int limit,
                                       struct hook_row **out, size_t *n);

#endif
