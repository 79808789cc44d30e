/* Charts, their values by environment, the releases of a helmfile, and what templates become. */
#include "common/arena.h"
#include "common/file.h"
#include "common/json.h"
#include "common/number.h"
#include "common/text.h"
#include "common/yaml.h"
#include "drift-gates/secret_boundary/boundary.h"

#define TEMPLATE_CAP ((size_t)2 << 20)
#define ACTIONS_MAX 4000 /* names of unknown values are looked up one by one */

static const char *folder_of(struct arena *a, const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash == NULL ? "" : arena_strndup(a, path, (size_t)(slash - path));
}

static const char *stem_of(struct arena *a, const char *path)
{
    const char *name = file_name_of(path), *dot = strrchr(name, '.');
    return dot == NULL ? name : arena_strndup(a, name, (size_t)(dot - name));
}

/* inference_gateway and inference-gateway are one service. */
static const char *service_name(struct arena *a, const char *name)
{
    return text_replace_char(a, name, '_', '-');
}

static bool is_template(const char *path)
{
    return text_ends(path, ".yaml") || text_ends(path, ".yml") || text_ends(path, ".tpl");
}

static void load_template(struct boundary *b, struct chart *c, const struct tree_file *f)
{
    struct bytes text;
    struct error e = { .text = "" };
    struct chart_template *t = &c->templates[c->n];
    *t = (struct chart_template){ .file = f->path, .chart = c };
    if (f->size > TEMPLATE_CAP) {
        report_unreadable(b, f->path, 0, "a template larger than 2 MiB");
        return;
    }
    if (!tree_read(b->g->tree, f->path, &text, &e)) {
        report_unreadable(b, f->path, 0, e.text);
        return;
    }
    if (!text_is_utf8(text.data, text.len)) {
        report_unreadable(b, f->path, 0, "a template that is no UTF-8");
        return;
    }
    helm_scan(b->a, text, &t->text);
    if (t->text.problem != NULL)
        report_unreadable(b, f->path, t->text.problem_line, t->text.problem);
    else if (t->text.n > ACTIONS_MAX)
        report_unreadable(b, f->path, 0, "a template of more than 4000 actions");
    else
        c->n++;
}

static void load_chart(struct boundary *b, const char *path)
{
    size_t n;
    struct chart *c = &b->charts[b->n_charts++];
    c->folder = folder_of(b->a, path);
    c->name = service_name(b->a, file_name_of(c->folder));
    const struct tree_file *files =
        tree_below(b->g->tree, path_join(b->a, c->folder, "templates"), &n);
    c->templates = arena_alloc_array(b->a, n + 1, sizeof(*c->templates));
    for (size_t i = 0; i < n; i++) {
        if (is_template(files[i].path))
            load_template(b, c, &files[i]);
    }
    gate_compared(b->g, c->n, "chart templates");
}

static void load_all_charts(struct boundary *b)
{
    size_t n = 0;
    const struct tree *t = b->g->tree;
    for (size_t i = 0; i < t->n; i++)
        n += text_equal(file_name_of(t->files[i].path), "Chart.yaml");
    b->charts = arena_alloc_array(b->a, n + 1, sizeof(*b->charts));
    for (size_t i = 0; i < t->n; i++) {
        if (text_equal(file_name_of(t->files[i].path), "Chart.yaml"))
            load_chart(b, t->files[i].path);
    }
}

static const struct chart *chart_at(const struct boundary *b, const char *folder)
{
    for (size_t i = 0; i < b->n_charts; i++) {
        if (text_equal(b->charts[i].folder, folder))
            return &b->charts[i];
    }
    return NULL;
}

static bool in_values_folder(const struct boundary *b, const char *path)
{
    const json_t *folders = json_object_get(b->settings, "values");
    json_t *folder;
    size_t i;
    json_array_foreach ((json_t *)folders, i, folder) {
        const char *text = json_string_value(folder);
        if (text != NULL && text_starts(path, text) && path[strlen(text)] == '/')
            return true;
    }
    return folders == NULL && (text_contains(path, "/values/") || text_starts(path, "values/"));
}

static bool below_templates(const struct boundary *b, const char *path)
{
    for (size_t i = 0; i < b->n_charts; i++) {
        const char *folder = path_join(b->a, b->charts[i].folder, "templates/");
        if (text_starts(path, folder))
            return true;
    }
    return false;
}

