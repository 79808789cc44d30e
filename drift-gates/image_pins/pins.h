/* drift-gates/image_pins/pins.h — what dev-stack.json pins, and what a tree declares beside it. */
#ifndef DRIFT_GATES_IMAGE_PINS_H
#define DRIFT_GATES_IMAGE_PINS_H

#include "drift-gates/kubelet.h"

struct pins {
    struct gate_run *g;
    const json_t *stack;    /* dependencies of dev-stack.json */
    const json_t *settings; /* gates.image-pins, or NULL */
    const char *file;       /* dev-stack.json, as findings name it */
    const char *version;    /* of PLEXD_VERSION, or NULL: the tree has none */
    const struct render **renders;
    size_t n;
};

/* What an image reference is made of; parts that are not there are NULL. */
struct image {
    const char *repository, *name; /* "ghcr.io/dexidp/dex", "dex" */
    const char *tag, *digest;      /* "v2.41.1", "sha256:…" */
};
struct image image_parse(struct arena *a, const char *reference);

/* The member of gates.image-pins.swapped for a render, or NULL. */
const json_t *pins_swapped(const struct pins *p, const struct render *r);
struct place pins_place(const struct pins *p, const char *dependency);

void pins_check_images(struct pins *p);    /* PIN-01, -02, -11, -13 */
void pins_check_workloads(struct pins *p); /* PIN-03 to -10, -14 */
void pins_check_swapped(struct pins *p);   /* PIN-12 */

#endif
