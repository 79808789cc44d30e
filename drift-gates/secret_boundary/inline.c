/* Credentials where none may stand: manifests and patches. */
#include "common/arena.h"
#include "common/encoding.h"
#include "common/json.h"
#include "common/text.h"
#include "common/yaml.h"
#include "drift-gates/manifest.h"
#include "drift-gates/secret_boundary/boundary.h"
#include "drift-gates/secret_boundary/rules_data.h"

struct inside {
    struct boundary *b;
    const struct manifest *m;
    const char *rule, *where; /* where: "data NAME", "container X env Y" */
    const json_t *at;
    const char *at_key;
};

static struct place place_in(const struct inside *in, const char *more)
{
    const char *path = more == NULL ? in->where : arena_printf(in->b->a, "%s %s", in->where, more);
    return manifest_place(in->b, in->m, in->at, in->at_key, path);
}

/* One key and value that a workload gets. */
static void judge(const struct inside *in, const char *key, const char *value, const char *more)
{
    struct boundary *b = in->b;
    const char *shown = helm_shown(b->a, in->m->tokens, value);
    bool known = !helm_has_token(value);
    struct classified c = class_of(b, key, shown);
    /* What a template prints is judged where it is printed (guards.c). */
    if (!known || !is_literal(shown))
        return;
    if (c.class == KEY_UNDECIDED)
        boundary_report(
            b, "B-01", place_in(in, more), key, value,
            "nobody has said whether %s is a credential; its name says so and its value does not",
            key);
    if (c.class != KEY_CREDENTIAL)
        return;
    const char *rule = in->rule;
    if (text_equal(rule, "B-03") && shape_is_url(credential_shape(b->a, b->data, key, value)))
        rule = "B-04";
    boundary_report(b, rule, place_in(in, more), key, value, "%s is a credential (%s, %s)", key,
                    c.why, secret_print(b->a, value, strlen(value)));
}

static void judge_leaf(void *context, struct leaf leaf)
{
    const struct inside *in = context;
    /* Lists have no names of their own: only the value's shape counts. */
    judge(in, leaf.in_list ? "item" : leaf.key, leaf.text, leaf.path);
}

/* key=value and key: value lines of INI and properties files. */
static void judge_lines(const struct inside *in, const char *text)
{
    size_t n;
    char **lines = text_split(in->b->a, text, '\n', &n);
    for (size_t i = 0; i < n; i++) {
        const char *line = text_trim(in->b->a, lines[i]);
        size_t len = strcspn(line, "=:");
        if (line[0] == '#' || line[0] == ';' || line[len] == '\0')
            continue;
        const char *key = text_trim(in->b->a, arena_strndup(in->b->a, line, len));
        if (strpbrk(key, " \t\"'{}()$") == NULL && key[0] != '\0')
            judge(in, key, text_trim(in->b->a, line + len + 1), key);
    }
}

/* A file inside a ConfigMap: YAML and JSON by structure, everything else by lines. */
static void judge_text(const struct inside *in, const char *key, const char *value)
{
    json_t *documents = NULL;
    struct error e;
    struct classified c = class_of(in->b, key, value);
    bool structured = strchr(value, '\n') != NULL || value[0] == '{';
    if (!structured || c.by_value) {
        judge(in, key, value, NULL);
        return;
    }
    if (yaml_parse_stream(in->b->a, value, strlen(value), &documents, &e) &&
        (json_is_object(json_array_get(documents, 0)) ||
         json_is_array(json_array_get(documents, 0))))
        walk_leaves(in->b->a, documents, judge_leaf, (void *)(uintptr_t)in);
    else
        judge_lines(in, value);
}

