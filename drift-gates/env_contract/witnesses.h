/* drift-gates/env_contract/witnesses.h — what sources read, what renders provide, what the
 * catalogue says, side by side. */
#ifndef DRIFT_GATES_ENV_CONTRACT_WITNESSES_H
#define DRIFT_GATES_ENV_CONTRACT_WITNESSES_H

#include "drift-gates/env_contract/catalogue.h"
#include "drift-gates/sources/env_reads.h"
#include "drift-gates/kubelet.h"

/* The container of a render that reads rows: the first of the workload named like the component. */
struct env_reader {
    const char *component;
    const struct render *render;
    struct container container;
    const struct kubelet_environment *env;
};

struct env_witnesses {
    struct gate_run *g;
    const json_t *settings; /* gates.env-contract, or NULL */
    const char *program;    /* the component that rows of reader "plexsphere" belong to */
    struct catalogue catalogue;
    struct env_read *reads; /* of the contract: by name, in a factory, or computed */
    size_t n_reads;
    bool has_sources; /* else nothing can be said of what is read */
    const struct render **renders;
    size_t n_renders;
    struct env_reader *readers; /* by render */
    size_t n_readers;
};

/* The first read of a name, or NULL. */
const struct env_read *witness_read(const struct env_witnesses *w, const char *name);
/* The reader of a row in a render, or NULL: that workload is not there. */
const struct env_reader *witness_reader(const struct env_witnesses *w, const struct render *r,
                                        const struct env_row *row);
bool witness_reads_row(const struct env_witnesses *w, const struct env_reader *reader,
                       const struct env_row *row);
/* The first value that any render gives the program under a name, or NULL. */
const struct kubelet_value *witness_value(const struct env_witnesses *w, const char *name);

/* sources.c: collects, with ENVC-10 and ENVC-19. */
MUST_CHECK bool env_collect_reads(struct env_witnesses *w, struct error *e);
void env_check_reads(struct env_witnesses *w); /* ENVC-01, -03, -18, -21 */
/* manifests.c */
void env_check_provided(struct env_witnesses *w);  /* ENVC-02, -04 to -09, -12, -13, -20 */
void env_check_startable(struct env_witnesses *w); /* ENVC-11 */
/* keys.c: ENVC-14 to -16 */
MUST_CHECK bool env_check_keys(struct env_witnesses *w, struct error *e);

#endif
