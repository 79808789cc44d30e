/* drift-gates/golden_flow/golden_flow.h — parts of golden-flow that stand alone. */
#ifndef DRIFT_GATES_GOLDEN_FLOW_H
#define DRIFT_GATES_GOLDEN_FLOW_H

#include "drift-gates/golden_flow/chainsaw.h"
#include "drift-gates/gate.h"

/* The text holds a bracket of requirement and plan ids, at least one of each and nothing else:
 * "(REQ-009, PX-0021)". */
bool golden_flow_traced(const char *description);

struct golden_flow_object;

/* Which objects a test has submitted so far, operation by operation. */
struct golden_flow_objects {
    struct gate_run *g;
    const char *file; /* of the test: `file` members are beside it */
    /* A `file` that cannot be followed: missing (not there, no YAML), or known to a run alone. */
    void (*told)(void *self, bool missing, const char *file, int line, const char *what);
    void *self;
    struct golden_flow_object *first;
};

/* Takes one operation in. When it is an `error` about an object that nothing before has submitted,
 * that object in words; else NULL. */
const char *golden_flow_object(struct golden_flow_objects *o, const struct chainsaw_operation *op);

#endif
