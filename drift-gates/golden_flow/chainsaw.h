/* drift-gates/golden_flow/chainsaw.h — chainsaw's Test documents, as far as a gate judges them.
 *
 * Only documents of kind Test in a group chainsaw.kyverno.io/… are read; what else a file holds is
 * left alone. What is no proper test is told to `fault` with its line, and the rest is read on. All
 * texts hold as long as the arena. */
#ifndef DRIFT_GATES_CHAINSAW_H
#define DRIFT_GATES_CHAINSAW_H

#include <jansson.h>

#include "common/arena.h"
#include "common/base.h"
#include "common/error.h"

#define CHAINSAW_GROUP "chainsaw.kyverno.io/"

struct chainsaw_operation {
    const char *verb;        /* "apply", "assert", "script", …: always one that chainsaw knows */
    const char *description; /* NULL: none */
    const json_t *body;      /* what stands below the verb */
    bool judges;             /* it can fail a test by what it finds */
    int line;
};

struct chainsaw_step {
    const char *name, *description;        /* NULL: none */
    struct chainsaw_operation *operations; /* of `try` */
    size_t n;
    bool uses; /* takes its operations from a template (`use`) */
    int line;
};

struct chainsaw_test {
    const char *name; /* never NULL: a test without one is a fault, and "" */
    bool skip;
    struct chainsaw_step *steps;
    size_t n;
    int line;
};

struct chainsaw_reader {
    struct arena *arena;
    void (*fault)(void *self, int line, const char *what);
    void *self;
};

/* The tests of a file; *n may be 0. False when it is no YAML; the error names the line. */
MUST_CHECK bool chainsaw_read(const struct chainsaw_reader *r, struct bytes text,
                              struct chainsaw_test **out, size_t *n, struct error *e);

#endif