/* A values file's service: the chart it lies beside, or its own name. NULL: it is none. */
static const char *values_service(const struct boundary *b, const char *path)
{
    const char *file = file_name_of(path);
    const struct chart *c = chart_at(b, folder_of(b->a, path));
    if ((!text_ends(path, ".yaml") && !text_ends(path, ".yml")) || below_templates(b, path))
        return NULL;
    if (c != NULL && text_starts(file, "values"))
        return c->name;
    const struct environment *x = environment_of(b, path);
    if (b->n_charts > 0 || json_object_get(b->settings, "environments") != NULL ||
        json_object_get(b->settings, "values") != NULL) {
        if ((x != NULL && x->folder != NULL && !text_contains(x->folder, "overlays/")) ||
            in_values_folder(b, path))
            return service_name(b->a, stem_of(b->a, path));
    }
    return NULL;
}

static bool is_kustomize_file(const struct boundary *b, const char *path)
{
    for (size_t i = 0; i < b->n_manifests; i++) {
        if (b->manifests[i].origin != FROM_CHART && text_equal(b->manifests[i].file, path))
            return true;
    }
    return false;
}

static void load_values(struct boundary *b)
{
    for (size_t i = 0; i < b->g->tree->n; i++) {
        const char *path = b->g->tree->files[i].path;
        const char *service = values_service(b, path);
        const json_t *documents;
        if (service == NULL || is_kustomize_file(b, path) || !read_yaml(b, path, &documents))
            continue;
        const struct environment *x = environment_of(b, path);
        const json_t *value = json_array_get(documents, 0);
        if (json_text(value, "apiVersion") != NULL && json_text(value, "kind") != NULL)
            continue;
        add_values(b, (struct values_file){ path, service, x == NULL ? "" : x->name, value });
        gate_compared(b->g, 1, "values files");
    }
}

static int64_t layer_of(const json_t *row)
{
    int64_t layer;
    const char *text = json_text(json_member(row, "labels"), "layer");
    if (text != NULL && number_parse(text, 0, 100000, &layer))
        return layer;
    return json_int(json_member(row, "labels"), "layer", INT64_MAX);
}

static void add_release(struct boundary *b, struct release r)
{
    b->releases = arena_grow(b->a, b->releases, b->n_releases, &b->releases_room, sizeof(r));
    b->releases[b->n_releases++] = r;
}

static void load_helmfile(struct boundary *b, const char *path)
{
    struct bytes text;
    struct error e = { .text = "" };
    struct helm_text t;
    struct helm_token *tokens = NULL;
    json_t *documents = NULL, *row;
    size_t i, k;
    if (!tree_read(b->g->tree, path, &text, &e)) {
        report_unreadable(b, path, 0, e.text);
        return;
    }
    helm_scan(b->a, text, &t);
    const char *plain = helm_render(b->a, &t, json_own(b->a, json_object()), &tokens);
    if (t.problem != NULL || t.n > ACTIONS_MAX ||
        !yaml_parse_stream(b->a, plain, strlen(plain), &documents, &e)) {
        report_unreadable(b, path, t.problem_line, t.problem != NULL ? t.problem : e.text);
        return;
    }
    json_t *document;
    json_array_foreach (documents, k, document) {
        json_array_foreach (json_object_get(document, "releases"), i, row) {
            const char *name = json_text(row, "name"), *chart = json_text(row, "chart");
            if (name == NULL || chart == NULL)
                continue;
            chart = text_starts(chart, "./") ? chart + 2 : chart;
            const char *folder = folder_of(b->a, path);
            if (folder[0] != '\0')
                chart = path_join(b->a, folder, chart);
            add_release(b, (struct release){ .name = name,
                                             .file = path,
                                             .chart = chart_at(b, chart),
                                             .installed = json_flag(row, "installed", true),
                                             .layer = layer_of(row),
                                             .needs = json_object_get(row, "needs") });
        }
    }
}

static void load_releases(struct boundary *b)
{
    for (size_t i = 0; i < b->g->tree->n; i++) {
        const char *path = b->g->tree->files[i].path;
        if (text_starts(file_name_of(path), "helmfile.y"))
            load_helmfile(b, path);
    }
    /* A chart that no helmfile names is a release of its own. */
    for (size_t i = 0; i < b->n_charts; i++) {
        bool named = false;
        for (size_t k = 0; k < b->n_releases; k++)
            named = named || b->releases[k].chart == &b->charts[i];
        if (!named)
            add_release(b, (struct release){ .name = b->charts[i].name,
                                             .file =
                                                 path_join(b->a, b->charts[i].folder, "Chart.yaml"),
                                             .chart = &b->charts[i],
                                             .installed = true,
                                             .layer = INT64_MAX });
    }
}

static void merge(json_t *into, const json_t *from)
{
    if (json_is_object(from)) {
        json_t *copy = json_deep_copy(from);
        json_object_update_recursive(into, copy);
        json_decref(copy);
    }
}

