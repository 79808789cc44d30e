/* plexd/heartbeat.h — "I am here", each interval, at once at first (SPEC AGT-*). */
#ifndef PLEXD_HEARTBEAT_H
#define PLEXD_HEARTBEAT_H

#include "common/base.h"
#include "reference/plexd/http.h"
#include "reference/plexd/loop.h"
#include "reference/plexd/wire.h"

struct heartbeat;

struct heartbeat_options {
    struct loop *loop;
    struct http *http;
    const struct wire *wire;
    const char *node_id, *version;
    int64_t interval; /* nanoseconds */
    unsigned char binary_checksum[32];
    void (*reconcile)(void *self); /* the answer asks for it */
    void (*rotate)(void *self);
    void *self;
};
/* Never ends because of an answer: a 401 is logged and the next beat tries again. */
struct heartbeat *heartbeat_start(const struct heartbeat_options *o);
void heartbeat_stop(struct heartbeat *h); /* NULL is fine */

/* SHA-256 of the running executable. */
MUST_CHECK bool heartbeat_own_checksum(unsigned char out[32], struct error *e);

#endif
