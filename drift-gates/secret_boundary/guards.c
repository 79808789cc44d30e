/* Guards of chart templates: what must be given is required, and nothing fills in by itself. */
#include "common/arena.h"
#include "common/json.h"
#include "common/text.h"
#include "common/yaml.h"
#include "drift-gates/secret_boundary/boundary.h"
#include "drift-gates/secret_boundary/rules_data.h"

struct spot {
    struct boundary *b;
    const struct chart_template *t;
    size_t action;
    const struct helm_action *x;
    const char *bare, *line; /* line: of the template, up to the action */
};

static struct place place_of(const struct spot *s)
{
    return (struct place){ .file = s->t->file, .line = s->x->line };
}

/* The template's text of the action's line before it. */
static const char *line_before(struct arena *a, const struct helm_text *t,
                               const struct helm_action *x)
{
    size_t from = x->from;
    while (from > 0 && t->text.data[from - 1] != '\n')
        from--;
    return arena_strndup(a, (const char *)t->text.data + from, x->from - from);
}

/* The key the action is the value of: the word before the last colon of its line. */
static const char *key_before(struct arena *a, const char *line)
{
    size_t end = strlen(line);
    while (end > 0 && strchr(" \t\"'", line[end - 1]) != NULL)
        end--;
    if (end == 0 || line[end - 1] != ':')
        return "";
    end--;
    size_t from = end;
    while (from > 0 && strchr(" \t{,\"'[", line[from - 1]) == NULL)
        from--;
    return arena_strndup(a, line + from, end - from);
}

/* `name:` below secretRef, secretKeyRef or secret on the same line or the one before. */
static bool is_secret_name(const struct spot *s, const char *key)
{
    static const char *const owners[] = { "secretRef", "secretKeyRef" };
    const char *text = (const char *)s->t->text.text.data;
    if (text_equal(key, "secretName"))
        return true;
    if (!text_equal(key, "name"))
        return false;
    size_t from = s->x->from - strlen(s->line);
    if (from > 0) { /* the line above, for block style */
        from--;
        while (from > 0 && text[from - 1] != '\n')
            from--;
    }
    const char *around = arena_strndup(s->b->a, text + from, s->x->from - from);
    for (size_t i = 0; i < ARRAY_LEN(owners); i++) {
        if (text_contains(around, owners[i]))
            return true;
    }
    return false;
}

static bool guarded_by_existing(const struct spot *s)
{
    for (size_t at = s->x->parent; at != 0; at = s->t->text.actions[at - 1].parent) {
        const char *text = s->t->text.actions[at - 1].text;
        if (text_contains(text, "existingSecret") || text_starts(text, "with"))
            return true;
    }
    return false;
}

/* The feature whose switch encloses the action: "redis" of `if .Values.redis.enabled`. */
static const char *feature_around(const struct spot *s)
{
    for (size_t at = s->x->parent; at != 0; at = s->t->text.actions[at - 1].parent) {
        const char **paths = helm_paths(s->b->a, s->t->text.actions[at - 1].text);
        for (; *paths != NULL; paths++) {
            if (text_ends(*paths, ".enabled"))
                return arena_strndup(s->b->a, *paths, strlen(*paths) - strlen(".enabled"));
        }
    }
    return NULL;
}

/* Does a values file of the chart have a switch for the group a path begins with? */
static bool has_switch(const struct boundary *b, const struct chart *c, const char *path)
{
    const char *group = arena_strndup(b->a, path, strcspn(path, "."));
    const char *pointer = arena_printf(b->a, "/%s/enabled", group);
    for (size_t i = 0; i < b->n_values; i++) {
        if (text_equal(b->values[i].service, c->name) &&
            json_at(b->values[i].value, pointer) != NULL)
            return true;
    }
    return false;
}

static const char *last_part(const char *path)
{
    const char *dot = strrchr(path, '.');
    return dot == NULL ? path : dot + 1;
}

static bool names_reference(const struct boundary *b, const char *path)
{
    return data_has(b->data, "reference_keys", last_part(path));
}

