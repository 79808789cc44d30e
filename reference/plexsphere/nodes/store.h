/* nodes/store.h — the SQL of this context; nobody else includes it. */
#ifndef PLEXSPHERE_NODES_STORE_H
#define PLEXSPHERE_NODES_STORE_H

#include "reference/plexsphere/nodes/heartbeat.h"
#include "reference/plexsphere/nodes/nodes.h"

struct nsk_row {
    struct uuid id, node_id, domain_id, project_id; /* Domain and Project are read, not written */
    unsigned char digest[32];
    struct bytes wrapped;
    bool revoked;  /* or past the end of its overlap */
    bool retiring; /* replaced, and within its overlap */
    bool mvp;      /* the Node's dialect; read, not written */
};
MUST_CHECK enum sql_result nsk_insert(struct tx *tx, const struct nsk_row *row, int64_t now);
MUST_CHECK enum sql_result nsk_by_digest(struct tx *tx, const unsigned char digest[32], int64_t now,
                                         bool *found, struct nsk_row *out);
/* The newest key that is neither revoked nor being replaced. */
MUST_CHECK enum sql_result nsk_live(struct tx *tx, const struct uuid *node, bool *found,
                                    struct uuid *id, struct bytes *wrapped);

/* One statement, no transaction around it. *rotate_keys: a key rotation is pending. */
MUST_CHECK enum sql_result heartbeat_store(struct tx *tx, const struct uuid *node, int64_t now,
                                           const struct heartbeat *h, bool *rotate_keys);

/* A row of the inventory; name and kind are the Resource's, NULL when it has none. */
struct node_summary {
    struct uuid id, domain_id, project_id;
    const char *name, *kind;
    int64_t registered_at;
};
/* At most `limit` Nodes behind `after` (nil: from the start) by ascending id; NULL domain: all. */
MUST_CHECK enum sql_result node_window(struct tx *tx, const struct uuid *domain,
                                       const struct uuid *after, int limit,
                                       struct node_summary **out, size_t *n);

#endif
