/* harness/report_diff.h — what changed between two runs.
 *
 * Worse is: a case that did not fail (or did not exist) and now does, and a case that passed and is
 * judged no more. A case that went away is told but is not worse: selections differ. */
#ifndef HARNESS_REPORT_DIFF_H
#define HARNESS_REPORT_DIFF_H

#include <stdio.h>

#include "harness/report_model.h"

enum change_kind {
    CHANGE_NEWLY_FAILING,
    CHANGE_NO_LONGER_JUDGED,
    CHANGE_NEWLY_PASSING,
    CHANGE_OTHER,
    CHANGE_ADDED,
    CHANGE_REMOVED,
};
#define CHANGE_KINDS 6

struct change {
    enum change_kind kind;
    const char *id;
    const char *before, *after; /* standings; NULL: not there */
    const char *message;        /* of the newer one, or NULL */
};

struct report_diff {
    struct change *changes; /* sorted by kind, then id */
    size_t n;
    size_t counts[CHANGE_KINDS];
    size_t unchanged;
    bool worse;
};

/* In b's arena; both reports must hold as long. */
void report_diff(const struct report *a, const struct report *b, struct report_diff *out);
void report_diff_print(const struct report_diff *d, FILE *out);

#endif
