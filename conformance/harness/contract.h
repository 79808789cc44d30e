/* harness/contract.h — the contract as data, embedded in the program (conformance/contract/ *.json
 * and SPEC.md's clauses). */
#ifndef HARNESS_CONTRACT_H
#define HARNESS_CONTRACT_H

#include <jansson.h>

#include "common/arena.h"
#include "common/base.h"
#include "common/error.h"

struct contract_operation {
    const char *id, *tag, *method, *path;
    bool bearer, cookie, nsk; /* accepted credentials; none set: anonymous */
    const json_t *row;        /* params, request, responses */
};

struct contract {
    struct arena *arena;
    json_t *operations, *schemas, *problem_codes, *env, *dev_stack;
    json_t *operation_facts; /* operation-facts.json: feature, body cap and order family of each
                                operation */
    json_t *dialect;         /* mvp-operations.json: what the agent's other dialect answers */
    json_t *clauses;         /* [{id, level, source, text, where}] from SPEC.md */
    struct contract_operation *ops;
    size_t n_ops;
    const char *digest; /* hex SHA-256 of all of it: the impostor cache's key */
};

/* Loaded once, before workers fork. The error names file and place. */
MUST_CHECK bool contract_load(struct error *e);
const struct contract *contract(void);

const struct contract_operation *contract_operation(const char *id); /* NULL when unknown */
/* The operation a concrete method and path (without query) belong to; NULL: none. Both spellings of
 * an action path. */
const struct contract_operation *contract_match(const char *method, const char *path);
/* The response's schema for a status and media type, NULL when the contract has none. `listed` says
 * whether the status is listed. */
const json_t *contract_response(const struct contract_operation *op, int status, bool *listed);
/* The media type that goes with it, e.g. "application/json"; NULL when the status has no body or is
 * not listed. */
const char *contract_media_type(const struct contract_operation *op, int status);
/* The headers the contract declares for a listed status: an object name → {schema, required}; NULL:
 * none. */
const json_t *contract_response_headers(const struct contract_operation *op, int status);
/* Does the path belong to an operation with another method? */
bool contract_knows_path(const char *path);
/* The name behind {"$ref": "#/components/schemas/NAME"}, or NULL. */
const char *contract_ref_name(const json_t *schema);
const json_t *contract_schema(const char *name);
const json_t *contract_clause(const char *id);

/* Is (operation, status, code) a row of the catalogue, and is the code `named` there? */
enum code_standing { CODE_UNKNOWN, CODE_UNNAMED, CODE_NAMED };
enum code_standing contract_code(const char *operation, int status, const char *code);
/* Does any row, whatever its operation, join this code with this status? */
bool contract_code_exists(int status, const char *code);
/* Does the catalogue leave the code of (operation, status) open? */
bool contract_code_open(const char *operation, int status);

#endif
