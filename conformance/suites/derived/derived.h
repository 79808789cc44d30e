/* suites/derived/derived.h — cases that the contract's data writes.
 *
 * For each of the published operations: derived/<operationId>/<arm>. An operation whose feature the
 * profile claims gets the arms its listed responses allow; one that is not claimed gets the
 * `unprovisioned` arm alone (ruling 3). An arm is one row of arms.c; what it needs of an operation
 * (a path, a body, who may) comes from fill.c and samples.c. */
#ifndef SUITES_DERIVED_H
#define SUITES_DERIVED_H

#include <jansson.h>

#include "harness/case.h"
#include "harness/contract.h"
#include "harness/judge.h"
#include "harness/world.h"

/* What a derived case knows: its operation, and for some arms the path parameter it spoils. */
struct derived {
    const struct contract_operation *op;
    const char *param;
    const char *code; /* the code expected, NULL: the contract names none */
};
const struct derived *derived_of(const struct world *w);

/* facts.c: operation-facts.json */
const char *fact_feature(const struct contract_operation *op);
bool fact_judged(const struct contract_operation *op); /* are there functional cases for it? */
const char *fact_order(const struct contract_operation *op); /* "gate-first" … */
/* Does it take a Node's key beside an operator's credential? (AUTH-017) */
bool fact_node_too(const struct contract_operation *op);
/* How it denies whoever holds nothing on its object: NULL as PermissionDenied out_of_scope, else
 * with that reason, or "problem": as a plain Problem insufficient_relation. */
const char *fact_denial(const struct contract_operation *op);
size_t fact_body_cap(const struct contract_operation *op); /* 0: no source states one */

/* facts.c: operations.json */
bool operation_lists(const struct contract_operation *op, int status);
bool operation_has_query(const struct contract_operation *op, const char *name);
bool operation_takes_json(const struct contract_operation *op);
int operation_success(
    const struct contract_operation *op); /* the listed 2xx an ordinary request gives */
/* The next path parameter at or after *at ("{id}" gives "id"); NULL when there is none left. */
const char *operation_param(struct arena *a, const struct contract_operation *op, size_t *at);
bool operation_is_action(
    const struct contract_operation *op); /* an operator's POST …/{param}/verb without siblings */

/* fill.c: a concrete request of an operation that would be accepted. */
struct filled {
    const char *path;
    const struct credential *as; /* who may */
    const char *bearer;          /* instead of `as`: an NSK */
    json_t *body;                /* NULL: none */
};
/* Fresh objects are made when `consumes` is set: the request will change or remove what it names.
 */
struct filled fill(struct world *w, const struct contract_operation *op, bool consumes);
/* As fill(), with one path parameter's text replaced. */
struct filled fill_with(struct world *w, const struct contract_operation *op, const char *param,
                        const char *value);
/* A Node of the world's own Project that nobody removes or revokes: world_new_node()'s answer. */
const json_t *standing_node(struct world *w);
/* The operation's path with an unknown id in every place. */
const char *path_to_nothing(struct world *w, const struct contract_operation *op);
/* Sends it; further members of `ask` other than as, bearer and json are the caller's. */
struct exchange *filled_exchange(struct world *w, const struct contract_operation *op,
                                 const struct filled *f, struct ask ask);

/* samples.c: a body the operation accepts in this world, as a new reference; NULL when it takes
 * none. */
json_t *sample_body(struct world *w, const struct contract_operation *op);

/* JSON text of `body` followed by spaces up to exactly `len` bytes. */
struct bytes padded(struct world *w, const json_t *body, size_t len);

#endif
