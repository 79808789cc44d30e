/* generate/tables.h — what the contract's data becomes at build time.
 *
 * One writer a file. Each returns false with one line in `e`. Everything lives on the arena. */
#ifndef GENERATE_TABLES_H
#define GENERATE_TABLES_H

#include <jansson.h>

#include "common/base.h"
#include "common/error.h"

struct arena;

struct contract {
    json_t *operations; /* array of operation objects */
    json_t *dialect;    /* of the MVP dialect: the same, those with `own` have their own routes */
    json_t *problems;   /* array of {code, status, operations, kind?} */
    json_t *schemas;    /* object of schemas by name */
    json_t *dev_stack;  /* object */
};

/* A Problem that is answered: the rows of the catalogue folded by (code, status). */
struct problem_entry {
    const char *code;
    int status;
    const char *name; /* PROBLEM_DOMAIN_NOT_FOUND */
};
struct problem_set {
    struct problem_entry *entries;
    size_t n;
};

MUST_CHECK bool contract_read(struct arena *a, const char *directory, struct contract *out,
                              struct error *e);

/* Fails when the catalogue lacks surface_not_provisioned with 501: every unbuilt operation leans on
 * it. */
MUST_CHECK bool problem_set_of(struct arena *a, const struct contract *c, struct problem_set *out,
                               struct error *e);
/* NULL when the set has no such pair. */
const struct problem_entry *problem_set_find(const struct problem_set *s, const char *code,
                                             int status);

MUST_CHECK bool problems_write(struct arena *a, const struct problem_set *s, const char *path,
                               struct error *e);
MUST_CHECK bool operations_write(struct arena *a, const struct contract *c,
                                 const struct problem_set *s, const char *path, struct error *e);
MUST_CHECK bool openapi_write(struct arena *a, const struct contract *c, const char *path,
                              struct error *e);
MUST_CHECK bool insecure_default_write(struct arena *a, const struct contract *c, const char *path,
                                       struct error *e);

#endif
