/* Settings, environments, renders, Kustomize sources and values files, before the rules look. */
#include "common/arena.h"
#include "common/file.h"
#include "common/json.h"
#include "common/text.h"
#include "common/yaml.h"
#include "drift-gates/manifest.h"
#include "drift-gates/secret_boundary/boundary.h"
#include "drift-gates/secret_boundary/rules_data.h"

#define YAML_CAP                                                                                   \
    ((size_t)8 << 20) /* sources that people write; renders have the tree's own cap                \
                       */

static const char *const known_settings[] = {
    "catalogue", "differences", "matrix",  "rotation",    "environments", "values",
    "fixtures",  "preflight",   "runbook", "tracker",     "public_keys",  "retired",
    "domains",   "readers",     "strict",  "store_files",
};

static bool check_settings(const struct boundary *b, struct error *e)
{
    const char *name;
    json_t *value;
    json_object_foreach ((json_t *)b->settings, name, value) {
        bool known = false;
        for (size_t i = 0; i < ARRAY_LEN(known_settings); i++)
            known = known || text_equal(name, known_settings[i]);
        if (!known)
            return error_set(e, "%s:%d: gates.secret-boundary: there is no '%s'", SETTINGS_FILE,
                             yaml_line_of(b->g->settings->arena, b->settings, name), name);
    }
    return true;
}

/* The tree's own catalogue over the environment contract's. */
static bool load_catalogue(struct boundary *b, struct error *e)
{
    const json_t *contract, *own = json_object_get(b->settings, "catalogue");
    json_t *all = json_own(b->a, json_object()), *row;
    const char *name;
    size_t i;
    if (!settings_contract(b->g->settings, CONTRACT_ENV, &contract, e))
        return false;
    b->contract = json_object_get(contract, "env");
    json_array_foreach ((json_t *)b->contract, i, row) {
        name = json_text(row, "name");
        if (name != NULL)
            json_object_set_new(all, name,
                                json_string(json_flag(row, "secret_material", false) ? "credential"
                                                                                     : "knob"));
    }
    json_object_foreach ((json_t *)own, name, row) {
        const char *class = json_is_object(row) ? json_text(row, "class") : json_string_value(row);
        if (!text_equal(class, "knob") && !text_equal(class, "credential") &&
            !text_equal(class, "anchor"))
            return error_set(e, "%s:%d: catalogue.%s: class is knob, credential or anchor",
                             SETTINGS_FILE, yaml_line_of(b->g->settings->arena, own, name), name);
        json_object_set_new(all, name, json_string(class));
    }
    b->catalogue = all;
    return true;
}

static void add_environment(struct boundary *b, const char *name, const char *folder,
                            bool production)
{
    for (size_t i = 0; i < b->n_environments; i++) {
        if (text_equal(b->environments[i].name, name) &&
            text_equal(b->environments[i].folder, folder))
            return;
    }
    b->environments = arena_grow(b->a, b->environments, b->n_environments, &b->environments_room,
                                 sizeof(*b->environments));
    b->environments[b->n_environments++] = (struct environment){ name, folder, production };
}

/* …/environments/NAME/…: the folder, and the name behind it. */
static void environment_by_folder(struct boundary *b, const char *path)
{
    static const char *const parents[] = { "environments/", "envs/" };
    for (size_t i = 0; i < ARRAY_LEN(parents); i++) {
        const char *at = strstr(path, parents[i]);
        if (at == NULL || (at != path && at[-1] != '/'))
            continue;
        const char *from = at + strlen(parents[i]);
        size_t len = strcspn(from, "/");
        if (from[len] == '/' && len > 0) {
            const char *name = arena_strndup(b->a, from, len);
            add_environment(b, name, arena_strndup(b->a, path, (size_t)(from - path) + len),
                            text_starts(name, "prod"));
        }
    }
}

/* values-NAME.yaml beside a chart. */
static void environment_by_name(struct boundary *b, const char *path)
{
    const char *file = file_name_of(path);
    if (!text_starts(file, "values-") && !text_starts(file, "values."))
        return;
    const char *from = file + strlen("values-");
    const char *dot = strrchr(from, '.');
    if (dot == NULL || dot == from)
        return;
    const char *name = arena_strndup(b->a, from, (size_t)(dot - from));
    add_environment(b, name, NULL, text_starts(name, "prod"));
}

static bool is_yaml(const char *path)
{
    return text_ends(path, ".yaml") || text_ends(path, ".yml");
}

static void load_environments(struct boundary *b)
{
    const struct settings *s = b->g->settings;
    const json_t *named = json_object_get(b->settings, "environments");
    const char *name;
    json_t *folder;
    for (size_t i = 0; i < s->n_renders; i++)
        add_environment(b, s->renders[i].name, s->renders[i].overlay, s->renders[i].production);
    json_object_foreach ((json_t *)named, name, folder)
        add_environment(b, name, json_string_value(folder), text_starts(name, "prod"));
    for (size_t i = 0; i < b->g->tree->n; i++) {
        const char *path = b->g->tree->files[i].path;
        if (!is_yaml(path))
            continue;
        if (named == NULL)
            environment_by_folder(b, path);
        environment_by_name(b, path);
    }
}

