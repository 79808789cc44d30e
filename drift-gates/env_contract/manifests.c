#include "common/file.h"
#include "common/json.h"
#include "common/text.h"
#include "drift-gates/env_contract/value.h"
#include "drift-gates/env_contract/witnesses.h"

#define VERSION_FILE "PLEXD_VERSION"

static const char *text_of(const struct kubelet_value *v)
{
    return (const char *)v->value.data;
}

static const char *printed(struct gate_run *g, const struct kubelet_value *v)
{
    return secret_print(g->arena, v->value.data, v->value.len);
}

/* Where the catalogue or, better, a source asks for a name. */
static struct place asked_at(const struct env_witnesses *w, const struct env_row *row)
{
    const struct env_read *r = witness_read(w, row->name);
    return r != NULL ? r->where : row->where;
}

/* Rows of both tables are one family: a render may do without all of it, not without a part. */
static bool family_is_off(const struct env_witnesses *w, const struct env_reader *reader,
                          const struct env_row *row)
{
    if (!row->optional || env_row_is_unset(row))
        return false;
    for (size_t i = 0; i < w->catalogue.n; i++) {
        const struct env_row *other = &w->catalogue.rows[i];
        if (other->optional && !env_row_is_unset(other) &&
            kubelet_filled(kubelet_get(reader->env, other->name)))
            return false;
    }
    return true;
}

/* The wired variable that makes `row` required, or NULL. */
static const struct env_row *demanding(const struct env_witnesses *w,
                                       const struct env_reader *reader, const struct env_row *row)
{
    for (size_t i = 0; i < w->catalogue.n; i++) {
        const struct env_row *other = &w->catalogue.rows[i];
        if (json_array_has_text(other->makes_required, row->name) &&
            kubelet_filled(kubelet_get(reader->env, other->name)))
            return other;
    }
    return NULL;
}

static void check_wired(struct env_witnesses *w, const struct env_reader *reader,
                        const struct env_row *row, const struct kubelet_value *v)
{
    struct gate_run *g = w->g;
    const struct env_row *demands = demanding(w, reader, row);
    const char *how = v == NULL ? "not provided" : "blank";
    bool needed = !row->own && !env_row_is_unset(row) &&
                  (!reader->render->production || text_equal(row->class, "required"));
    struct place where =
        v != NULL ? v->where
                  : container_place(g, &reader->container, NULL, NULL, "env %s", row->name);
    if (kubelet_filled(v))
        return;
    if (demands != NULL)
        finding_between(g, "ENVC-12", where, demands->where,
                        "%s is %s, and with %s set the program refuses to start without it",
                        row->name, how, demands->name);
    else if (needed && !family_is_off(w, reader, row))
        finding_between(g, "ENVC-02", where, asked_at(w, row), "%s is %s%s", row->name, how,
                        witness_read(w, row->name) != NULL ? " and read" : "");
}

static const char *said(struct arena *a, const struct kubelet_value *v)
{
    static const char *const kinds[] = { "a literal", "ConfigMap", "Secret", "the Pod itself" };
    if (v->object == NULL)
        return kinds[v->source];
    return arena_printf(a, "%s %s, key %s", kinds[v->source], v->object, v->key);
}

static bool is_from(const struct env_row *row, const struct kubelet_value *v)
{
    const char *key = row->source_key != NULL ? row->source_key : row->name;
    if (text_equal(row->source, "overlay-patch"))
        return v->source == KUBELET_LITERAL;
    enum kubelet_source source =
        text_equal(row->source, "secret") ? KUBELET_SECRET : KUBELET_CONFIG_MAP;
    return v->source == source && kubelet_is_name(v->object, row->source_name) &&
           text_equal(v->key, key);
}

static void check_source(struct env_witnesses *w, const struct env_row *row,
                         const struct kubelet_value *v)
{
    if (row->source == NULL || is_from(row, v))
        return;
    finding_between(w->g, "ENVC-06", v->where, row->where, "%s comes from %s, not from %s%s%s",
                    row->name, said(w->g->arena, v),
                    text_equal(row->source, "overlay-patch") ? "a patch's literal" : row->source,
                    row->source_name == NULL || text_equal(row->source, "overlay-patch") ? "" : " ",
                    row->source_name == NULL || text_equal(row->source, "overlay-patch")
                        ? ""
                        : row->source_name);
}

/* Without its tag when the tree has a version of its own, which image-pins judges. */
static bool is_dev_value(const struct env_witnesses *w, const struct env_row *row,
                         const char *value)
{
    const char *tag = strrchr(row->dev_value, ':');
    if (text_equal(row->parse, "image-ref") && tag != NULL &&
        tree_find(w->g->tree, VERSION_FILE) != NULL)
        return strncmp(value, row->dev_value, (size_t)(tag - row->dev_value) + 1) == 0;
    return text_equal(value, row->dev_value);
}

static void check_dev_value(struct env_witnesses *w, const struct env_row *row,
                            const struct kubelet_value *v)
{
    if (v->known != KUBELET_KNOWN)
        return;
    if (row->dev_value != NULL && !is_dev_value(w, row, text_of(v)))
        finding_between(w->g, "ENVC-07", v->where, row->where,
                        "%s has another value than the contract's dev value: %s, not %s", row->name,
                        printed(w->g, v),
                        secret_print(w->g->arena, row->dev_value, strlen(row->dev_value)));
    if (row->hex_fixture && !env_value_is_hex_fixture(text_of(v)))
        finding_between(w->g, "ENVC-07", v->where, row->where,
                        "%s is no dec0deNN fixture of 32 bytes: %s", row->name, printed(w->g, v));
}

