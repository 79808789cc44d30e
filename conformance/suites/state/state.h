/* suites/state/state.h — reading a Node's state and putting its reports, in its dialect. */
#ifndef SUITES_STATE_H
#define SUITES_STATE_H

#include <jansson.h>

#include "harness/judge.h"
#include "suites/common/both.h"
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
struct exchange *reading_state(struct world *w, const struct own_node *n, const char *node);
struct reply *own_state(struct world *w, const struct own_node *n);
/* The same in the one shape of both dialects (harness/node_dialect.h). */
const json_t *told_state(struct world *w, const struct own_node *n);
/* The entry of that key in an array, or NULL. */
json_t *entry_of_key(const json_t *array, const char *key);

/* A report of the Node whose stored value has that many bytes: its text, or, in the MVP dialect,
 * the text as JSON. */
struct exchange *sending_report(struct world *w, const struct own_node *n, const char *key,
                                const char *text);
struct reply *accept_report(const struct own_node *n, struct exchange *x);
/* What an operator reads as the value of the Node's report; NULL: there is none. */
const char *reported(struct world *w, const struct own_node *n, const char *key);
/* What reported() says once that text was reported. */
const char *as_reported(struct world *w, const struct own_node *n, const char *text);

/* A v1 report; `body` may be of any type and is stolen. */
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
