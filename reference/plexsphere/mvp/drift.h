/* mvp/drift.h — what an agent found different and corrected (SPEC MVP-*). */
#ifndef PLEXSPHERE_MVP_DRIFT_H
#define PLEXSPHERE_MVP_DRIFT_H

#include <jansson.h>

#include "reference/plexsphere/store/db.h"

enum { DRIFT_CORRECTIONS_MAX = 1024, DRIFT_KEPT = 16 };

struct drift {
    int64_t observed_at;
    const char *corrections; /* a compact JSON array */
};

/* Pure. False with one sentence in *why. */
MUST_CHECK bool drift_read(struct arena *a, const json_t *body, struct drift *out,
                           const char **why);
/* Keeps it, and of the Node's reports the latest DRIFT_KEPT. tx is writing. */
MUST_CHECK enum sql_result drift_store(struct tx *tx, const struct uuid *node,
                                       const struct drift *drift, int64_t now);

#endif
