/* state/view.h — a Node's state in the words of each dialect. Pure; new references. */
#ifndef PLEXSPHERE_STATE_VIEW_H
#define PLEXSPHERE_STATE_VIEW_H

#include <jansson.h>

#include "reference/plexsphere/state/store.h"

/* NodeStateSnapshot, and beside it what rulings add (STA-014 to STA-016). */
json_t *snapshot_view(struct arena *a, const struct snapshot *s, int64_t now);
/* The MVP dialect's state: one map, data with payloads, no reports. */
json_t *snapshot_view_mvp(struct arena *a, const struct snapshot *s);

/* Shared with the event, which speaks as the MVP dialect does. */
json_t *metadata_map(const struct entry_list *metadata);
json_t *data_entries(struct arena *a, const struct entry_list *data);

#endif
