/* events/follow.h — opening a stream: where it begins, and without a seam (SPEC EVT-065 to
 * EVT-070).
 */
#ifndef PLEXSPHERE_EVENTS_FOLLOW_H
#define PLEXSPHERE_EVENTS_FOLLOW_H

#include "reference/plexsphere/events/hub.h"
#include "reference/plexsphere/ports/event_bus.h"

/* With `after`, everything retained behind that number and then what comes; without, what comes.
 * NULL: the bus cannot be reached. */
struct stream *follow(struct tx *tx, struct event_bus *bus, struct hub *hub,
                      const struct stream_owner *owner, const int64_t *after);

#endif