static void check_config_map(struct boundary *b, const struct manifest *m)
{
    const json_t *data = json_object_get(m->value, "data");
    const json_t *binary = json_object_get(m->value, "binaryData");
    const char *key;
    json_t *value;
    struct bytes raw;
    json_object_foreach ((json_t *)data, key, value) {
        const char *text = scalar_text(b->a, value);
        struct inside in = { b, m, "B-02", arena_printf(b->a, "data %s", key), data, key };
        if (text != NULL)
            judge_text(&in, key, text);
        if (text != NULL && is_companion(b->a, b->data, key, data) && is_literal(text))
            judge(&in, "password", text, NULL);
    }
    json_object_foreach ((json_t *)binary, key, value) {
        const char *text = json_string_value(value);
        struct inside in = { b, m, "B-02", arena_printf(b->a, "binaryData %s", key), binary, key };
        if (text != NULL && base64_decode(b->a, BASE64_STANDARD, text, strlen(text), &raw))
            judge_text(&in, key, arena_strndup(b->a, (const char *)raw.data, raw.len));
    }
    gate_compared(b->g, json_object_size(data) + json_object_size(binary), "keys of ConfigMaps");
}

static bool is_encrypted(const struct manifest *m)
{
    return json_object_get(m->value, "sops") != NULL;
}

static void check_secret(struct boundary *b, const struct manifest *m)
{
    static const char *const members[] = { "stringData", "data" };
    const char *key, *type = json_text(m->value, "type");
    json_t *value;
    if (is_encrypted(m) || (type != NULL && data_glob(b->data, "controller_types", type)))
        return;
    for (size_t i = 0; i < ARRAY_LEN(members); i++) {
        const json_t *all = json_object_get(m->value, members[i]);
        json_object_foreach ((json_t *)all, key, value) {
            const char *text = scalar_text(b->a, value);
            if (text_blank(text) || (m->origin == FROM_CHART && helm_has_token(text)))
                continue;
            boundary_report(b, "B-05",
                            manifest_place(b, m, all, key,
                                           arena_printf(b->a, "%s %s", members[i], key)),
                            key, text, "a Secret in the repository has a value for %s (%s)", key,
                            secret_print(b->a, text, strlen(text)));
        }
    }
    gate_compared(b->g, 1, "Secrets");
}

static void check_texts(const struct inside *in, const json_t *list)
{
    size_t i;
    json_t *item;
    json_array_foreach ((json_t *)list, i, item) {
        const char *text = json_string_value(item);
        if (text == NULL)
            continue;
        /* --name=value is a key and a value; everything else has only its shape. */
        const char *equals = text[0] == '-' ? strchr(text, '=') : NULL;
        const char *key =
            equals == NULL ? "argument" : arena_strndup(in->b->a, text, (size_t)(equals - text));
        judge(in, key, equals == NULL ? text : equals + 1, NULL);
    }
}

static void check_container(struct boundary *b, const struct manifest *m, const struct container *c)
{
    static const char *const lists[] = { "args", "command" };
    size_t i;
    json_t *item;
    json_array_foreach (json_object_get(c->spec, "env"), i, item) {
        const char *name = json_text(item, "name");
        const char *text = json_object_get(item, "value") == NULL
                               ? NULL
                               : scalar_text(b->a, json_object_get(item, "value"));
        struct inside in = { b,      m,
                             "B-03", arena_printf(b->a, "container %s env %s", c->name, name),
                             item,   "value" };
        if (name != NULL && text != NULL)
            judge(&in, name, text, NULL);
    }
    gate_compared(b->g, json_array_size(json_object_get(c->spec, "env")), "environment variables");
    for (i = 0; i < ARRAY_LEN(lists); i++) {
        struct inside in = { b,       m,
                             "B-03",  arena_printf(b->a, "container %s %s", c->name, lists[i]),
                             c->spec, lists[i] };
        check_texts(&in, json_object_get(c->spec, lists[i]));
    }
}

static void check_annotations(struct boundary *b, const struct manifest *m, const json_t *meta)
{
    const char *key;
    json_t *value;
    const json_t *all = json_object_get(meta, "annotations");
    json_object_foreach ((json_t *)all, key, value) {
        struct inside in = { b, m, "B-03", arena_printf(b->a, "annotation %s", key), all, key };
        const char *text = scalar_text(b->a, value);
        if (text != NULL && !text_starts(key, "checksum/"))
            judge(&in, "annotation", text, NULL);
    }
}

