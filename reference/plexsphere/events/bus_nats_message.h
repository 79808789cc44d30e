/* events/bus_nats_message.h — an event as a message of JetStream: three lines of text.
 *
 *     {"type":…,"domain_id":…,"node_id":…,"but_node_id":…,"issued_at":micros}
 *     the line in v1, or nothing
 *     the line in the MVP dialect, or nothing
 *
 * Everything is in the body, so that a message that was delivered and one that was asked for by
 * number are read alike. */
#ifndef PLEXSPHERE_EVENTS_BUS_NATS_MESSAGE_H
#define PLEXSPHERE_EVENTS_BUS_NATS_MESSAGE_H

#include "reference/plexsphere/ports/event_bus.h"

#define NATS_STREAM "PLEXSPHERE_EVENTS"
#define NATS_SUBJECTS "plexsphere.events.>"

/* "plexsphere.events.<domain>.<node>", or ".all" for a NULL or nil node. */
char *nats_subject(struct arena *a, const struct uuid *domain, const struct uuid *node);
struct bytes nats_message(struct arena *a, const struct bus_event *event);
MUST_CHECK bool nats_message_read(struct arena *a, struct bytes message, int64_t seq,
                                  struct bus_event *out);

/* What $JS.API.STREAM.MSG.GET is asked and answers: the first message of a subject at or behind a
 * number. False: the answer is neither a message nor "there is none". */
char *nats_next_request(struct arena *a, const char *subject, int64_t from);
MUST_CHECK bool nats_next_answer(struct arena *a, struct bytes answer, bool *found,
                                 struct bus_event *out);

#endif
