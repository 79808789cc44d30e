/* harness/waiver.h — failures that somebody answers for, for a while.
 *
 *     - id: REG-014            # exactly one case, no pattern
 *       owner: ana@example.org
 *       reason: one-shot tokens are counted after commit; fix is planned
 *       expires: 2027-01-31    # the last day it holds, UTC
 *
 * A waiver that does not hold (a member missing, an unknown or doubled id, a date that is past)
 * waives nothing and carries its fault; the run that meets one, or sees a waived case pass, ends
 * with exit code 4. */
#ifndef HARNESS_WAIVER_H
#define HARNESS_WAIVER_H

#include "common/arena.h"
#include "common/base.h"
#include "common/error.h"

struct waiver {
    const char *id, *owner, *reason, *expires;
    int line;
    const char *fault; /* NULL: it holds; else one line that names file and line */
};

struct waivers {
    struct waiver *rows;
    size_t n;
};

/* Everything lives in the arena. False only when the file cannot be read or is no list of mappings.
 * `now`: microseconds since 1970. */
MUST_CHECK bool waivers_load(struct arena *a, const char *path, int64_t now, struct waivers *out,
                             struct error *e);
/* The waiver that holds for this case, or NULL. */
const struct waiver *waivers_for(const struct waivers *w, const char *id);

#endif
