/* harness/world.h — what a worker owns on the target: a Domain, a Project, operators of each role.
 *
 * One world per worker process, built once with set-up requests (never judged), thrown away and
 * rebuilt after a crash or an overdue case. Cases never share mutable objects: what a case changes
 * it makes itself. Names begin with the run's prefix. */
#ifndef HARNESS_WORLD_H
#define HARNESS_WORLD_H

#include <jansson.h>

#include "common/arena.h"
#include "common/base.h"
#include "common/error.h"
#include "common/uuid.h"

struct profile;
struct case_row;

struct credential {
    const char *role;         /* "domain admin" */
    const char *token;        /* bearer; never logged */
    const char *identity_ref; /* "user:<uuid>" */
};

struct world {
    struct arena *arena;       /* of the running case; reset after it */
    struct arena *world_arena; /* of the world */
    const struct profile *profile;
    const struct case_row *row; /* the running case */
    const char *run; /* "pc-7f3k2m": the run's prefix, 2..20 lower-case letters, digits, dashes */
    int worker;      /* 0..n-1 */
    const char *base_url; /* of the target, without a trailing slash */
    bool claims_rulings;

    /* operators (ruling 33) */
    const struct credential *platform_manager, *platform_reader, *platform_auditor;
    const struct credential *domain_admin, *domain_auditor, *domain_member;
    const struct credential *project_admin, *project_maintainer, *project_operator;
    const struct credential *nobody;        /* an identity with no tuple at all */
    const struct credential *foreign_admin; /* admin of another Domain of this world */

    /* Of a CASE_SEEDED case: the same seed makes the same decisions. */
    uint64_t seed;
    int rounds;         /* how many are asked for; 0: as few as a whole run can spend */
    const char *during; /* what it is doing, for the message of a failure; NULL: nothing to say */

    const char *domain_id, *project_id; /* canonical UUID text */
    const char *foreign_domain_id, *foreign_project_id;

    void *engine;          /* the worker's own state */
    struct world_own *own; /* world.c's own state (world_own.h) */
};

/* What the workers of a run share: the counters behind world_cidr() and world_name(), and the rate
 * limit. The engine calls it once, before it forks; without it each process counts alone. */
void world_shared_create(void);

/* A fresh credential for a role, limited to a Domain or Project (NULL: the role needs none); from
 * the profile's credentials command. Ends the case as harness-broken when the command fails. */
const struct credential *world_credential(struct world *w, const char *role, const char *domain_id,
                                          const char *project_id);

/* A CIDR block of that prefix length from the profile's ranges that no one else in this run has
 * had. */
char *world_cidr(struct world *w, int prefix_len);
/* "<run>-<what>-<n>": a name or slug no one else in this run has had; kebab-case, at most 60
 * characters. */
char *world_name(struct world *w, const char *what);

/* Fresh objects, made through the API with set-up requests; the reply's JSON is returned (arena of
 * the case). What the target answers must be a success with the ids that follow-up requests need:
 * else the case fails, named "set-up: …". */
json_t *world_new_domain(struct world *w);
json_t *world_new_project(struct world *w, const char *domain_id);
json_t *world_new_resource(struct world *w, const char *project_id, const char *kind);
json_t *world_new_bootstrap_token(struct world *w, const char *project_id, const char *kind);
/* Registers a node on a fresh Resource with a fresh token; the JSON is the answer and resource_id,
 * project_id. */
json_t *world_new_node(struct world *w, const char *project_id);

/* Hooks of the profile (rulings 26, 27). Missing: the case ends as unsupported, naming the hook. */
void world_advance(struct world *w, int64_t seconds);
json_t *world_given(struct world *w, const char *name, json_t *input); /* steals input */
/* The target's clock as far as we know: ours plus every second any worker has advanced it (shared
 * memory). */
int64_t world_now(const struct world *w); /* microseconds */

/* Something outside the arena that must go when the case ends, however it ends. */
void world_defer(struct world *w, void (*release)(void *thing), void *thing);

#endif
