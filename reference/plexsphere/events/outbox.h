/* events/outbox.h — an event in the transaction of the change it tells of. */
#ifndef PLEXSPHERE_EVENTS_OUTBOX_H
#define PLEXSPHERE_EVENTS_OUTBOX_H

#include <jansson.h>

#include "common/base.h"
#include "reference/plexsphere/store/db.h"

/* `type` is the contract's event name ("ProjectCreated"); steals `payload`. domain_id may be NULL
 * (platform). */
MUST_CHECK enum sql_result outbox_append(struct tx *tx, const char *type,
                                         const struct uuid *domain_id,
                                         const struct uuid *subject_id, int64_t now,
                                         json_t *payload);

#endif
