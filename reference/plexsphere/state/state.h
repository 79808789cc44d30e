/* state/state.h — what the platform and the workloads of a Node say of it (SPEC STA-*).
 *
 * Metadata and data are the platform's and reach the Node by the state it reads and by the event
 * node_state_updated. Reports are the Node's own, are read with the rest and never make an event.
 */
#ifndef PLEXSPHERE_STATE_H
#define PLEXSPHERE_STATE_H

#include <jansson.h>

#include "common/base.h"
#include "reference/plexsphere/store/db.h"
#include "reference/plexsphere/surface.h"

extern const struct surface surface_state;   /* GetNodeState */
extern const struct surface surface_reports; /* PutNodeStateReport, DeleteNodeStateReport */

enum { REPORT_VALUE_MAX = 4096, REPORTS_PER_NODE = 256, STATE_KEY_MAX = 128 };

struct state_entry {
    const char *key;
    const char *value;
    bool is_json; /* the value is JSON text: the MVP dialect gives it as it is */
    const char *content_type;
    int64_t version;          /* 0 in: one more than what is there */
    const char *workload_tag; /* NULL: none */
    int64_t updated_at;
};

enum state_result { STATE_OK, STATE_INVALID, STATE_NOT_FOUND, STATE_QUOTA, STATE_FAILED };

/* Both dialects' reports come through here. The tx is writing. STATE_INVALID: *why is a sentence;
 * STATE_NOT_FOUND: no such Node, or it left. */
enum state_result node_report_put(struct tx *tx, const struct uuid *node,
                                  const struct state_entry *report, int64_t now, const char **why);
/* STATE_NOT_FOUND: no such report, or no such Node: nobody is told which. */
enum state_result node_report_delete(struct tx *tx, const struct uuid *node, const char *key);

/* What was there before is gone; the event goes out with all that is there now. */
enum state_result node_metadata_replace(struct tx *tx, const struct uuid *node,
                                        const struct state_entry *entries, size_t n, int64_t now,
                                        const char **why);
enum state_result node_data_replace(struct tx *tx, const struct uuid *node,
                                    const struct state_entry *entries, size_t n, int64_t now,
                                    const char **why);

#endif
