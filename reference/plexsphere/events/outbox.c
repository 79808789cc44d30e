#include "reference/plexsphere/events/outbox.h"

#include "common/json.h"

static const struct statement insert_event = {
    .name = "outbox_append",
    .sql = "INSERT INTO plexsphere.outbox_events (type, domain_id, subject_id, payload, created_at)"
           " VALUES ($1, $2, $3, $4, $5)",
};

enum sql_result outbox_append(struct tx *tx, const char *type, const struct uuid *domain_id,
                              const struct uuid *subject_id, int64_t now, json_t *payload)
{
    json_own(tx_arena(tx), payload);
    return SQL_LATER(tx, &insert_event, p_text(type), p_uuid(domain_id), p_uuid(subject_id),
                     p_text(json_dump(tx_arena(tx), payload)), p_time(now));
}
