#include "reference/plexsphere/events/node_events.h"

#include "common/json.h"

/* The payload is kept as text within a JSON string: jsonb would sort its members, and their order
 * is what gets signed. */
static const struct statement insert_event = {
    .name = "node_event_append",
    .sql = "WITH added AS ("
           "INSERT INTO plexsphere.outbox_events"
           " (type, domain_id, node_id, but_node_id, for_nodes, payload, created_at)"
           " VALUES ($1, $2, $3, $4, true, jsonb_build_object('canonical', $5::text), $6))"
           " SELECT pg_notify('" NODE_EVENTS_CHANNEL "', '')",
};

enum sql_result node_event_append(struct tx *tx, const struct node_event *event, int64_t now)
{
    json_own(tx_arena(tx), event->payload);
    return SQL_LATER(tx, &insert_event, p_text(event->type), p_uuid(&event->domain_id),
                     p_uuid(event->node), p_uuid(event->but),
                     p_text(json_dump(tx_arena(tx), event->payload)), p_time(now));
}