static void check_type(struct env_witnesses *w, const struct env_row *row,
                       const struct kubelet_value *v)
{
    if (v->known != KUBELET_KNOWN)
        return;
    const char *must = env_value_fault(w->g->arena, row, text_of(v));
    if (must != NULL)
        finding_between(w->g, "ENVC-08", v->where, row->where, "%s must be %s: %s", row->name, must,
                        printed(w->g, v));
}

static void check_twice(struct env_witnesses *w, const struct kubelet_value *v)
{
    const struct kubelet_value *was = v->earlier;
    if (was == NULL || (was->known == KUBELET_KNOWN && v->known == KUBELET_KNOWN &&
                        was->value.len == v->value.len &&
                        memcmp(was->value.data, v->value.data, v->value.len) == 0))
        return;
    finding_between(w->g, "ENVC-09", v->where, was->where,
                    "%s is provided twice with different values; this one stands", v->name);
}

static void check_path(struct env_witnesses *w, const struct env_reader *reader,
                       const struct env_row *row, const struct kubelet_value *v)
{
    if (!text_equal(row->parse, "path") || v->known != KUBELET_KNOWN || text_of(v)[0] != '/')
        return;
    const json_t *volume = kubelet_volume(&reader->container, text_of(v));
    bool of_keys = json_object_get(volume, "secret") != NULL ||
                   json_object_get(volume, "configMap") != NULL ||
                   json_object_get(volume, "projected") != NULL;
    if (volume == NULL)
        finding(w->g, "ENVC-13", v->where, "%s names a path where no volume is mounted", row->name);
    else if (of_keys && kubelet_file(w->g, &reader->container, text_of(v)) == NULL)
        finding(w->g, "ENVC-13", v->where, "%s names a file that volume %s does not hold",
                row->name, json_text(volume, "name"));
}

static void check_mode(struct env_witnesses *w, const struct env_reader *reader,
                       const struct kubelet_value *v)
{
    const char *mode = v == NULL || text_blank(text_of(v)) ? "production" : text_of(v);
    struct place where =
        v != NULL ? v->where : container_place(w->g, &reader->container, NULL, NULL, "%s", "");
    bool production = !text_equal(mode, "dev");
    if (production != reader->render->production)
        finding(w->g, "ENVC-20", where, "the program runs in %s mode in a %s render",
                production ? "production" : "dev",
                reader->render->production ? "production" : "development");
}

static void check_row(struct env_witnesses *w, const struct env_reader *reader,
                      const struct env_row *row)
{
    const struct kubelet_value *v = kubelet_get(reader->env, row->name);
    check_wired(w, reader, row, v);
    if (text_equal(row->parse, "enum dev|production"))
        check_mode(w, reader, v);
    if (v == NULL)
        return;
    check_twice(w, v);
    check_type(w, row, v);
    check_path(w, reader, row, v);
    if (reader->render->production)
        return;
    if (env_row_is_unset(row)) {
        finding_between(w->g, "ENVC-05", v->where, row->where,
                        "%s is provided in development, where the contract leaves it unset",
                        row->name);
        return;
    }
    check_source(w, row, v);
    check_dev_value(w, row, v);
}

/* What the program is given and nobody knows. Of other names than the contract's nothing is said:
 * a program may have them from its base image. */
static void check_strangers(struct env_witnesses *w, const struct env_reader *reader)
{
    if (!text_equal(reader->component, w->program))
        return;
    for (size_t i = 0; i < reader->env->n; i++) {
        const struct kubelet_value *v = &reader->env->rows[i];
        if (text_starts(v->name, w->catalogue.prefix) &&
            catalogue_row(&w->catalogue, v->name) == NULL && witness_read(w, v->name) == NULL)
            finding_between(w->g, "ENVC-04", v->where, (struct place){ .file = w->catalogue.file },
                            "%s is provided, and neither read nor in the catalogue", v->name);
    }
}

void env_check_provided(struct env_witnesses *w)
{
    size_t compared = 0;
    for (size_t i = 0; i < w->n_readers; i++) {
        const struct env_reader *reader = &w->readers[i];
        for (size_t k = 0; k < w->catalogue.n; k++) {
            if (!witness_reads_row(w, reader, &w->catalogue.rows[k]))
                continue;
            check_row(w, reader, &w->catalogue.rows[k]);
            compared++;
        }
        check_strangers(w, reader);
    }
    gate_compared(w->g, compared, "variables of renders");
}

static void check_workload(struct env_witnesses *w, const struct object *o)
{
    size_t n;
    struct container *c = containers_of(w->g->arena, o, &n);
    for (size_t i = 0; i < n; i++) {
        const struct kubelet_environment *env = kubelet_environment(w->g, &c[i]);
        for (size_t k = 0; k < env->n_faults; k++)
            finding(w->g, "ENVC-11", env->faults[k].where, "%s; the container would not start",
                    env->faults[k].what);
    }
    gate_compared(w->g, n, "containers");
    const struct kubelet_fault *faults = kubelet_volume_faults(w->g, o, &n);
    for (size_t i = 0; i < n; i++)
        finding(w->g, "ENVC-11", faults[i].where, "%s; the Pod would not start", faults[i].what);
}

void env_check_startable(struct env_witnesses *w)
{
    for (size_t i = 0; i < w->n_renders; i++) {
        for (size_t k = 0; k < w->renders[i]->n; k++) {
            if (pod_spec_of(&w->renders[i]->objects[k]) != NULL)
                check_workload(w, &w->renders[i]->objects[k]);
        }
    }
}
