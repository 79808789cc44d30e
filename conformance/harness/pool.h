/* harness/pool.h — the parent's side: workers, their jobs, budgets and restarts.
 *
 * A pool forks workers as jobs need them and keeps them between batches. A job whose worker
 * overruns the case's budget is answered `failed` and its worker killed; a job whose worker ends is
 * answered `broken`, naming how it ended. Neither is tried again. The dead worker's place is taken
 * by a fresh one with a fresh world. */
#ifndef HARNESS_POOL_H
#define HARNESS_POOL_H

#include <jansson.h>

#include "common/base.h"
#include "common/error.h"
#include "harness/worker.h"

enum pool_order {
    POOL_GO,
    POOL_DRAIN, /* hand out nothing more, wait for what runs */
    POOL_STOP,  /* kill what runs; those jobs get no answer */
};

struct pool_options {
    const struct worker_setup *setup;
    /* A job's answer; the frame of worker.h, borrowed. */
    void (*done)(void *arg, const struct worker_job *job, int worker, const json_t *result);
    /* Asked between answers and at least every 100 ms. */
    enum pool_order (*order)(void *arg);
    /* A worker was lost before it had a job and another took its place: nothing was judged wrongly
     * for it, but it is told. */
    void (*replaced)(void *arg, const char *why);
    /* Milliseconds this job may take. */
    unsigned (*budget)(void *arg, const struct worker_job *job);
    void *arg;
};

struct pool;

struct pool *pool_create(const struct pool_options *o);
/* Kills whoever is left; NULL is fine. */
void pool_destroy(struct pool *p);

/* Runs the jobs on at most `workers` workers and returns when all are answered or the order was to
 * stop. False: it gave up, because worlds cannot be built or too many workers died; the jobs
 * without an answer were not judged. */
MUST_CHECK bool pool_run(struct pool *p, const struct worker_job *jobs, size_t n, int workers,
                         struct error *e);

#endif
