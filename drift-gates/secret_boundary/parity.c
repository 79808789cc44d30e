/* Overlays have one structure: the same keys, objects, containers and ways of delivery; what
 * differs is declared. */
#include "common/arena.h"
#include "common/json.h"
#include "common/text.h"
#include "common/yaml.h"
#include "drift-gates/manifest.h"
#include "drift-gates/secret_boundary/boundary.h"

/* ---- values files ---- */

struct pair {
    struct boundary *b;
    const struct values_file *one, *other;
    size_t said;
};

#define SAID_MAX 20 /* differences of one pair of files that are told one by one */

static bool is_switch(const char *path)
{
    return text_equal(path, "installed") || text_equal(path, "enabled");
}

/* A reference here and a literal there is B-14's, and said once. */
static bool differs_in_mechanism(const struct boundary *b, const json_t *one, const json_t *other)
{
    const char *key;
    json_t *value;
    const json_t *literal = has_reference(b, one) ? other : one;
    if (has_reference(b, one) == has_reference(b, other))
        return false;
    json_object_foreach ((json_t *)literal, key, value) {
        if (json_string_length(value) > 0)
            return true;
    }
    return false;
}

/* Looking up a line costs more than comparing: only what is reported has a place. */
static struct place key_place(const struct pair *p, const json_t *group, const char *key,
                              const char *path)
{
    return (struct place){ .file = p->one->file,
                           .line = yaml_line_of(p->b->a, group, key),
                           .path = path,
                           .environment = p->one->environment };
}

/* Mappings by key, lists by the names of their items; scalars end. */
static void compare_keys(struct pair *p, const json_t *one, const json_t *other, const char *path,
                         int depth)
{
    const char *key;
    json_t *value;
    if (differs_in_mechanism(p->b, one, other))
        return;
    json_object_foreach ((json_t *)one, key, value) {
        const char *at = path[0] == '\0' ? key : arena_printf(p->b->a, "%s.%s", path, key);
        const json_t *theirs = json_object_get(other, key);
        if (theirs != NULL && json_is_object(value) == json_is_object(theirs)) {
            if (json_is_object(value) && depth < 64)
                compare_keys(p, value, theirs, at, depth + 1);
            else if (is_switch(at) && !json_equal(value, theirs) && json_is_true(value))
                boundary_report(p->b, "B-25", key_place(p, one, key, at), at, NULL,
                                "%s runs in %s and not in %s, and nothing declares it",
                                p->one->service, p->one->environment, p->other->environment);
        } else if (p->said++ < SAID_MAX) {
            boundary_report(p->b, "B-24", key_place(p, one, key, at), at, NULL,
                            "%s stands in %s and not in %s (%s)", at, p->one->environment,
                            p->other->environment, p->other->file);
        }
    }
}

static bool has_overlay_in(const struct boundary *b, const char *service, const char *environment)
{
    for (size_t i = 0; i < b->n_values; i++) {
        if (text_equal(b->values[i].service, service) &&
            text_equal(b->values[i].environment, environment))
            return true;
    }
    return false;
}

static bool has_any_values(const struct boundary *b, const char *environment)
{
    for (size_t i = 0; i < b->n_values; i++) {
        if (text_equal(b->values[i].environment, environment))
            return true;
    }
    return false;
}

/* Every service with an overlay somewhere has one everywhere. */
static void check_missing_overlays(struct boundary *b, const struct values_file *v)
{
    for (size_t i = 0; i < b->n_environments; i++) {
        const char *name = b->environments[i].name;
        if (text_equal(name, v->environment) || !has_any_values(b, name) ||
            has_overlay_in(b, v->service, name))
            continue;
        boundary_report(b, "B-24",
                        (struct place){
                            .file = v->file, .path = v->service, .environment = v->environment },
                        v->service, NULL, "%s has an overlay in %s and none in %s", v->service,
                        v->environment, name);
    }
}

static void check_values_pairs(struct boundary *b)
{
    for (size_t i = 0; i < b->n_values; i++) {
        const struct values_file *v = &b->values[i];
        if (v->environment[0] == '\0')
            continue;
        check_missing_overlays(b, v);
        for (size_t k = 0; k < b->n_values; k++) {
            struct pair p = { b, v, &b->values[k], 0 };
            if (k == i || !text_equal(p.other->service, v->service) ||
                p.other->environment[0] == '\0' || text_equal(p.other->environment, v->environment))
                continue;
            compare_keys(&p, v->value, p.other->value, "", 0);
            gate_compared(b->g, 1, "pairs of overlays");
        }
    }
}

/* ---- renders ---- */

static const struct manifest *twin_of(const struct boundary *b, const struct manifest *m,
                                      const char *environment)
{
    for (size_t i = 0; i < b->n_manifests; i++) {
        const struct manifest *x = &b->manifests[i];
        if (x->origin == FROM_RENDER && text_equal(x->environment, environment) &&
            text_equal(x->kind, m->kind) && text_equal(x->name, m->name))
            return x;
    }
    return NULL;
}

static const struct container *container_named(const struct container *list, size_t n,
                                               const char *name)
{
    for (size_t i = 0; i < n; i++) {
        if (text_equal(list[i].name, name))
            return &list[i];
    }
    return NULL;
}