const struct environment *environment_of(const struct boundary *b, const char *path)
{
    const char *file = file_name_of(path);
    for (size_t i = 0; i < b->n_environments; i++) {
        const struct environment *x = &b->environments[i];
        size_t len = x->folder == NULL ? 0 : strlen(x->folder);
        if (len > 0 && text_starts(path, x->folder) && path[len] == '/')
            return x;
        if (len == 0 && text_starts(file, "values") &&
            text_glob(arena_printf(b->a, "values?%s.y*ml", x->name), file))
            return x;
    }
    return NULL;
}

bool read_yaml(struct boundary *b, const char *file, const json_t **documents)
{
    struct bytes text;
    struct error e = { .text = "" };
    json_t *out = NULL;
    const struct tree_file *known = tree_find(b->g->tree, file);
    if (known != NULL && known->size > YAML_CAP) {
        report_unreadable(b, file, 0, "it is larger than 8 MiB");
        return false;
    }
    if (!tree_read(b->g->tree, file, &text, &e) ||
        !yaml_parse_stream(b->a, text.data, text.len, &out, &e)) {
        report_unreadable(b, file, 0, e.text);
        return false;
    }
    *documents = out;
    return true;
}

void add_manifest(struct boundary *b, struct manifest m)
{
    b->manifests =
        arena_grow(b->a, b->manifests, b->n_manifests, &b->manifests_room, sizeof(*b->manifests));
    b->manifests[b->n_manifests++] = m;
}

void add_values(struct boundary *b, struct values_file v)
{
    b->values = arena_grow(b->a, b->values, b->n_values, &b->values_room, sizeof(*b->values));
    b->values[b->n_values++] = v;
}

static bool load_renders(struct boundary *b, struct error *e)
{
    const struct settings *s = b->g->settings;
    for (size_t i = 0; i < s->n_renders; i++) {
        const struct render *r;
        if (!render_open(b->g, &s->renders[i], &r, e))
            return false;
        for (size_t k = 0; k < r->n; k++) {
            const struct object *o = &r->objects[k];
            add_manifest(b, (struct manifest){ .origin = FROM_RENDER,
                                               .file = r->file,
                                               .environment = r->name,
                                               .production = r->production,
                                               .value = o->value,
                                               .kind = o->kind,
                                               .name = o->name,
                                               .namespace = o->namespace,
                                               .lines = r->arena,
                                               .active = true });
        }
        gate_compared(b->g, r->n, "rendered objects");
    }
    return true;
}

static bool has_kustomization(const struct boundary *b, const char *path)
{
    const char *slash = strrchr(path, '/');
    const char *folder = slash == NULL ? "" : arena_strndup(b->a, path, (size_t)(slash - path) + 1);
    return tree_find(b->g->tree, arena_printf(b->a, "%skustomization.yaml", folder)) != NULL ||
           tree_find(b->g->tree, arena_printf(b->a, "%skustomization.yml", folder)) != NULL;
}

static bool is_render_file(const struct boundary *b, const char *path)
{
    for (size_t i = 0; i < b->g->settings->n_renders; i++) {
        if (text_equal(b->g->settings->renders[i].file, path))
            return true;
    }
    return false;
}

static void load_kustomize_file(struct boundary *b, const char *path)
{
    const json_t *documents;
    const struct environment *x = environment_of(b, path);
    json_t *value;
    size_t i;
    if (!read_yaml(b, path, &documents))
        return;
    json_array_foreach ((json_t *)documents, i, value) {
        const json_t *meta = json_member(value, "metadata");
        const char *kind = json_text(value, "kind"), *name = json_text(meta, "name");
        const char *namespace = json_text(meta, "namespace");
        /* A JSON6902 patch is a list: it has no kind, and values of its own. */
        add_manifest(b, (struct manifest){ .origin = FROM_KUSTOMIZE,
                                           .file = path,
                                           .environment = x == NULL ? "" : x->name,
                                           .production = x != NULL && x->production,
                                           .value = value,
                                           .kind = kind == NULL ? "" : kind,
                                           .name = name == NULL ? "" : name,
                                           .namespace = namespace == NULL ? "" : namespace,
                                           .lines = b->a,
                                           .active = true });
    }
    gate_compared(b->g, 1, "Kustomize files");
}

static void load_kustomize(struct boundary *b)
{
    for (size_t i = 0; i < b->g->tree->n; i++) {
        const char *path = b->g->tree->files[i].path;
        if (is_yaml(path) && !is_render_file(b, path) && has_kustomization(b, path))
            load_kustomize_file(b, path);
    }
}

/* A FIFO, or a link to a folder, where a manifest would be. */
static void report_odd(struct boundary *b)
{
    for (size_t i = 0; i < b->g->tree->n_odd; i++) {
        const char *path = b->g->tree->odd[i].path;
        if (is_yaml(path) || text_ends(path, ".tpl"))
            report_unreadable(b, path, 0, "it is no regular file");
    }
}

bool boundary_load(struct boundary *b, struct error *e)
{
    b->settings = settings_of_gate(b->g->settings, b->g->gate->name);
    if (!boundary_data(b->a, &b->data, e) || !check_settings(b, e) || !load_catalogue(b, e) ||
        !load_differences(b, e))
        return false;
    load_environments(b);
    if (!load_renders(b, e))
        return false;
    load_kustomize(b);
    report_odd(b);
    load_charts(b);
    return true;
}
