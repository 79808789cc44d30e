/* state/store.h — the SQL of this context; nobody else includes it. */
#ifndef PLEXSPHERE_STATE_STORE_H
#define PLEXSPHERE_STATE_STORE_H

#include "common/uuid.h"
#include "reference/plexsphere/events/signing_keys.h"
#include "reference/plexsphere/nodes/node_reachability.h"
#include "reference/plexsphere/nodes/nodes.h"
#include "reference/plexsphere/state/state.h"

enum entry_kind { ENTRY_METADATA, ENTRY_DATA, ENTRY_REPORT, ENTRY_KINDS };

struct entry_list {
    struct state_entry *items; /* by ascending key */
    size_t n;
};

struct secret_index_row {
    const char *name;
    int64_t version;
};

/* All that GetNodeState tells, of one flush. */
struct snapshot {
    struct uuid node_id;
    struct node_heard heard;
    struct reachability policy;
    struct node_peer *peers;
    size_t n_peers;
    struct entry_list entries[ENTRY_KINDS];
    struct secret_index_row *secrets; /* by ascending name */
    size_t n_secrets;
    bool has_keys; /* something signs this Domain's events */
    struct signing_keys keys;
};
/* FIND_FAILED: also while there is no database. */
MUST_CHECK enum found snapshot_read(struct tx *tx, const struct uuid *node, struct snapshot *out);

MUST_CHECK enum sql_result entries_of(struct tx *tx, const struct uuid *node, enum entry_kind kind,
                                      struct entry_list *out);
/* One row more or one row changed; *stored is false when a new one would be beyond `most`. The Node
 * is locked. */
MUST_CHECK enum sql_result entry_put(struct tx *tx, const struct uuid *node, enum entry_kind kind,
                                     const struct state_entry *entry, int64_t most, int64_t now,
                                     bool *stored);
MUST_CHECK enum sql_result entry_delete(struct tx *tx, const struct uuid *node,
                                        enum entry_kind kind, const char *key, bool *found);
/* Takes away what is not among `keys`, a JSON array. */
MUST_CHECK enum sql_result entries_keep(struct tx *tx, const struct uuid *node,
                                        enum entry_kind kind, const char *keys);

#endif
