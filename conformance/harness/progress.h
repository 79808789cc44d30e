/* harness/progress.h — what a person sees while a run goes on, from the event stream.
 *
 * Failures are printed as they come, in one form everywhere:
 *
 *     plexconf: REG-014 failed: second registration answered 201, expected 403 token_consumed
 *               again: build/bin/plexconf run --profile mine.yaml --select id:REG-014 -v
 *
 * On a terminal one line below them is kept up to date; elsewhere a line tells when the impostors
 * begin and end, and every half minute between. Colour appears only on a terminal, and
 * never when NO_COLOR is set and not empty. */
#ifndef HARNESS_PROGRESS_H
#define HARNESS_PROGRESS_H

#include <jansson.h>
#include <stdio.h>

#include "common/base.h"
#include "common/environment.h"

struct progress;

/* Is it a terminal that takes colour, and does nobody object (NO_COLOR)? */
bool progress_colour(FILE *out, const struct environment *env);

/* `out` must be open until the end; whether it is a terminal is found out here. */
struct progress *progress_create(FILE *out, const struct environment *env, bool transcripts);
void progress_destroy(struct progress *p); /* NULL is fine; clears the line */

/* One event of the stream (events.h). */
void progress_event(struct progress *p, const json_t *event);
/* A phase with that many jobs begins: "cases", "slow cases", "serial cases", "impostors". */
void progress_phase(struct progress *p, const char *name, size_t jobs);
/* One job of the phase is done. */
void progress_step(struct progress *p);

#endif
