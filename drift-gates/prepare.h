/* drift-gates/prepare.h — the tree, its settings and the renders a run of gates is about. */
#ifndef DRIFT_GATES_PREPARE_H
#define DRIFT_GATES_PREPARE_H

#include "drift-gates/verdict.h"

struct prepared {
    struct tree *tree;
    struct settings *settings;
};

/* On false *code is 2, or 3 when the tree could not be walked to its end. */
MUST_CHECK bool gates_prepare(struct arena *a, const struct gate *const *table,
                              const struct gate_options *o, struct prepared *out, int *code,
                              struct error *e);

#endif
