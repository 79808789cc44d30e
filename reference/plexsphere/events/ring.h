/* events/ring.h — the latest events, each kept once, framed as they go out (SPEC EVT-*).
 *
 * Positions count every event since the start and never come again. Bounded in number, in bytes
 * and in age: an event that is pushed out is no more to be found, but its memory stays until
 * ring_take_gone(). Not thread-safe. */
#ifndef PLEXSPHERE_EVENTS_RING_H
#define PLEXSPHERE_EVENTS_RING_H

#include "common/base.h"
#include "common/buffer.h"
#include "common/uuid.h"
#include "reference/plexsphere/ports/event_bus.h"

/* "id: …\nevent: …\ndata: …\n\n" as one chunk of HTTP/1.1: the plain frame lies in the middle. */
struct frame {
    struct buffer chunk; /* len 0: not published in this dialect */
    size_t before;       /* bytes of the chunk's own line; after the frame come two more */
};
/* False when it is larger than a frame may be; buffer_release(&f->chunk) in either case. */
MUST_CHECK bool frame_make(struct frame *f, const struct bus_event *event, struct bytes data);
struct bytes frame_bytes(const struct frame *f, bool chunked);

enum dialect { DIALECT_V1, DIALECT_MVP, DIALECTS };

struct ring_event {
    uint64_t position;
    int64_t seq, issued_at;
    struct uuid domain_id, node_id, but_node_id;
    struct frame frames[DIALECTS];
    struct ring_event *next; /* among those pushed out */
};
/* Is it for that Node? */
bool ring_event_is_for(const struct ring_event *e, const struct uuid *domain,
                       const struct uuid *node);

struct ring {
    struct ring_event **slots;
    size_t n_slots, bytes, bytes_most;
    uint64_t first, end; /* positions first … end - 1 are there */
    int64_t pushed_out;  /* sequence number of the last event pushed out; 0: none yet */
    struct ring_event *gone, *gone_last;
};

/* `n_slots` is a power of two. */
void ring_init(struct ring *r, size_t n_slots, size_t bytes_most);
void ring_release(struct ring *r);
/* Frames and adds it, and pushes out what no longer fits or was issued before `oldest`. NULL, and
 * nothing is added, when it does not come after the last one or is larger than a frame may be. */
const struct ring_event *ring_add(struct ring *r, const struct bus_event *event, int64_t oldest);
const struct ring_event *ring_at(const struct ring *r, uint64_t position);
/* Does the ring hold everything after that sequence number that was issued since `oldest`? Then
 * *position is that of the first. Only true for a number that the ring has reached. */
bool ring_covers(const struct ring *r, int64_t seq, int64_t oldest, uint64_t *position);
/* Takes what was pushed out and lay before that position, for ring_events_free(). */
struct ring_event *ring_take_gone(struct ring *r, uint64_t position);
void ring_events_free(struct ring_event *gone);

#endif
