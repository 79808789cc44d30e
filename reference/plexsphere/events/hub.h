/* events/hub.h — one process's fan-out: events in, streams out (SPEC EVT-*).
 *
 * A ring of the latest events, each kept once; a stream is a socket with a cursor into the ring.
 * Each stream has its writer, one of a few threads with an epoll of its own: pending events of a
 * stream go out in one send. A stream that cannot keep up (its cursor falls out of the ring, or its
 * socket takes nothing for too long) is closed, and its agent resumes from its last id: it never
 * holds others back.
 *
 * A stream joins before anything is replayed, so that nothing is lost at the seam; what is replayed
 * and then comes again from the ring is skipped by number. */
#ifndef PLEXSPHERE_EVENTS_HUB_H
#define PLEXSPHERE_EVENTS_HUB_H

#include "common/base.h"
#include "common/error.h"
#include "common/timestamp.h"
#include "reference/plexsphere/http/request.h"
#include "reference/plexsphere/ports/event_bus.h"

#define KEEP_ALIVE_EVERY (25 * MICROS_PER_SECOND) /* of the app's clock */
#define STALLED_MOST (30 * MICROS_PER_SECOND)

struct hub;
struct stream;

/* The hub lives as long as app->arena, which frees what it has; its threads start with the first
 * hub_up(), and hub_stop() must end them before the arena goes. */
MUST_CHECK bool hub_create(struct app *app, struct hub **out, struct error *e);
/* Ends every stream and the threads. Late callers are refused. */
void hub_stop(struct hub *h);

/* From the bus's listener thread. */
void hub_deliver(struct hub *h, const struct bus_event *event);
void hub_up(struct hub *h, bool connected);

/* Who follows what, and by which credential: it is looked at again while the stream runs. */
struct stream_owner {
    struct uuid node_id, domain_id;
    bool mvp;              /* the Node's dialect */
    struct uuid nsk_id;    /* nil: an operator's stream */
    enum caller_kind kind; /* the operator … */
    struct uuid caller_id;
    unsigned char token[32]; /* … and the digest of the token */
};

/* From a worker. NULL: the bus is not connected, or there are as many streams as there may be.
 * From here on the stream gets what is delivered. With `after`, *covered says that it will also get
 * everything behind that number: then nothing is to be replayed. */
struct stream *hub_join(struct hub *h, const struct stream_owner *owner, const int64_t *after,
                        bool *covered);
/* Adds one frame to what is sent first. False when it is full: then the stream ends behind it. */
bool stream_replay(struct stream *s, const struct bus_event *event);
/* Nothing up to that number comes from the ring. */
void stream_skip(struct stream *s, int64_t seq);
/* The stream as an answer; its start() or drop() must be called, and ends the worker's hold. */
struct answer_stream *stream_answer(struct stream *s);

/* The owners of all streams; arena. */
size_t hub_owners(struct hub *h, struct arena *a, struct stream_owner **out);
/* Ends the streams of that Node with that credential. */
void hub_end(struct hub *h, const struct stream_owner *owner);

#endif
