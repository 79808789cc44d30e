/* drift-gates/manifest.h — rendered Kubernetes objects, with the lines they stand on.
 *
 * A render is read once for a run and kept with the settings' arena. `List` objects are opened.
 * Documents that are no objects (no apiVersion or kind) have their own list, because a gate that
 * skipped them in silence would be green by being blind. */
#ifndef DRIFT_GATES_MANIFEST_H
#define DRIFT_GATES_MANIFEST_H

#include <jansson.h>

#include "drift-gates/gate.h"

struct render;

struct object {
    const struct render *render;
    const json_t *value;
    const char *api_version, *kind;
    const char *name, *namespace; /* namespace "default" when a namespaced kind names none; "" when
                                     the kind is cluster-wide or unknown to be namespaced */
};

struct render {
    const char *name, *file;
    bool production;
    struct bytes text;
    struct object *objects;
    size_t n;
    size_t n_strange;    /* documents that are no objects */
    struct arena *arena; /* that of yaml_line_of() */
    const char *error;   /* why it could not be read: told again to each gate, not tried again */
    struct render_index *index; /* of render_find() */
};

/* The render of settings->renders[i]. Read when first asked for. The error names file and line. */
MUST_CHECK bool render_open(struct gate_run *g, const struct render_source *from,
                            const struct render **out, struct error *e);

/* The first object with these names, or NULL. `namespace` NULL: any. */
const struct object *render_find(const struct render *r, const char *kind, const char *namespace,
                                 const char *name);

/* A container of a Pod or of a Pod template (Deployment, StatefulSet, DaemonSet, ReplicaSet, Job,
 * CronJob). */
struct container {
    const struct object *owner;
    const json_t *pod;  /* the Pod's spec */
    const json_t *spec; /* the container */
    const char *name, *image;
    bool init; /* of initContainers */
};

/* Containers of an object, init ones first, in their order; *n 0 when it has no Pod template. */
struct container *containers_of(struct arena *a, const struct object *o, size_t *n);
const json_t *pod_spec_of(const struct object *o);          /* NULL: none */
const json_t *pod_template_meta_of(const struct object *o); /* metadata of the Pod; NULL: none */

/* Places: "Deployment/default/plexsphere", and with `format` what is meant inside it. `at` and
 * `key` say on which line: those of yaml_line_of(); at NULL is the object itself. */
struct place object_place(struct gate_run *g, const struct object *o, const json_t *at,
                          const char *key, const char *format, ...) PRINTF_LIKE(5, 6);
struct place container_place(struct gate_run *g, const struct container *c, const json_t *at,
                             const char *key, const char *format, ...) PRINTF_LIKE(5, 6);

/* The value of a Secret's or ConfigMap's key as a container sees it: data decoded (Secret: base64;
 * ConfigMap binaryData: base64), stringData over data. False when there is none, or it is no
 * base64; `line_key` (may be NULL) gets the mapping it stands in, for yaml_line_of(). */
bool object_data(struct arena *a, const struct object *o, const char *key, struct bytes *value,
                 const json_t **line_key);

#endif
