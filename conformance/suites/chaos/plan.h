/* suites/chaos/plan.h — what a round does, drawn before it begins (SPEC CHA-001).
 *
 * Pure: nothing that happens in a round changes what is drawn for it or for the next one, so a seed
 * makes the same decisions every time. */
#ifndef SUITES_CHAOS_PLAN_H
#define SUITES_CHAOS_PLAN_H

#include "common/arena.h"
#include "common/base.h"

#define PLAN_REPORTS 8 /* keys of reports that the mixed rounds write */
#define PLAN_SECRETS 3

enum step_kind {
    STEP_PUT,         /* a local program writes a report */
    STEP_DELETE,      /* … deletes one */
    STEP_READ_SECRET, /* … reads a secret */
    STEP_METADATA,    /* the platform says other metadata */
    STEP_DATA,
    STEP_SECRET, /* … gives a secret one version more */
    STEP_TOKEN,  /* an operator issues a bootstrap token */
    STEP_KINDS
};

struct step {
    enum step_kind kind;
    int key;
};

enum victim { KILL_AGENT, KILL_CONTROL_PLANE, KILL_BOTH, KILL_BOTH_REVERSED, VICTIMS };

#define PLAN_BEFORE_MAX 10
#define PLAN_FLYING_MAX 5
#define PLAN_DOWN_MAX 5

struct plan {
    struct step before[PLAN_BEFORE_MAX]; /* one after the other, each answered */
    int n_before;
    struct step flying[PLAN_FLYING_MAX]; /* PUT or DELETE of different keys, all at once */
    int n_flying;
    int landed; /* the kill comes once so many of them are answered: 0 is before any */
    bool told;  /* and a change of the platform is under way, too: */
    struct step telling;
    enum victim victim;
    struct step down[PLAN_DOWN_MAX]; /* while what was killed is down, where that can be done */
    int n_down;
    bool agent_first; /* of both, it is started again before its control plane is */
};

/* The stream of decisions of one case: two cases of a run draw different ones. */
uint64_t plan_seed(uint64_t seed, const char *case_id, int round);
struct plan plan_mixed(uint64_t seed);
/* "put r3, secret s0; in flight put r1, delete r4 (1 answered), metadata; kill both; …" */
const char *plan_text(struct arena *a, const struct plan *p);

#endif
