#include "reference/plexsphere/store/pool.h"

#include <errno.h>
#include <poll.h>
#include <time.h>

#include "common/log.h"
#include "common/memory.h"
#include "common/timestamp.h"
#include "reference/plexsphere/store/connect.h"

/* UTC and ISO are what rows.c reads. A statement that runs 15 s is lost work: the client is gone.
 */
static const char session_settings[] = "SET timezone = 'UTC';"
                                       "SET datestyle = 'ISO';"
                                       "SET bytea_output = 'hex';"
                                       "SET statement_timeout = '15s';"
                                       "SET idle_in_transaction_session_timeout = '30s'";

void pool_note_revocation(struct db *db)
{
    atomic_fetch_add(&db->epoch, 1);
}

uint64_t db_epoch(const struct db *db)
{
    return atomic_load(&db->epoch);
}

static void connection_close(struct connection *c)
{
    PQfinish(c->pg);
    mem_free(c->prepared);
    mem_free(c);
}

static struct connection *connection_make(const struct db *db, int64_t deadline, struct error *e)
{
    PGconn *pg = connect_until(db->dsn, session_settings, deadline, e);
    if (!pg)
        return NULL;
    if (PQsetnonblocking(pg, 1) != 0 || PQenterPipelineMode(pg) != 1) {
        connection_error(pg, e);
        PQfinish(pg);
        return NULL;
    }
    struct connection *c = mem_alloc(sizeof(*c));
    c->pg = pg;
    return c;
}

/* The server says nothing to an idle connection but goodbye (or that its settings were reloaded).
 */
static bool connection_is_stale(const struct connection *c)
{
    struct pollfd fd = { .fd = PQsocket(c->pg), .events = POLLIN };
    return PQstatus(c->pg) != CONNECTION_OK || poll(&fd, 1, 0) != 0;
}

/* With the lock held. An idle connection that still lives, or NULL. */
static struct connection *take_idle(struct db *db)
{
    while (db->idle) {
        struct connection *c = db->idle;
        db->idle = c->next;
        c->next = NULL;
        if (!connection_is_stale(c))
            return c;
        db->open--;
        connection_close(c);
    }
    return NULL;
}

/* One line when the database goes and one when it comes back, however many requests notice. */
static void note_state(struct db *db, bool down, const struct error *e)
{
    bool changed = db->down != down;
    db->down = down;
    if (changed && down)
        log_line(LOG_WARN, "database unavailable", "error", e->text, NULL);
    else if (changed)
        log_line(LOG_INFO, "database available again", NULL);
}

static struct connection *make_leased(struct db *db, int64_t deadline, struct error *e)
{
    struct error why = { "" };
    struct connection *c = connection_make(db, deadline, &why);
    pthread_mutex_lock(&db->lock);
    if (!c) {
        db->open--;
        pthread_cond_signal(&db->given_back); /* somebody else may try */
    }
    note_state(db, !c, &why);
    pthread_mutex_unlock(&db->lock);
    if (!c)
        error_set(e, "%s", why.text);
    return c;
}

struct connection *pool_lease(struct db *db, int64_t deadline, struct error *e)
{
    struct timespec until = { .tv_sec = deadline / NANOS_PER_SECOND,
                              .tv_nsec = deadline % NANOS_PER_SECOND };
    pthread_mutex_lock(&db->lock);
    struct connection *c;
    int waited = 0;
    while (!(c = take_idle(db)) && db->open >= db->size && waited != ETIMEDOUT)
        waited = pthread_cond_timedwait(&db->given_back, &db->lock, &until);
    bool make = !c && db->open < db->size;
    if (make)
        db->open++;
    pthread_mutex_unlock(&db->lock);
    if (make)
        return make_leased(db, deadline, e);
    if (!c)
        error_set(e, "all %d database connections are in use", db->size);
    return c;
}

void pool_give_back(struct db *db, struct connection *c)
{
    /* Not idle: a transaction that nobody ended must not pass to the next request. */
    bool keep = !c->broken && PQtransactionStatus(c->pg) == PQTRANS_IDLE;
    if (!keep)
        connection_close(c);
    pthread_mutex_lock(&db->lock);
    if (keep) {
        c->next = db->idle;
        db->idle = c;
    } else {
        db->open--;
    }
    pthread_cond_signal(&db->given_back);
    pthread_mutex_unlock(&db->lock);
}

bool connection_has_prepared(const struct connection *c, const struct statement *s)
{
    for (size_t i = 0; i < c->n_prepared; i++)
        if (c->prepared[i] == s)
            return true;
    return false;
}

void connection_remember_prepared(struct connection *c, const struct statement *s)
{
    if (c->n_prepared == c->prepared_size) {
        c->prepared_size = c->prepared_size ? 2 * c->prepared_size : 32;
        c->prepared = mem_resize(c->prepared, c->prepared_size, sizeof(*c->prepared));
    }
    c->prepared[c->n_prepared++] = s;
}

bool db_open(const char *dsn, int size, struct db **out, struct error *e)
{
    *out = NULL;
    if (!dsn_check(dsn, e))
        return false;
    struct db *db = mem_alloc(sizeof(*db));
    db->dsn = mem_strdup(dsn);
    db->size = size < 1 ? 1 : size;
    pthread_mutex_init(&db->lock, NULL);
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&db->given_back, &attributes);
    pthread_condattr_destroy(&attributes);
    *out = db;
    return true;
}

void db_close(struct db *db)
{
    if (!db)
        return;
    while (db->idle) {
        struct connection *c = db->idle;
        db->idle = c->next;
        connection_close(c);
    }
    pthread_cond_destroy(&db->given_back);
    pthread_mutex_destroy(&db->lock);
    mem_free(db->dsn);
    mem_free(db);
}
