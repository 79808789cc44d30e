/* harness/coverage.h — what a run touched of the contract, from its observations.
 *
 * Operations and (operation, status) rows count when an answer of that kind was seen; a clause
 * counts when a case that names it passed, failed or was waived, in short: was judged. Everything
 * is borrowed from the report or owned by its arena. */
#ifndef HARNESS_COVERAGE_H
#define HARNESS_COVERAGE_H

#include "harness/report_model.h"

struct coverage_operation {
    const char *id, *method, *path;
    const json_t *statuses; /* listed by the contract */
    json_t *seen;           /* [{status, code?, count}] */
    size_t rows, rows_seen; /* listed statuses, and those of them seen */
};

enum clause_cover { CLAUSE_UNNAMED, CLAUSE_UNJUDGED, CLAUSE_JUDGED };

struct coverage_clause {
    const char *id, *level, *source, *text;
    enum clause_cover cover; /* no case names it; named but not judged here; judged */
    size_t judged, failed;   /* cases */
};

struct coverage {
    struct coverage_operation *operations;
    size_t n_operations, operations_seen, rows, rows_seen;
    struct coverage_clause *clauses;
    size_t n_clauses, clauses_judged;
    size_t members_seen; /* response members */
};

void coverage_of(const struct report *r, struct coverage *out);

#endif
