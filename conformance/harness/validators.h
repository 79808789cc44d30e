/* harness/validators.h — is this history one that the contract allows? (SPEC EVT-*)
 *
 * Each validator is a pure function of a history. A case that follows streams runs them all at its
 * end; `plexconf replay FILE` runs them again on what a run recorded. */
#ifndef HARNESS_VALIDATORS_H
#define HARNESS_VALIDATORS_H

#include "common/error.h"
#include "harness/history.h"

struct validator {
    const char *name;  /* "ordered" */
    const char *means; /* one sentence */
    bool (*holds)(const struct history *h, struct error *why);
};

/* framed, ordered, unique, gap-free, resumable, filtered, signed, bounded-lag, cadence */
extern const struct validator validators[];
extern const size_t n_validators;

/* The first that does not hold: its name and reason are in `why`. */
MUST_CHECK bool history_holds(const struct history *h, struct error *why);

#endif
