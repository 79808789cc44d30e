/* drift-gates/secret_boundary/secret_boundary.h — the gate between configuration and secrets, and
 * its matrix.
 *
 * The rules are in secret_boundary/, their words and patterns in secret_boundary.rules.json, what a
 * tree declares in the file that its settings name:
 *
 *     gates:
 *       secret-boundary:
 *         differences: kind/differences.yaml   # declared differences, each with its reason
 *         matrix: docs/secrets.md              # generated; the gate fails when it is stale
 *         rotation: kind/rotation.yaml         # a note for each entry of the store
 *         runbook: kind/README.md
 *
 * docs/gates/secret-boundary.md has all members. */
#ifndef DRIFT_GATES_SECRET_BOUNDARY_H
#define DRIFT_GATES_SECRET_BOUNDARY_H

#include "drift-gates/gate.h"

extern const struct gate gate_secret_boundary;

/* The document that `gates.secret-boundary.matrix` names as it should be: *file is its path in the
 * tree, *text the whole of it. False: the setting is not there, or the tree cannot be read. */
MUST_CHECK bool secret_matrix(struct arena *a, const struct tree *t, const struct settings *s,
                              const char **file, const char **text, struct error *e);

#endif
