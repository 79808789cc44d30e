/* harness/engine.h — a run: which cases, in which order, and what follows from their verdicts.
 *
 * The engine selects rows, answers those the target does not claim, runs the rest in workers
 * (parallel ones, then slow ones side by side, then serial ones alone), shows passing cases to the
 * impostors, and writes the event stream. It knows no HTTP and no contract of its own: what it
 * needs comes in by the options.
 *
 * What decides (SPEC RUN): a failure decides unless it is waived, the case is provisional, or it is
 * informational, that is, all its clauses are rulings and the target does not claim `rulings`. */
#ifndef HARNESS_ENGINE_H
#define HARNESS_ENGINE_H

#include <jansson.h>
#include <signal.h>

#include "common/base.h"
#include "common/error.h"
#include "harness/exit_code.h"
#include "harness/profile.h"
#include "harness/progress.h"
#include "harness/selector.h"
#include "harness/waiver.h"
#include "harness/worker.h"

enum proving { PROVE_WHEN_NEW, PROVE_ALWAYS, PROVE_NEVER };

struct engine_options {
    const struct profile *profile;
    const char *rig;                 /* "process", "external" */
    const char *run;                 /* the run's prefix */
    const char *out;                 /* directory of the reports */
    const struct selector *selector; /* NULL: all */
    const struct waivers *waivers;   /* NULL: none */
    int jobs;
    bool slow, fail_fast, transcripts;
    uint64_t seed; /* of CASE_SEEDED cases */
    int rounds;    /* 0: as few as a whole run can spend */
    enum proving proving;
    const char *again; /* a command to which " --select id:ID -v" is appended */
    const json_t *argv;

    const struct world_makers *makers;
    const char *contract_digest;
    const json_t *operations; /* [{operationId, method, path, responses}]; NULL: none */
    const json_t *clauses;    /* [{id, level, source, text}]; NULL: none */
    const char *cache;        /* directory of the proof; NULL: none is kept */
    const char *proof_digest; /* of contract and program */

    struct progress *progress;                   /* NULL: silent */
    bool (*healthy)(void *rig, struct error *e); /* NULL: not asked */
    void *rig_handle;
    volatile sig_atomic_t *interrupted; /* NULL, or set by a signal handler */
};

struct engine_totals {
    size_t selected;
    size_t passed, failed, skipped, unsupported, unprovisioned;
    size_t waived, broken, vacuous, informational; /* informational: failures that do not decide */
    size_t stale;                                  /* waivers that do not hold */
    size_t proven, unproven;
    bool interrupted;
    int exit;
};

/* Does the run ask anything of a control plane, or does it judge agents alone? */
bool engine_needs_control_plane(const struct selector *s, const struct profile *p);
/* Does a selected row draw from the seed? */
bool engine_draws(const struct selector *s);
/* Does the run start the profile's agent? */
bool engine_needs_agent(const struct selector *s, const struct profile *p);
/* How many rows the options select. */
size_t engine_selected(const struct selector *s);

/* Runs and leaves DIR/events.ndjson; the caller writes the reports. False only when the stream
 * could not be written: the totals then say EXIT_BROKEN and `e` why. */
MUST_CHECK bool engine_run(const struct engine_options *o, struct engine_totals *out,
                           struct error *e);

#endif