/* How a variable gets its value; NULL: it is not named in env. */
static const char *mechanism(const json_t *container, const char *variable)
{
    size_t i;
    json_t *item;
    json_array_foreach (json_object_get(container, "env"), i, item) {
        const json_t *from = json_member(item, "valueFrom");
        if (!text_equal(json_text(item, "name"), variable))
            continue;
        if (json_object_get(from, "secretKeyRef") != NULL)
            return "a Secret";
        if (json_object_get(from, "configMapKeyRef") != NULL)
            return "a ConfigMap";
        return from != NULL ? "the Pod" : "a literal";
    }
    return NULL;
}

static void compare_variables(struct boundary *b, const struct manifest *m,
                              const struct container *c, const struct container *theirs,
                              const char *environment)
{
    size_t i;
    json_t *item;
    json_array_foreach (json_object_get(c->spec, "env"), i, item) {
        const char *name = json_text(item, "name");
        const char *one = mechanism(c->spec, name);
        const char *other = mechanism(theirs->spec, name);
        struct place at = manifest_place(b, m, item, NULL,
                                         arena_printf(b->a, "container %s env %s", c->name, name));
        if (name == NULL)
            continue;
        if (other == NULL)
            boundary_report(b, "B-24", at, name, NULL, "%s is set in %s and not in %s", name,
                            m->environment, environment);
        else if (!text_equal(one, other) && class_of(b, name, NULL).class == KEY_CREDENTIAL)
            boundary_report(b, "B-14", at, name, NULL, "%s comes from %s in %s and from %s in %s",
                            name, one, m->environment, other, environment);
    }
}

static void compare_workloads(struct boundary *b, const struct manifest *m,
                              const struct manifest *x)
{
    const struct object one = { .value = m->value, .kind = m->kind };
    const struct object two = { .value = x->value, .kind = x->kind };
    size_t n, k;
    struct container *mine = containers_of(b->a, &one, &n), *theirs = containers_of(b->a, &two, &k);
    for (size_t i = 0; i < n; i++) {
        const struct container *other = container_named(theirs, k, mine[i].name);
        if (other == NULL)
            boundary_report(b, "B-24",
                            manifest_place(b, m, mine[i].spec, "name",
                                           arena_printf(b->a, "container %s", mine[i].name)),
                            mine[i].name, NULL, "container %s is in %s and not in %s", mine[i].name,
                            m->environment, x->environment);
        else
            compare_variables(b, m, &mine[i], other, x->environment);
    }
    gate_compared(b->g, n > 0, "workloads of two overlays");
}

static void compare_config(struct boundary *b, const struct manifest *m, const struct manifest *x)
{
    const char *key;
    json_t *value;
    const json_t *mine = json_object_get(m->value, "data");
    const json_t *theirs = json_object_get(x->value, "data");
    json_object_foreach ((json_t *)mine, key, value) {
        if (json_object_get(theirs, key) == NULL)
            boundary_report(b, "B-24",
                            manifest_place(b, m, mine, key, arena_printf(b->a, "data %s", key)),
                            key, json_string_value(value), "key %s is in %s and not in %s", key,
                            m->environment, x->environment);
    }
}

/* A Secret is there under its name, or as the target of a sync object. */
static void compare_secret(struct boundary *b, const struct manifest *m, const char *environment)
{
    bool sync = is_sync(m);
    const char *name = sync ? sync_target(m) : m->name;
    struct manifest as = *m;
    as.kind = "Secret";
    as.name = name;
    struct place at = manifest_place(b, &as, NULL, NULL, NULL);
    const struct manifest *theirs = producer_of(b, environment, NULL, name, true);
    if (is_controller_secret(b, name) || (!sync && !secret_has_data(m)))
        return;
    if (theirs == NULL && twin_of(b, &as, environment) == NULL)
        boundary_report(b, "B-24", at, name, NULL, "Secret %s is in %s and not in %s", name,
                        m->environment, environment);
    else if (!sync && theirs != NULL)
        boundary_report(b, "B-14", at, name, NULL,
                        "Secret %s holds literals in %s and is synced in %s", name, m->environment,
                        environment);
}

static bool is_own_kind(const struct manifest *m)
{
    return text_equal(m->kind, "Secret") || is_sync(m);
}

static void compare_object(struct boundary *b, const struct manifest *m, const char *environment)
{
    if (is_own_kind(m)) {
        compare_secret(b, m, environment);
        return;
    }
    const struct manifest *x = twin_of(b, m, environment);
    if (x == NULL) {
        boundary_report(b, "B-25", manifest_place(b, m, NULL, NULL, NULL), m->name, NULL,
                        "%s %s is in %s and not in %s, and nothing declares it", m->kind, m->name,
                        m->environment, environment);
        return;
    }
    compare_workloads(b, m, x);
    if (text_equal(m->kind, "ConfigMap"))
        compare_config(b, m, x);
}

static void check_renders(struct boundary *b)
{
    const struct settings *s = b->g->settings;
    for (size_t i = 0; i < b->n_manifests; i++) {
        const struct manifest *m = &b->manifests[i];
        if (m->origin != FROM_RENDER)
            continue;
        for (size_t k = 0; k < s->n_renders; k++) {
            if (!text_equal(s->renders[k].name, m->environment))
                compare_object(b, m, s->renders[k].name);
        }
    }
}

void check_parity(struct boundary *b)
{
    check_values_pairs(b);
    if (b->g->settings->n_renders > 1)
        check_renders(b);
}
