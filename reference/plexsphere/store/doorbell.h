/* store/doorbell.h — LISTEN on a connection of its own: a loop that waits for NOTIFY instead of
 * asking again and again. What rang is looked up by the one who waited; a notification carries
 * nothing. */
#ifndef PLEXSPHERE_STORE_DOORBELL_H
#define PLEXSPHERE_STORE_DOORBELL_H

#include "common/base.h"
#include "common/error.h"

struct db;
struct doorbell;

enum doorbell_result {
    DOORBELL_RANG,
    DOORBELL_QUIET,    /* the time is over */
    DOORBELL_STOPPING, /* app_stopping() */
    DOORBELL_LOST,     /* the connection broke; rings may have been missed */
};

/* Once it is open no ring is missed until DOORBELL_LOST. `channel` is a plain identifier. NULL: no
 * connection. */
struct doorbell *doorbell_open(const struct db *db, const char *channel, struct error *e);
void doorbell_close(struct doorbell *d); /* NULL is fine */
/* A negative timeout waits for ever. Several rings may be answered as one. */
enum doorbell_result doorbell_wait(struct doorbell *d, int timeout_ms);

#endif
