/* drift-gates/prod_leak/prod_leak.h — the gate prod-leak: nothing of development in what production
 * runs. */
#ifndef DRIFT_GATES_PROD_LEAK_H
#define DRIFT_GATES_PROD_LEAK_H

#include "drift-gates/gate.h"
#include "drift-gates/manifest.h"
#include "drift-gates/prod_leak/needles.h"

extern const struct gate gate_prod_leak;

/* ---- leak_sources.c ---- */

/* Needles of the development renders, the markers, and the names meant for secrets. */
MUST_CHECK bool leak_sources_read(struct gate_run *g, struct needles **needles,
                                  json_t **secret_names, struct error *e);

/* ---- leak_search.c ---- */

struct leak_subject {
    const struct render *render;
    const json_t *secret_names;
    struct needles *needles;
    /* Called for each text that holds something, or could not be looked through. */
    void (*found)(void *arg, struct place where, const struct needle_hits *hits);
    void *arg;
    size_t n_texts; /* counted */
};

/* All a render holds. */
void leak_search_render(struct gate_run *g, struct leak_subject *s);
/* A text as it stands, of a file; the place names the line. */
void leak_search_text(struct gate_run *g, struct leak_subject *s, const char *file,
                      struct bytes text);

/* ---- canary.c ---- */

/* Plants a canary at every kind of place and in every encoding in a copy of the render, and demands
 * that each is found. *n is their number. False: one was not, so the gate is blind. */
MUST_CHECK bool canaries_are_found(struct gate_run *g, const struct render *render,
                                   const json_t *secret_names, size_t *n, struct error *e);

#endif
