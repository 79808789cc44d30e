/* plexd/follow.h — the signed event stream: connecting, verifying, handing on (SPEC AEV-*).
 *
 * An event is believed after all checks of verify.h, in their order. The stream never ends because
 * of what an event says; when the connection comes back is decided in follow_plan.c. */
#ifndef PLEXD_FOLLOW_H
#define PLEXD_FOLLOW_H

#include "common/base.h"
#include "common/error.h"
#include "reference/plexd/http.h"
#include "reference/plexd/loop.h"
#include "reference/plexd/verify.h"
#include "reference/plexd/wire.h"

struct follow;

struct follow_options {
    struct loop *loop;
    struct http *http;
    const struct wire *wire;
    const char *node_id;
    int64_t idle; /* nanoseconds without a byte, after which the connection is dropped; 90 s */
    struct verifier *verifier;
    /* A verified event. Not from here, nor from the others, may follow_stop() be called. */
    void (*event)(void *self, const struct envelope *ev);
    /* The stream is up (again): state may have moved meanwhile. */
    void (*connected)(void *self);
    /* The stream cannot be relied on: at once when an event had to be dropped for its size, and
     * every 60 s once the stream has been down for 5 min. */
    void (*poll)(void *self);
    /* 401, 403 or 404: following ended for good. */
    void (*refused)(void *self, int status);
    void *self;
};
struct follow *follow_start(const struct follow_options *o);
void follow_stop(struct follow *f); /* NULL is fine */

#endif
