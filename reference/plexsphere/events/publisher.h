/* events/publisher.h — from the outbox to the bus: numbered, signed, one writer at a time
 * (SPEC EVT-*). */
#ifndef PLEXSPHERE_EVENTS_PUBLISHER_H
#define PLEXSPHERE_EVENTS_PUBLISHER_H

#include "common/base.h"
#include "reference/plexsphere/app.h"
#include "reference/plexsphere/ports/event_bus.h"

struct publisher {
    struct app *app;
    struct event_bus *bus;
    uint64_t refused; /* envelopes that could not be signed or verified since the start */
};

/* Takes what is unpublished, up to PUBLISH_AT_ONCE rows, in one transaction; *n is how many. False:
 * nothing was taken, try again later. */
enum { PUBLISH_AT_ONCE = 128 };
MUST_CHECK bool publish_some(struct publisher *p, size_t *n, struct error *e);

/* Until app_stopping(). */
void publisher_run(struct publisher *p);

#endif
