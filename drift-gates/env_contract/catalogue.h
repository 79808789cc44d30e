/* drift-gates/env_contract/catalogue.h — env-contract.json as rows: the third witness. */
#ifndef DRIFT_GATES_ENV_CONTRACT_CATALOGUE_H
#define DRIFT_GATES_ENV_CONTRACT_CATALOGUE_H

#include <jansson.h>

#include "drift-gates/gate.h"

struct env_row {
    const char *name;
    const char *reader;    /* "plexsphere", or "image": the program of an image reads it */
    const char *component; /* of "image": the workload */
    const char *class;     /* "required", "optional", "opt-in", "reference-own" */
    const char *parse;     /* "url", "hex-key", … */
    const char *source; /* how dev provides it: secret, configmap, overlay-patch, unset; or NULL */
    const char *source_name, *source_key;
    const char *dev_value;      /* as a manifest has it (encoded); NULL: not stated exactly */
    bool hex_fixture;           /* dev_value is "dec0deNN… repeating" */
    bool secret, own, optional; /* own: reference-own; optional: of the OPTIONAL allowlist */
    const json_t *words;        /* values that may stand instead of one of `parse`, or NULL */
    const json_t *makes_required;
    struct place where;
};

struct catalogue {
    const json_t *root;
    struct env_row *rows;
    size_t n;
    const char *prefix; /* "PLEXSPHERE_": what names of the contract begin with */
    const char *file;
};

MUST_CHECK bool catalogue_open(struct gate_run *g, struct catalogue *out, struct error *e);
const struct env_row *catalogue_row(const struct catalogue *c, const char *name);
bool env_row_is_unset(const struct env_row *row); /* dev must not provide it */

#endif
