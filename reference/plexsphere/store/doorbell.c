#include "reference/plexsphere/store/doorbell.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>

#include "common/memory.h"
#include "common/timestamp.h"
#include "reference/plexsphere/app_life.h"
#include "reference/plexsphere/store/connect.h"
#include "reference/plexsphere/store/pool.h"

#define CONNECT_PATIENCE (5 * NANOS_PER_SECOND)

struct doorbell {
    PGconn *pg;
};

struct doorbell *doorbell_open(const struct db *db, const char *channel, struct error *e)
{
    char listen[128];
    snprintf(listen, sizeof(listen), "LISTEN %s", channel);
    PGconn *pg = connect_until(db->dsn, listen, clock_monotonic_nanos() + CONNECT_PATIENCE, e);
    if (!pg)
        return NULL;
    struct doorbell *d = mem_alloc(sizeof(*d));
    d->pg = pg;
    return d;
}

void doorbell_close(struct doorbell *d)
{
    if (!d)
        return;
    PQfinish(d->pg);
    mem_free(d);
}

static bool take_rings(struct doorbell *d)
{
    bool rang = false;
    for (PGnotify *n; (n = PQnotifies(d->pg)) != NULL; rang = true)
        PQfreemem(n);
    return rang;
}

/* What is left of a time that began at `start`; -1 stays -1. */
static int left_of(int timeout_ms, int64_t start)
{
    if (timeout_ms < 0)
        return -1;
    int64_t passed = (clock_monotonic_nanos() - start) / (NANOS_PER_SECOND / 1000);
    return passed >= timeout_ms ? 0 : timeout_ms - (int)passed;
}

enum doorbell_result doorbell_wait(struct doorbell *d, int timeout_ms)
{
    int64_t start = clock_monotonic_nanos();
    for (;;) {
        if (app_stopping())
            return DOORBELL_STOPPING;
        if (take_rings(d))
            return DOORBELL_RANG;
        struct pollfd fds[] = { { .fd = PQsocket(d->pg), .events = POLLIN },
                                { .fd = app_stop_fd(), .events = POLLIN } };
        int n = poll(fds, ARRAY_LEN(fds), left_of(timeout_ms, start));
        if (n == 0)
            return DOORBELL_QUIET;
        if (n < 0 && errno != EINTR)
            return DOORBELL_LOST;
        if (n > 0 && fds[0].revents != 0 && !PQconsumeInput(d->pg))
            return DOORBELL_LOST;
    }
}
