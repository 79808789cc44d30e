/* harness/report_model.h — a run as its event stream tells it, read back for the report writers.
 *
 * A stream whose end is missing (a crash, a full disk) is still a report: `finished` is false, the
 * counts are taken from the cases there are, and a cut last line is left out with a note.
 * Everything lives in the arena. */
#ifndef HARNESS_REPORT_MODEL_H
#define HARNESS_REPORT_MODEL_H

#include <jansson.h>

#include "common/arena.h"
#include "common/base.h"
#include "common/error.h"
#include "harness/events.h"

struct report_counts {
    int64_t passed, failed, skipped, unsupported, unprovisioned;
    int64_t waived, broken, vacuous, informational, stale, proven, unproven;
};

struct report {
    struct arena *arena;
    const json_t *run;                   /* the run event; an empty object when missing */
    const json_t *contract;              /* {operations, clauses}; an empty object when missing */
    const json_t *end;                   /* NULL when missing */
    json_t *cases;                       /* case events, sorted by id */
    json_t *seen, *seen_members, *notes; /* events, as they came */
    json_t *impostors;                   /* {case id: [names]} */
    struct report_counts counts;
    bool finished, interrupted;
    int exit; /* -1 when not finished */
    double seconds;
};

/* From directory/events.ndjson. The error names file and line. */
MUST_CHECK bool report_read(struct arena *a, const char *directory, struct report *out,
                            struct error *e);

/* How a case stands in a report: the verdict, but for the words that explain more. */
enum standing {
    STANDING_PASSED,
    STANDING_FAILED,
    STANDING_SKIPPED,
    STANDING_UNSUPPORTED,
    STANDING_UNPROVISIONED,
    STANDING_WAIVED,        /* failed, and somebody answers for it */
    STANDING_INFORMATIONAL, /* failed, and does not decide */
    STANDING_BROKEN,
    STANDING_VACUOUS, /* passed, and an impostor passes too */
};
#define STANDING_COUNT 9
enum standing report_standing(const struct report *r, const json_t *event);
const char *report_standing_text(enum standing s); /* "passed", …, "harness-broken", "vacuous" */

/* "conformant", "not conformant", "harness broken", "stale", "nothing applicable", "interrupted",
 * "unfinished", "nothing selected". */
const char *report_verdict(const struct report *r);
/* One sentence that says what it means and what to do. */
const char *report_verdict_sentence(const struct report *r);
/* "12 passed, 1 failed, 0 skipped, 3 unsupported, 5 unprovisioned" */
const char *report_summary(const struct report *r);
/* The text of a clause, or NULL. */
const char *report_clause_text(const struct report *r, const char *id);

#endif
