/* suites/state/relay.h — a socket between a booted target and its database, so that the database
 * can be taken away from that target alone. */
#ifndef SUITES_STATE_RELAY_H
#define SUITES_STATE_RELAY_H

#include "common/base.h"
#include "common/error.h"

struct arena;
struct relay;

/* Listens on `from` and passes on to `to`, both paths of sockets. The relay lives on the arena and
 * must be cut before that goes. */
MUST_CHECK bool relay_start(struct arena *a, const char *from, const char *to, struct relay **out,
                            struct error *e);
/* Ends every connection and takes no other; a second time does nothing. */
void relay_cut(void *relay);

#endif