static void check_name_default(const struct spot *s, const char *path)
{
    boundary_report(s->b, "B-17", place_of(s), path, NULL,
                    "falls back to a Secret name of its own when %s is not given", path);
}

/* Does the action stand in a ConfigMap's document? */
static bool in_config_map(const struct spot *s)
{
    const char *text = (const char *)s->t->text.text.data;
    size_t from = s->x->from, len = s->t->text.text.len;
    while (from > 0 && memcmp(text + from, "\n---", from + 4 <= len ? 4 : 1) != 0)
        from--;
    const char *end = strstr(text + s->x->from, "\n---");
    size_t to = end == NULL ? len : (size_t)(end - text);
    const char *kind = memmem(text + from, to - from, "kind: ConfigMap", 15);
    return kind != NULL && (kind == text || kind[-1] == '\n');
}

/* An action that prints a credential, or the name of the Secret that has it. */
static void check_credential(const struct spot *s, const char *path, bool secret_name)
{
    struct boundary *b = s->b;
    const char *feature = feature_around(s);
    bool required = helm_calls(s->bare, "required"), fallback = helm_calls(s->bare, "default");
    gate_compared(b->g, 1, "credential inputs of templates");
    if (!secret_name && in_config_map(s)) {
        boundary_report(b, "B-02", place_of(s), path, NULL,
                        "a template prints %s, a credential, into a ConfigMap", path);
        return;
    }
    if (required) {
        if (feature == NULL && has_switch(b, s->t->chart, path))
            boundary_report(b, "B-18", place_of(s), path, NULL,
                            "%s belongs to a feature with a switch and is rendered when it is off",
                            path);
        return;
    }
    if (feature != NULL && text_starts(path, feature) && path[strlen(feature)] == '.')
        boundary_report(b, "B-18", place_of(s), path, NULL,
                        "%s is printed when %s is on, and nothing requires it", path, feature);
    else if (fallback && secret_name && !text_contains(s->x->text, "default \"\""))
        check_name_default(s, path);
    else if (!guarded_by_existing(s) || fallback)
        boundary_report(b, "B-15", place_of(s), path, NULL,
                        "%s is printed without required(...): missing, it renders empty", path);
}

static void check_safe_side(const struct spot *s, const char *path)
{
    struct boundary *b = s->b;
    const char *words = key_words(b->a, last_part(path));
    bool falls_false = text_contains(s->bare, "default false");
    bool falls_true = text_contains(s->bare, "default true");
    size_t i;
    json_t *word;
    json_array_foreach (json_object_get(b->data, "safe_true"), i, word) {
        if (falls_false && words_have(words, json_string_value(word)))
            boundary_report(b, "B-20", place_of(s), path, NULL,
                            "%s, when missing, becomes false, the unsafe side", path);
    }
    const char *packed = text_lower(b->a, last_part(path));
    if (falls_true && data_within(b->a, b->data, "safe_false", packed))
        boundary_report(b, "B-20", place_of(s), path, NULL,
                        "%s, when missing, becomes true, the unsafe side", path);
}

static void check_action(struct boundary *b, const struct chart_template *t, size_t i)
{
    const struct helm_action *x = &t->text.actions[i];
    if (x->kind != HELM_VALUE)
        return;
    struct spot s = { b, t, i, x, helm_bare(b->a, x->text), line_before(b->a, &t->text, x) };
    const char **paths = helm_paths(b->a, s.bare), *key = key_before(b->a, s.line);
    for (; *paths != NULL; paths++) {
        bool name = is_secret_name(&s, key) || names_reference(b, *paths);
        bool list = text_equal(last_part(*paths), "existingSecrets");
        bool credential = class_of(b, last_part(*paths), NULL).class == KEY_CREDENTIAL;
        if (!list && (name || credential))
            check_credential(&s, *paths, name);
        check_safe_side(&s, *paths);
    }
}

/* B-13: switches and templates by which a chart makes a credential Secret. */
struct toggles {
    struct boundary *b;
    const struct values_file *v;
};

