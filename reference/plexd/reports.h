/* plexd/reports.h — reports that local programs write, kept and carried to the control plane
 * (SPEC API-*, ARP-*; rulings 9 and 21).
 *
 * A change is in the journal, fsynced, before its writer is answered and before any reader sees it;
 * a delete is a tombstone. What the control plane took (2xx) leaves the journal; what it refuses
 * for good (4xx but 401, 408 and 429) is parked: logged once, kept, out of the way of others, and
 * sent again only when it is written anew. */
#ifndef PLEXD_REPORTS_H
#define PLEXD_REPORTS_H

#include "common/arena.h"
#include "common/base.h"
#include "common/error.h"
#include "reference/plexd/disk.h"
#include "reference/plexd/http.h"
#include "reference/plexd/loop.h"
#include "reference/plexd/report_journal.h"
#include "reference/plexd/wire.h"

struct reports;

enum report_result { REPORT_OK, REPORT_CONFLICT, REPORT_NOT_FOUND, REPORT_FAILED };

struct reports_options {
    const char *data_dir, *node_id;
    const struct wire *wire;
    struct loop *loop;
    struct disk *disk;
    struct http *http; /* NULL: nothing is sent, all stays in the journal */
    int64_t debounce;  /* nanoseconds */
};
/* Reads journal and report files; what was not yet sent is sent after one debounce. False only when
 * the folders cannot be made. */
MUST_CHECK bool reports_open(const struct reports_options *o, struct reports **out,
                             struct error *e);
/* What is not sent stays in the journal. Before or after disk_destroy(), but before
 * loop_destroy(). */
void reports_close(struct reports *r);

/* By key, ascending; both hold until the loop goes on. */
const struct data_entry *reports_all(struct reports *r, size_t *n);
const struct data_entry *reports_find(const struct reports *r, const char *key);

/* `done` is called on the loop once the change is on the disk or was refused: possibly before the
 * call returns. The report in it holds until it returns; it is NULL unless REPORT_OK and a put.
 * if_match < 0: no condition; 0: must not exist. */
struct report_write {
    const char *key, *content_type;
    struct bytes payload; /* compact JSON */
    int64_t if_match;
    void (*done)(void *self, enum report_result result, const struct data_entry *now);
    void *self;
};
void reports_put(struct reports *r, const struct report_write *w);
/* Needs key, done and self of `w`. */
void reports_delete(struct reports *r, const struct report_write *w);

#endif
