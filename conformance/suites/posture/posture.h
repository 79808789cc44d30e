/* suites/posture/posture.h — booting the target with one thing changed in its environment.
 *
 * The matrix of rulings 13 and 14, one case per cell, made from env-contract.json (generate.c);
 * what the matrix cannot say stands in cases.c. A booted target ends with its case. */
#ifndef SUITES_POSTURE_H
#define SUITES_POSTURE_H

#include <jansson.h>

#include "harness/boot.h"
#include "harness/case.h"
#include "harness/contract.h"
#include "harness/judge.h"
#include "harness/world.h"

struct change {
    const char *name;  /* NULL ends the list */
    const char *value; /* NULL: unset */
};

/* The full environment of the profile with the changes made to it. */
json_t *posture_env(struct world *w, const struct change *changes);

/* Boots and demands readiness. */
struct booted *posture_ready(struct world *w, const struct change *changes);
/* Boots and demands that it refuses, with one line that names `variable` and does not hold `value`
 * (NULL: not asked). */
void posture_refused(struct world *w, const struct change *changes, const char *variable,
                     const char *value);

/* Asks an operation of a booted target (NULL: the world's own) without a credential; paths get
 * unknown ids. */
struct exchange *posture_ask(struct world *w, const struct booted *b,
                             const struct contract_operation *op);

#endif
