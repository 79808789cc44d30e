/* events/hub.h — one process's fan-out: events in, streams out (SPEC EVT-*).
 *
 * A ring of the latest events, each kept once; a stream is a socket with a cursor into the ring.
 * One thread with an epoll of its own writes: pending events of a stream go out in one send. A
 * stream that cannot keep up (its cursor falls out of the ring, or its socket takes nothing for too
 * long) is closed, and its agent resumes from its last id: it never holds others back. */
#ifndef PLEXSPHERE_EVENTS_HUB_H
#define PLEXSPHERE_EVENTS_HUB_H

#include "common/base.h"
#include "common/error.h"
#include "reference/plexsphere/ports/event_bus.h"

struct hub;

MUST_CHECK bool hub_create(struct app *app, struct hub **out, struct error *e);
void hub_destroy(struct hub *h); /* closes every stream */

/* From the bus's listener thread. */
void hub_deliver(struct hub *h, const struct bus_event *event);
void hub_up(struct hub *h, bool connected);

#endif
