/* drift-gates/baseline.h — the findings an old tree had when a gate was adopted.
 *
 *     { "baseline": "plexconf gate", "version": 1, "findings": [
 *       { "fingerprint": "0123456789abcdef", "rule": "PIN-01", "file": "deploy/web.yaml",
 *         "message": "image … has no digest", "count": 1 } ] }
 *
 * A finding is excused when its fingerprint is there, as often as `count` says; rule, file and
 * message are for people. A row of which less is found is stale (rule BSL-01) if the rule's gate
 * ran to its end: what was mended must leave the baseline. */
#ifndef DRIFT_GATES_BASELINE_H
#define DRIFT_GATES_BASELINE_H

#include "drift-gates/findings.h"

struct baseline_row {
    const char *fingerprint, *rule, *file, *message;
    int64_t count, seen;
    int line;
};

struct baseline {
    const char *path;
    struct baseline_row *rows; /* sorted by fingerprint */
    size_t n;
};

MUST_CHECK bool baseline_read(struct arena *a, const char *path, struct baseline **out,
                              struct error *e);
/* The same from the bytes of a file of that name. */
MUST_CHECK bool baseline_parse(struct arena *a, const char *path, struct bytes text,
                               struct baseline **out, struct error *e);
void baseline_apply(struct baseline *b, struct findings *f);
/* Of what no waiver excuses; *n gets how many findings went in. */
MUST_CHECK bool baseline_write(struct arena *a, const char *path, const struct findings *f,
                               size_t *n, struct error *e);

#endif