static void check_toggle(void *context, struct leaf leaf)
{
    struct toggles *t = context;
    size_t i;
    json_t *row;
    json_array_foreach (json_object_get(t->b->data, "toggle_keys"), i, row) {
        const char *key = json_string_value(row);
        bool whole = text_equal(leaf.path, key);
        bool end = text_ends(leaf.path, key) &&
                   leaf.path[strlen(leaf.path) - strlen(key) - (whole ? 0 : 1)] == '.';
        if (whole || end)
            boundary_report(t->b, "B-13",
                            (struct place){ .file = t->v->file,
                                            .line = yaml_line_of(t->b->a, leaf.parent, leaf.key),
                                            .path = leaf.path },
                            leaf.path, NULL, "%s lets the chart make a credential Secret",
                            leaf.path);
    }
}

static bool template_reads(const struct boundary *b, const struct chart *c, const char *path)
{
    for (size_t i = 0; i < c->n; i++) {
        for (size_t k = 0; k < c->templates[i].text.n; k++) {
            const char *text = c->templates[i].text.actions[k].text;
            const char **paths = helm_paths(b->a, text);
            for (; *paths != NULL; paths++) {
                size_t len = strlen(*paths);
                if (text_starts(path, *paths) && (path[len] == '\0' || path[len] == '.'))
                    return true;
            }
        }
    }
    return false;
}

/* A credential's key in a chart's own values that no template reads any more. */
struct dead {
    struct boundary *b;
    const struct values_file *v;
    const struct chart *c;
};

static void check_dead(void *context, struct leaf leaf)
{
    struct dead *d = context;
    if (leaf.in_list || class_of(d->b, leaf.key, NULL).class != KEY_CREDENTIAL ||
        is_literal(leaf.text) || template_reads(d->b, d->c, leaf.path))
        return;
    boundary_report(d->b, "B-13",
                    (struct place){ .file = d->v->file,
                                    .line = yaml_line_of(d->b->a, leaf.parent, leaf.key),
                                    .path = leaf.path },
                    leaf.path, NULL, "%s is a credential's place that no template reads",
                    leaf.path);
}

static void check_chart_values(struct boundary *b)
{
    for (size_t i = 0; i < b->n_values; i++) {
        struct toggles t = { b, &b->values[i] };
        walk_leaves(b->a, b->values[i].value, check_toggle, &t);
        for (size_t k = 0; k < b->n_charts; k++) {
            struct dead d = { b, &b->values[i], &b->charts[k] };
            bool own = text_starts(b->values[i].file, b->charts[k].folder) &&
                       text_equal(b->values[i].service, b->charts[k].name);
            if (own && b->charts[k].n > 0)
                walk_leaves(b->a, b->values[i].value, check_dead, &d);
        }
    }
}

static void check_secret_templates(struct boundary *b)
{
    for (size_t i = 0; i < b->n_manifests; i++) {
        const struct manifest *m = &b->manifests[i];
        const char *type = json_text(m->value, "type");
        if (m->origin != FROM_CHART || !text_equal(m->kind, "Secret") ||
            (type != NULL && data_glob(b->data, "controller_types", type)))
            continue;
        struct place at = manifest_place(b, m, NULL, NULL, NULL);
        at.environment = NULL;
        if (m->guard != NULL)
            boundary_report(b, "B-13", at, m->name, NULL,
                            "a template makes a Secret behind a switch (%s)", m->guard);
        else if (!secret_has_data(m) || helm_has_token(json_dump(b->a, m->value)))
            boundary_report(b, "B-13", at, m->name, NULL, "a template makes a Secret");
    }
}

void check_guards(struct boundary *b)
{
    for (size_t i = 0; i < b->n_charts; i++) {
        for (size_t k = 0; k < b->charts[i].n; k++) {
            const struct chart_template *t = &b->charts[i].templates[k];
            for (size_t x = 0; x < t->text.n; x++)
                check_action(b, t, x);
        }
    }
    check_chart_values(b);
    check_secret_templates(b);
}
