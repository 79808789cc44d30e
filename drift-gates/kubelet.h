/* drift-gates/kubelet.h — what a container gets, as the kubelet resolves it.
 *
 * Environment: envFrom in its order (prefix before each key, a later source replaces an earlier
 * one), then env in its order, which replaces both. `$(NAME)` in a literal value is what NAME was
 * given before that entry, `$$` is a dollar sign, an unknown or unclosed reference stays as it
 * stands. What a key reference brings is not expanded. A key of envFrom that is no name of a
 * variable is skipped. Secrets and ConfigMaps are those of the Pod's own namespace. A missing one,
 * or a missing key, keeps the container from starting unless the reference is optional.
 *
 * A Secret that a render does not hold may be made from one that it does: an ExternalSecret or a
 * SealedSecret. Then its keys are known and its values are not. Variables that the cluster adds by
 * itself (X_SERVICE_HOST) are left out: nothing may depend on them. */
#ifndef DRIFT_GATES_KUBELET_H
#define DRIFT_GATES_KUBELET_H

#include "drift-gates/manifest.h"

enum kubelet_known {
    KUBELET_KNOWN,  /* the value stands in the render */
    KUBELET_SYNCED, /* a controller fetches it: `by` says which object asks for it */
    KUBELET_LATER,  /* decided when the Pod runs (its name, its node, its limits) */
};

enum kubelet_source {
    KUBELET_LITERAL,
    KUBELET_CONFIG_MAP,
    KUBELET_SECRET,
    KUBELET_POD, /* fieldRef, resourceFieldRef */
};

struct kubelet_value {
    const char *name; /* of the variable, or path of the file */
    enum kubelet_known known;
    struct bytes value; /* KUBELET_KNOWN; followed by a NUL */
    enum kubelet_source source;
    const char *object, *key;      /* name of the Secret or ConfigMap, and its key; or NULL */
    const struct object *by;       /* ExternalSecret or SealedSecret; or NULL */
    struct place where;            /* where the value is given */
    struct kubelet_value *earlier; /* the one it replaced, or NULL */
};

struct kubelet_fault {
    struct place where;
    const char *what; /* "Secret default/x has no key y" */
};

struct kubelet_environment {
    struct kubelet_value *rows; /* one a name, in the order in which they were first given */
    size_t n, room;
    json_t *index;                /* name: place in rows */
    struct kubelet_fault *faults; /* each keeps the container from starting */
    size_t n_faults, faults_room;
    struct kubelet_fault *skipped; /* keys that are no names */
    size_t n_skipped, skipped_room;
};

/* On the run's arena, anew each time: keep it. */
const struct kubelet_environment *kubelet_environment(struct gate_run *g,
                                                      const struct container *c);
const struct kubelet_value *kubelet_get(const struct kubelet_environment *env, const char *name);
/* Whether a value is there and not blank; what is not known yet is taken as not blank. */
bool kubelet_filled(const struct kubelet_value *v);

/* The file that a container finds at `path`, when a volume of a Secret or ConfigMap (alone or
 * projected, with items and subPath) puts it there. NULL: no such volume does. */
const struct kubelet_value *kubelet_file(struct gate_run *g, const struct container *c,
                                         const char *path);
/* The volume that `path` lies in or below, as the Pod names it; NULL: none is mounted there. */
const json_t *kubelet_volume(const struct container *c, const char *path);
/* Volumes that keep a Pod from starting: a missing Secret or ConfigMap, a missing key of items. */
struct kubelet_fault *kubelet_volume_faults(struct gate_run *g, const struct object *workload,
                                            size_t *n);

/* "$(NAME)" and "$$" in a text, with the rows so far. *known is lowered to that of what it used. */
char *kubelet_expand(struct arena *a, const struct kubelet_environment *env, const char *text,
                     enum kubelet_known *known);

/* The workload of this name that stays (Jobs are given what their one task needs), or NULL. */
const struct object *kubelet_service(const struct render *r, const char *name);
/* Its first container that is no init container; false: it has none. */
bool kubelet_main(struct arena *a, const struct object *o, struct container *out);

/* Whether `name` is `stem`, or `stem` with the hash that kustomize appends to generated names. */
bool kubelet_is_name(const char *name, const char *stem);

#endif
