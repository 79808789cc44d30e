/* events/last_event_id.h — the Last-Event-ID header (SPEC EVT-067, EVT-069). */
#ifndef PLEXSPHERE_EVENTS_LAST_EVENT_ID_H
#define PLEXSPHERE_EVENTS_LAST_EVENT_ID_H

#include "common/base.h"

/* False when it names no number from 0 to 2^63 - 1. *given is false when the text is NULL or empty:
 * then the stream begins now. */
MUST_CHECK bool last_event_id_read(const char *text, bool *given, int64_t *seq);

#endif
