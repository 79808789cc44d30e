/* ports/event_bus.h — where published events go and come back from (SPEC EVT-*).
 *
 * Two adapters: Postgres (events/bus_postgres.c, the default: rows, and LISTEN/NOTIFY as the
 * doorbell) and NATS JetStream (events/bus_nats.c, when PLEXSPHERE_EVENTS_NATS_URL is set).
 * Sequence numbers are the bus's own: strictly ascending over the whole stream, visible in that
 * order, so that "after N" never passes over anything. Events are kept as signed for
 * EVENT_RETENTION; replay() gives none that is older. */
#ifndef PLEXSPHERE_PORTS_EVENT_BUS_H
#define PLEXSPHERE_PORTS_EVENT_BUS_H

#include "common/base.h"
#include "common/error.h"
#include "common/timestamp.h"
#include "common/uuid.h"
#include "reference/plexsphere/app.h"
#include "reference/plexsphere/store/db.h"

#define EVENT_RETENTION (300 * MICROS_PER_SECOND) /* the agent's age window (ruling 6) */

struct bus_event {
    int64_t seq;             /* set by publish(); the SSE `id:` */
    struct uuid domain_id;   /* whose key signed */
    struct uuid node_id;     /* the only recipient; nil: every Node of the Domain … */
    struct uuid but_node_id; /* … except this one; nil: no exception */
    const char *type;        /* the SSE `event:` */
    struct bytes v1, mvp;    /* the `data:` line in each dialect; len 0: not published in it */
    int64_t issued_at;
    const char *dedupe; /* one text per outbox row: published twice, it is kept once */
};

struct event_bus {
    /* Called by one publisher at a time, within its transaction. Sets seq of each, ascending in the
     * order given. */
    MUST_CHECK bool (*publish)(struct event_bus *bus, struct tx *tx, struct bus_event *events,
                               size_t n, struct error *e);
    /* What is retained for that Node with seq > after, ascending, at most `limit`; arena of `tx`.
     * Fewer than `limit`: there was nothing more at the time of the call. False: the bus cannot be
     * reached. */
    MUST_CHECK bool (*replay)(struct event_bus *bus, struct tx *tx, const struct uuid *domain,
                              const struct uuid *node, int64_t after, size_t limit,
                              struct bus_event **out, size_t *n);
    /* The highest sequence number so far; 0 when there is none. False: not reachable. */
    MUST_CHECK bool (*head)(struct event_bus *bus, struct tx *tx, int64_t *seq);
    /* Runs until app_stopping(): delivers every event published since it was called, once each, in
     * order, whichever process published it. After a lost connection it goes on behind the last one
     * it delivered. `up` tells whether it is connected now. What `deliver` is given holds until it
     * returns. */
    void (*listen)(struct event_bus *bus, struct app *app,
                   void (*deliver)(void *self, const struct bus_event *event),
                   void (*up)(void *self, bool connected), void *self);
};

#endif
