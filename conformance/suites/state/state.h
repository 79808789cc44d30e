/* suites/state/state.h — reading a Node's state and putting its reports. */
#ifndef SUITES_STATE_H
#define SUITES_STATE_H

#include <jansson.h>

#include "harness/judge.h"
#include "suites/nodes/nodes.h"

#define STATE                                                                                      \
    .needs = { "node-state", "node-reports", "registration", "bootstrap-tokens", "resources" },    \
    .budget_ms = BUDGET_MS
#define REPORTS                                                                                    \
    .needs = { "node-reports", "node-state", "registration", "bootstrap-tokens", "resources" },    \
    .budget_ms = BUDGET_MS

const char *state_path(struct world *w, const char *node);
const char *report_path(struct world *w, const char *node, const char *key);

/* What the Node reads of itself, judged. */
struct reply *own_state(struct world *w, const struct own_node *n);
/* A report of the Node; `value` may be of any type and is stolen. */
struct exchange *putting(struct world *w, const struct own_node *n, const char *key, json_t *body);
json_t *report(const char *value, const char *tag); /* tag NULL: none; new reference */
/* The entry of that key in one of the arrays of `state`, or NULL. */
json_t *entry_in(struct reply *r, const char *array, const char *key);
/* Fails unless the array has exactly these keys in this order; NULL ends them. */
void expect_keys(struct world *w, struct reply *r, const char *array, const char *const *keys);

/* A Domain of the case's own with Nodes in one Project. */
struct own_domain {
    const char *id, *project;
};
struct own_domain own_domain_here(struct world *w);

#endif
