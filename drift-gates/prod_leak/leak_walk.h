/* drift-gates/prod_leak/leak_walk.h — every text of a rendered object, and what a render holds
 * beside them.
 *
 * Visited are all strings, numbers and names of members, wherever they stand: data of Secrets and
 * ConfigMaps, arguments, environment, annotations, fields of kinds nobody has heard of. */
#ifndef DRIFT_GATES_LEAK_WALK_H
#define DRIFT_GATES_LEAK_WALK_H

#include "drift-gates/manifest.h"

struct leak_text {
    const struct object *object;
    const json_t *at; /* what it stands in, and under which name: for yaml_line_of(); key may be
                         NULL */
    const char *key;
    const char *path; /* "spec.template.spec.containers[dex].args[0]"; during the visit only */
    bool secret;      /* a Secret's data, or a name that is meant for a secret */
    struct bytes text;
};

/* `secret_names`: a JSON object whose members are the names meant for secrets. */
void leak_walk(struct arena *a, const struct object *o, const json_t *secret_names,
               void (*visit)(void *arg, const struct leak_text *text), void *arg);

/* What is left of YAML without the scalars of Kubernetes objects: comments, and documents that are
 * no objects. What was on a line is on that line. The text must have been read as
 * YAML before. */
struct bytes leak_rest(struct arena *a, struct bytes yaml);

#endif
