/* events/batch.h — what one send to a stream carries: what goes first, then frames from the ring.
 * The writer's alone. */
#ifndef PLEXSPHERE_EVENTS_BATCH_H
#define PLEXSPHERE_EVENTS_BATCH_H

#include <sys/uio.h>

#include "reference/plexsphere/events/hub_inner.h"

enum { BATCH_FRAMES = 64, BATCH_BYTES = 256 * 1024 };

struct batch {
    struct iovec iov[BATCH_FRAMES];
    uint64_t positions[BATCH_FRAMES]; /* of the events, from `events` on */
    int n, events;
    size_t bytes;
    bool last; /* the stream ends behind it */
};

/* What there is to send now; it stays where it is. Takes the lock. False: the ring has gone on
 * without the stream. */
bool batch_gather(struct stream *s, struct batch *b);
/* Under the lock: `sent` bytes of it went out. */
void batch_note_sent(struct stream *s, const struct batch *b, size_t sent);

#endif