static const char *joined(struct boundary *b, const char *key, size_t i)
{
    return arena_printf(b->a, "%s[%zu]", key, i);
}

/* secretGenerator and configMapGenerator of a kustomization. */
static void check_generators(struct boundary *b, const struct manifest *m)
{
    size_t i, k;
    json_t *row, *text;
    json_array_foreach (json_object_get(m->value, "secretGenerator"), i, row) {
        if (json_array_size(json_object_get(row, "literals")) +
                json_array_size(json_object_get(row, "files")) +
                json_array_size(json_object_get(row, "envs")) >
            0)
            boundary_report(b, "B-05",
                            manifest_place(b, m, row, NULL, joined(b, "secretGenerator", i)),
                            json_text(row, "name"), NULL,
                            "a generator makes Secret %s from what stands in the repository",
                            json_text(row, "name"));
    }
    json_array_foreach (json_object_get(m->value, "configMapGenerator"), i, row) {
        struct inside in = { b, m, "B-02", joined(b, "configMapGenerator", i), row, "literals" };
        json_array_foreach (json_object_get(row, "literals"), k, text)
            judge_lines(&in, json_string_value(text) == NULL ? "" : json_string_value(text));
    }
}

/* What a patch sets: /stringData/KEY and /data/KEY of what it is aimed at. */
static void check_patch(struct boundary *b, const struct manifest *m, const json_t *list)
{
    size_t i;
    json_t *row;
    json_array_foreach ((json_t *)list, i, row) {
        const char *path = json_text(row, "path"), *value = json_text(row, "value");
        if (path == NULL || value == NULL)
            continue;
        const char *slash = strrchr(path, '/');
        const char *key = slash == NULL ? path : slash + 1;
        struct inside in = { b, m, "B-03", arena_printf(b->a, "patch %s", path), row, "value" };
        /* What the object is, the render shows; a Secret's literals are judged there. */
        if (!text_starts(path, "/stringData/") && !text_starts(path, "/data/"))
            judge_text(&in, key, value);
    }
}

/* Public keys of front ends: a list per ConfigMap in the settings. */
static void check_public(struct boundary *b, const struct manifest *m)
{
    const char *object, *key;
    json_t *list, *value;
    json_object_foreach (json_object_get(b->settings, "public_keys"), object, list) {
        if (!text_glob(object, m->name))
            continue;
        const json_t *data = json_object_get(m->value, "data");
        json_object_foreach ((json_t *)data, key, value) {
            if (!json_array_has_text(list, key))
                boundary_report(b, "B-06", manifest_place(b, m, data, key, key), key, NULL,
                                "%s reaches browsers and is in no list of public keys", key);
        }
        gate_compared(b->g, 1, "ConfigMaps of front ends");
    }
}

static void check_one(struct boundary *b, const struct manifest *m)
{
    const struct object o = { .value = m->value, .kind = m->kind };
    size_t n;
    if (text_equal(m->kind, "ConfigMap")) {
        check_config_map(b, m);
        check_public(b, m);
    } else if (text_equal(m->kind, "Secret")) {
        check_secret(b, m);
    } else if (json_is_array(m->value)) {
        check_patch(b, m, m->value);
    } else if (m->origin == FROM_KUSTOMIZE) {
        check_generators(b, m);
    }
    struct container *c = containers_of(b->a, &o, &n);
    for (size_t i = 0; i < n; i++)
        check_container(b, m, &c[i]);
    check_annotations(b, m, json_member(m->value, "metadata"));
    check_annotations(b, m, pod_template_meta_of(&o));
}

void check_manifests(struct boundary *b)
{
    for (size_t i = 0; i < b->n_manifests; i++)
        check_one(b, &b->manifests[i]);
}
