/* harness/proof.h — what is known about cases and impostors (ruling 28).
 *
 * A passing case is shown to each impostor; one that satisfies it makes the case vacuous. That
 * costs six more runs of every case, so the result is kept in a file named by the digest of
 * contract and program, and asked for again only when they change:
 *
 *     {"digest": "…", "cases": {"REG-014": [], "REG-015": ["echo"]}}       empty: every impostor
 * was noticed
 *
 * A file that cannot be read or belongs to another digest counts as empty. */
#ifndef HARNESS_PROOF_H
#define HARNESS_PROOF_H

#include <jansson.h>

#include "common/arena.h"
#include "common/base.h"
#include "common/error.h"
#include "harness/worker.h"

struct proof {
    struct arena *arena;
    const char *path; /* NULL: nothing is kept */
    const char *digest;
    json_t *cases;   /* what the file says and this run learned */
    json_t *pending; /* id: [one entry per impostor seen] */
    bool changed;
};

/* `directory` NULL keeps nothing; `forget` starts from nothing. */
void proof_open(struct proof *p, struct arena *a, const char *directory, const char *digest,
                bool forget);
/* Names of the impostors that satisfy the case, empty when none does; NULL when that is not known.
 */
const json_t *proof_of(const struct proof *p, const char *id);
/* One impostor's result. The case is known once all impostors have one; an unclear result leaves it
 * unknown. */
enum proof_result { PROOF_NOTICED, PROOF_SATISFIED, PROOF_UNCLEAR };
void proof_learn(struct proof *p, const char *id, enum impostor i, enum proof_result r);
/* Writes the file when something was learned. */
MUST_CHECK bool proof_save(struct proof *p, struct error *e);

#endif
