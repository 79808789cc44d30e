/* plexd/sse.h — server-sent events, byte by byte as they come (plexd-facts 3.2). Pure.
 *
 * Lines end with LF or CRLF. Several data lines are joined with LF; an event without data is none,
 * and its id is thrown away. A line over 64 KiB or an event over 1 MiB is not kept: the event is
 * told as `dropped`, with its id, so that a resume does not ask for it again. */
#ifndef PLEXD_SSE_H
#define PLEXD_SSE_H

#include "common/base.h"
#include "common/buffer.h"

#define SSE_LINE_CAP 65535
#define SSE_EVENT_CAP (1u << 20)
#define SSE_ID_CAP 255

struct sse {
    /* Called at each event's end. `id` NULL: it had none. */
    void (*event)(void *self, const char *id, bool dropped, struct bytes data);
    void *self;

    struct buffer line, data; /* the parser's own, with what follows */
    char id[SSE_ID_CAP + 1];
    bool has_id, has_data, too_long;
};

void sse_init(struct sse *s, void (*event)(void *, const char *, bool, struct bytes), void *self);
void sse_reset(struct sse *s); /* a new connection: half an event is dropped */
void sse_release(struct sse *s);
void sse_feed(struct sse *s, struct bytes piece);

#endif
