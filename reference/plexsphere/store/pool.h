/* store/pool.h — connections that are made when first needed and lent to one transaction at a time.
 *
 *     absent ──lease──▶ leased ──give back──▶ idle ──lease──▶ leased
 *        ▲                 └──broken: closed──┐  └──went stale: closed──┐
 *        └────────────────────────────────────┴─────────────────────────┘
 *
 * Private to store/. Thread-safe. */
#ifndef PLEXSPHERE_STORE_POOL_H
#define PLEXSPHERE_STORE_POOL_H

#include <libpq-fe.h>
#include <pthread.h>
#include <stdatomic.h>

#include "reference/plexsphere/store/db.h"

struct connection {
    PGconn *pg; /* in pipeline mode, not blocking */
    const struct statement **prepared;
    size_t n_prepared, prepared_size;
    bool broken; /* closed instead of given back */
    struct connection *next;
};

struct db {
    char *dsn;
    int size;
    pthread_mutex_t lock; /* guards what follows */
    pthread_cond_t given_back;
    struct connection *idle; /* last given back first: its caches are warm */
    int open;                /* idle, leased, or being made */
    bool down;               /* the last attempt to connect failed, and the log says so */
    _Atomic uint64_t epoch;  /* of revocations; needs no lock */
};

/* NULL with an error when none is free or can be made by the deadline. */
struct connection *pool_lease(struct db *db, int64_t deadline, struct error *e);
void pool_give_back(struct db *db, struct connection *c);

void pool_note_revocation(struct db *db);

bool connection_has_prepared(const struct connection *c, const struct statement *s);
void connection_remember_prepared(struct connection *c, const struct statement *s);

#endif
