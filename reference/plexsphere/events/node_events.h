/* events/node_events.h — an event for Nodes, in the transaction of the change it tells of
 * (SPEC EVT-*).
 *
 * What is written here is neither signed nor numbered: the publisher (publisher.c) does both after
 * the commit, one writer at a time, so that a resume never passes over a late committer. */
#ifndef PLEXSPHERE_EVENTS_NODE_EVENTS_H
#define PLEXSPHERE_EVENTS_NODE_EVENTS_H

#include <jansson.h>

#include "common/base.h"
#include "common/uuid.h"
#include "reference/plexsphere/store/db.h"

/* The channel a commit notifies, so that the publisher need not poll. */
#define NODE_EVENTS_CHANNEL "plexsphere_node_events"

struct node_event {
    const char *type;        /* "node_state_updated" */
    struct uuid domain_id;   /* whose key signs */
    const struct uuid *node; /* the only recipient; NULL: every Node of the Domain … */
    const struct uuid *but;  /* … except this one; NULL: no exception */
    json_t *payload;         /* an object; stolen. For one Node it carries node_id. Members go out
                                in the order in which they were set. */
};
MUST_CHECK enum sql_result node_event_append(struct tx *tx, const struct node_event *event,
                                             int64_t now);

#endif
