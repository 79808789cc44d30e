/* plexd/reports.h — reports that local programs write, kept and carried to the control plane
 * (SPEC API-*, ARP-*; rulings 9 and 21).
 *
 * A change is in the journal, fsynced, before its writer is answered; a delete is a tombstone. What
 * the control plane took (2xx) leaves the journal; what it refuses for good (4xx but 408 and 429)
 * is parked: logged once, kept, out of the way of others, and sent again only when it is written
 * anew. */
#ifndef PLEXD_REPORTS_H
#define PLEXD_REPORTS_H

#include "common/arena.h"
#include "common/base.h"
#include "common/error.h"
#include "reference/plexd/disk.h"
#include "reference/plexd/http.h"
#include "reference/plexd/loop.h"
#include "reference/plexd/wire.h"

struct reports;

struct report {
    const char *key, *content_type;
    struct bytes payload; /* compact JSON */
    int64_t version;
    const char *updated_at;
};

enum report_result { REPORT_OK, REPORT_CONFLICT, REPORT_NOT_FOUND, REPORT_FAILED };

struct reports_options {
    const char *data_dir, *node_id;
    const struct wire *wire;
    struct loop *loop;
    struct disk *disk;
    struct http *http;
    int64_t debounce; /* nanoseconds */
};
/* Reads journal and report files; what was not yet sent is sent after one debounce. */
MUST_CHECK bool reports_open(const struct reports_options *o, struct reports **out,
                             struct error *e);
void reports_close(struct reports *r); /* what is not sent stays in the journal */

const struct report *reports_all(const struct reports *r, size_t *n); /* by key, ascending */
const struct report *reports_find(const struct reports *r, const char *key);

/* `done` is called on the loop once the change is on the disk (or was refused); the report in it
 * holds until it returns. if_match < 0: no condition; 0: must not exist. */
struct report_write {
    const char *key, *content_type;
    struct bytes payload;
    int64_t if_match;
    void (*done)(void *self, enum report_result result, const struct report *now);
    void *self;
};
void reports_put(struct reports *r, const struct report_write *w);
void reports_delete(struct reports *r, const char *key,
                    void (*done)(void *self, enum report_result result), void *self);

/* "", ".", ".." or with a slash or backslash: no key. Longer than 255 bytes or with a byte below
 * 0x20: none either. */
bool report_key_valid(const char *key);

#endif
