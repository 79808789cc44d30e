/* plexd/disk.h — the one thread that waits for the disk.
 *
 * Jobs run one after another in the order they came, so what is written later is on the disk later.
 * `work` runs there and must touch nothing but its own job; `done` runs on the loop afterwards. */
#ifndef PLEXD_DISK_H
#define PLEXD_DISK_H

#include "common/base.h"
#include "common/error.h"
#include "reference/plexd/loop.h"

struct disk;

struct disk_job {
    void (*work)(struct disk_job *job);
    void (*done)(struct disk_job *job); /* frees the job, if it is to be freed */
    struct disk_job *next;              /* the disk's own */
};

MUST_CHECK bool disk_create(struct loop *l, struct disk **out, struct error *e);
void disk_submit(struct disk *d, struct disk_job *job);
/* Finishes every job and ends the thread; what has not been told yet is told from here, so this is
 * called on the loop's thread. NULL is fine. */
void disk_destroy(struct disk *d);

#endif