/* What an umbrella chart says of a chart below it: P/charts/NAME is told under NAME in P's. */
static void merge_parent(const struct boundary *b, const struct chart *c, const char *environment,
                         json_t *into)
{
    const char *at = strstr(c->folder, "/charts/");
    const struct chart *parent =
        at == NULL ? NULL : chart_at(b, arena_strndup(b->a, c->folder, (size_t)(at - c->folder)));
    for (size_t i = 0; parent != NULL && i < b->n_values; i++) {
        const struct values_file *v = &b->values[i];
        if (text_equal(v->service, parent->name) && text_equal(v->environment, environment)) {
            merge(into, json_object_get(v->value, file_name_of(c->folder)));
            const json_t *global = json_object_get(v->value, "global");
            json_t *told = json_object();
            json_object_set(told, "global", (json_t *)global);
            if (global != NULL)
                merge(into, told);
            json_decref(told);
        }
    }
}

static const json_t *values_for(const struct boundary *b, const struct release *r,
                                const char *environment)
{
    json_t *all = json_own(b->a, json_object());
    for (int round = 0; round < 2; round++) {
        const char *wanted = round == 0 ? "" : environment;
        for (size_t i = 0; i < b->n_values; i++) {
            const struct values_file *v = &b->values[i];
            if (text_equal(v->environment, wanted) &&
                (text_equal(v->service, r->chart->name) || text_equal(v->service, r->name)))
                merge(all, v->value);
        }
        merge_parent(b, r->chart, wanted, all);
        if (environment[0] == '\0')
            break;
    }
    return all;
}

static void add_documents(struct boundary *b, const struct chart_template *t,
                          const struct release *r, const struct environment *x,
                          const json_t *values)
{
    struct helm_token *tokens = NULL;
    struct error e = { .text = "" };
    json_t *documents = NULL, *value;
    size_t i;
    const char *text = helm_render(b->a, &t->text, values, &tokens);
    if (!yaml_parse_stream(b->a, text, strlen(text), &documents, &e)) {
        /* Not every template is YAML before it is run; its actions are judged all the same. */
        gate_unlooked(b->g, arena_printf(b->a, "%s as manifests", t->file), e.text);
        return;
    }
    json_array_foreach (documents, i, value) {
        const json_t *meta = json_member(value, "metadata");
        const char *kind = json_text(value, "kind"), *name = json_text(meta, "name");
        const char *namespace = json_text(meta, "namespace");
        if (kind == NULL)
            continue;
        struct manifest m = { .origin = FROM_CHART,
                              .file = t->file,
                              .environment = x == NULL ? "" : x->name,
                              .production = x != NULL && x->production,
                              .value = value,
                              .kind = kind,
                              .name = name == NULL ? "" : name,
                              .namespace = namespace == NULL ? "" : namespace,
                              .lines = b->a,
                              .release = r,
                              .from = t,
                              .tokens = tokens };
        m.guard = helm_document_guard(b->a, &t->text, values, yaml_line_of(b->a, value, "kind"),
                                      &m.active);
        m.active = m.active && r->installed;
        add_manifest(b, m);
    }
}

static void expand_release(struct boundary *b, const struct release *r, const struct environment *x)
{
    const json_t *values = values_for(b, r, x == NULL ? "" : x->name);
    for (size_t i = 0; i < r->chart->n; i++) {
        if (!text_ends(r->chart->templates[i].file, ".tpl"))
            add_documents(b, &r->chart->templates[i], r, x, values);
    }
}

/* Environments of charts are those that have values; a tree without has one, the base. */
static bool has_values_in(const struct boundary *b, const struct environment *x)
{
    for (size_t i = 0; i < b->n_values; i++) {
        if (text_equal(b->values[i].environment, x->name))
            return true;
    }
    return false;
}

static bool is_first_of_name(const struct boundary *b, size_t at)
{
    for (size_t i = 0; i < at; i++) {
        if (text_equal(b->environments[i].name, b->environments[at].name))
            return false;
    }
    return true;
}

void load_charts(struct boundary *b)
{
    load_all_charts(b);
    load_values(b);
    load_releases(b);
    size_t n = 0;
    for (size_t i = 0; i < b->n_environments; i++) {
        if (!is_first_of_name(b, i) || !has_values_in(b, &b->environments[i]))
            continue;
        n++;
        for (size_t k = 0; k < b->n_releases; k++) {
            if (b->releases[k].chart != NULL)
                expand_release(b, &b->releases[k], &b->environments[i]);
        }
    }
    for (size_t k = 0; n == 0 && k < b->n_releases; k++) {
        if (b->releases[k].chart != NULL)
            expand_release(b, &b->releases[k], NULL);
    }
}
