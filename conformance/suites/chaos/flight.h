/* suites/chaos/flight.h — requests to a node API that are under way while their server is killed.
 *
 * exchange.h sends and waits for the answer; here the kill comes between the two. Each request has
 * a connection of its own. An answer counts from its status line on: by then the change is said to
 * be kept. */
#ifndef SUITES_CHAOS_FLIGHT_H
#define SUITES_CHAOS_FLIGHT_H

#include "common/arena.h"
#include "common/base.h"

#define FLIGHT_HEAD 12 /* "HTTP/1.1 200" */

struct flight {
    int fd;     /* -1: over */
    int status; /* 0: none (yet) */
    char head[FLIGHT_HEAD];
    size_t have;
};

/* Sends the whole request; body NULL: none. False: it could not be sent. */
MUST_CHECK bool flight_start(struct arena *a, struct flight *f, const char *socket_path,
                             const char *method, const char *path, const char *body);
/* Until so many have an answer, or no more can get one, or a bound; returns how many have. */
int flights_wait(struct flight *fs, int n, int answered);
/* What still comes, then closes them all. */
void flights_land(struct flight *fs, int n);

#endif
