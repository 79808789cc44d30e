/* nodes/reachability.h — is a Node heard of? (SPEC MSH-*). Pure: no database, no clock of its own.
 */
#ifndef PLEXSPHERE_NODES_REACHABILITY_H
#define PLEXSPHERE_NODES_REACHABILITY_H

#include "common/base.h"
#include "reference/plexsphere/tenancy/reachability.h"

enum node_reachable { NODE_HEALTHY, NODE_STALE, NODE_UNREACHABLE };

/* Instants in microseconds; last_heartbeat 0: none was ever accepted. *changed_at is when the state
 * was entered, as far as the latest heartbeat tells. */
void node_reachability(int64_t last_heartbeat, int64_t created_at,
                       const struct reachability *policy, int64_t now, enum node_reachable *state,
                       int64_t *changed_at);
const char *node_reachable_text(enum node_reachable state); /* "healthy" */

#endif
