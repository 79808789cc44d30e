#include "drift-gates/manifest.h"

#include "common/encoding.h"
#include "common/json.h"
#include "common/text.h"
#include "common/yaml.h"

/* Kinds of these manifests that belong to no namespace; a kind not listed is namespaced. */
static const char *const cluster_wide[] = {
    "APIService",
    "ClusterExternalSecret",
    "ClusterRole",
    "ClusterRoleBinding",
    "ClusterSecretStore",
    "CustomResourceDefinition",
    "IngressClass",
    "MutatingWebhookConfiguration",
    "Namespace",
    "Node",
    "PersistentVolume",
    "PriorityClass",
    "RuntimeClass",
    "StorageClass",
    "ValidatingAdmissionPolicy",
    "ValidatingWebhookConfiguration",
};

static bool is_cluster_wide(const char *kind)
{
    for (size_t i = 0; i < ARRAY_LEN(cluster_wide); i++) {
        if (text_equal(cluster_wide[i], kind))
            return true;
    }
    return false;
}

static const char *namespace_of(const json_t *value, const char *kind)
{
    const char *namespace = json_text(json_member(value, "metadata"), "namespace");
    if (is_cluster_wide(kind))
        return "";
    return namespace == NULL ? "default" : namespace;
}

static size_t count_objects(const json_t *documents)
{
    size_t i, n = 0;
    json_t *value;
    json_array_foreach ((json_t *)documents, i, value)
        n += 1 + json_array_size(json_object_get(value, "items"));
    return n;
}

static void add_object(struct render *r, const json_t *value)
{
    const char *kind = json_text(value, "kind"), *version = json_text(value, "apiVersion");
    const char *name = json_text(json_member(value, "metadata"), "name");
    if (kind == NULL || version == NULL) {
        r->n_strange++;
        return;
    }
    const json_t *items = json_object_get(value, "items");
    if (text_ends(kind, "List") && json_is_array(items)) {
        size_t i;
        json_t *item;
        json_array_foreach ((json_t *)items, i, item)
            add_object(r, item);
        return;
    }
    r->objects[r->n++] = (struct object){ .render = r,
                                          .value = value,
                                          .api_version = version,
                                          .kind = kind,
                                          .name = name == NULL ? "" : name,
                                          .namespace = namespace_of(value, kind) };
}

/* By kind and name: lists of numbers of objects, counted from 1. */
struct render_index {
    size_t *heads, *next;
    size_t n_heads; /* a power of two */
};

static size_t head_of(const struct render_index *x, const char *kind, const char *name)
{
    uint64_t h = UINT64_C(0xcbf29ce484222325);
    for (; *kind != '\0'; kind++)
        h = (h ^ (unsigned char)*kind) * UINT64_C(0x100000001b3);
    for (h = h * 31; *name != '\0'; name++)
        h = (h ^ (unsigned char)*name) * UINT64_C(0x100000001b3);
    return (size_t)(h ^ h >> 29) & (x->n_heads - 1);
}

/* From the last to the first, so that the first of two with one name is found. */
static void make_index(struct render *r)
{
    struct render_index *x = r->index = arena_alloc(r->arena, sizeof(*x));
    x->n_heads = 16;
    while (x->n_heads < r->n)
        x->n_heads *= 2;
    x->heads = arena_alloc_array(r->arena, x->n_heads, sizeof(*x->heads));
    x->next = arena_alloc_array(r->arena, r->n + 1, sizeof(*x->next));
    for (size_t i = r->n; i > 0; i--) {
        size_t *head = &x->heads[head_of(x, r->objects[i - 1].kind, r->objects[i - 1].name)];
        x->next[i] = *head;
        *head = i;
    }
}

static bool read_render(struct gate_run *g, const struct render_source *from, struct render *r,
                        struct error *e)
{
    json_t *documents = NULL, *value;
    size_t i;
    r->text = from->text;
    if (r->text.data == NULL && !text_equal(from->file, "-") &&
        !tree_read(g->tree, from->file, &r->text, e))
        return false;
    if (!yaml_parse_stream(g->settings->arena, r->text.data, r->text.len, &documents, e))
        return error_prefix(e, "%s", from->file);
    r->objects = arena_alloc_array(r->arena, count_objects(documents) + 1, sizeof(*r->objects));
    json_array_foreach (documents, i, value)
        add_object(r, value);
    make_index(r);
    return true;
}

bool render_open(struct gate_run *g, const struct render_source *from, const struct render **out,
                 struct error *e)
{
    struct arena *a = g->settings->arena;
    struct render *r = arena_attached(a, from);
    if (r == NULL) {
        r = arena_alloc(a, sizeof(*r));
        *r = (struct render){
            .name = from->name, .file = from->file, .production = from->production, .arena = a
        };
        arena_attach(a, from, r);
        struct error why = { .text = "" };
        if (!read_render(g, from, r, &why))
            r->error = arena_strdup(a, why.text);
    }
    if (r->error != NULL)
        return error_set(e, "%s", r->error);
    *out = r;
    return true;
}

const struct object *render_find(const struct render *r, const char *kind, const char *namespace,
                                 const char *name)
{
    const struct render_index *index = r->index;
    if (name == NULL || kind == NULL)
        return NULL;
    for (size_t i = index->heads[head_of(index, kind, name)]; i != 0; i = index->next[i]) {
        const struct object *o = &r->objects[i - 1];
        if (text_equal(o->kind, kind) && text_equal(o->name, name) &&
            (namespace == NULL || text_equal(o->namespace, namespace)))
            return o;
    }
    return NULL;
}

static const json_t *pod_template_of(const struct object *o)
{
    if (text_equal(o->kind, "Pod"))
        return o->value;
    const json_t *spec = json_member(o->value, "spec");
    if (text_equal(o->kind, "CronJob"))
        spec = json_member(json_member(spec, "jobTemplate"), "spec");
    return json_member(spec, "template");
}

const json_t *pod_spec_of(const struct object *o)
{
    return json_member(pod_template_of(o), "spec");
}

const json_t *pod_template_meta_of(const struct object *o)
{
    return json_member(pod_template_of(o), "metadata");
}

static size_t add_containers(const struct object *o, const json_t *pod, const char *key, bool init,
                             struct container *out)
{
    size_t i;
    json_t *spec;
    const json_t *list = json_object_get(pod, key);
    json_array_foreach ((json_t *)list, i, spec) {
        out[i] = (struct container){ .owner = o,
                                     .pod = pod,
                                     .spec = spec,
                                     .name = json_text(spec, "name"),
                                     .image = json_text(spec, "image"),
                                     .init = init };
        if (out[i].name == NULL)
            out[i].name = "";
    }
    return json_array_size(list);
}

struct container *containers_of(struct arena *a, const struct object *o, size_t *n)
{
    const json_t *pod = pod_spec_of(o);
    size_t room = json_array_size(json_object_get(pod, "initContainers")) +
                  json_array_size(json_object_get(pod, "containers"));
    struct container *out = arena_alloc_array(a, room + 1, sizeof(*out));
    *n = add_containers(o, pod, "initContainers", true, out);
    *n += add_containers(o, pod, "containers", false, out + *n);
    return out;
}

static struct place place_of(struct gate_run *g, const struct object *o, const json_t *at,
                             const char *key, const char *inside)
{
    const struct render *r = o->render;
    int line = yaml_line_of(r->arena, at == NULL ? o->value : at, key);
    const char *name = o->namespace[0] == '\0'
                           ? arena_printf(g->arena, "%s/%s", o->kind, o->name)
                           : arena_printf(g->arena, "%s/%s/%s", o->kind, o->namespace, o->name);
    return (struct place){ .file = r->file,
                           .line = line != 0 ? line : yaml_line_of(r->arena, o->value, NULL),
                           .path = inside[0] == '\0'
                                       ? name
                                       : arena_printf(g->arena, "%s %s", name, inside),
                           .environment = r->name };
}

struct place object_place(struct gate_run *g, const struct object *o, const json_t *at,
                          const char *key, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    const char *inside = arena_vprintf(g->arena, format, args);
    va_end(args);
    return place_of(g, o, at, key, inside);
}

struct place container_place(struct gate_run *g, const struct container *c, const json_t *at,
                             const char *key, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    const char *inside = arena_vprintf(g->arena, format, args);
    va_end(args);
    const char *path =
        arena_printf(g->arena, "container %s%s%s", c->name, inside[0] == '\0' ? "" : " ", inside);
    return place_of(g, c->owner, at == NULL ? c->spec : at, key, path);
}

/* base64 as the API server reads it: line breaks inside are dropped. */
static bool decode(struct arena *a, const char *text, struct bytes *value)
{
    char *packed = arena_alloc(a, strlen(text) + 1);
    size_t n = 0;
    for (; *text != '\0'; text++) {
        if (*text != '\n' && *text != '\r')
            packed[n++] = *text;
    }
    return base64_decode(a, BASE64_STANDARD, packed, n, value);
}

bool object_data(struct arena *a, const struct object *o, const char *key, struct bytes *value,
                 const json_t **line_key)
{
    bool secret = text_equal(o->kind, "Secret");
    const json_t *plain = json_member(o->value, secret ? "stringData" : "data");
    const json_t *packed = json_member(o->value, secret ? "data" : "binaryData");
    const json_t *from = json_text(plain, key) != NULL ? plain : packed;
    const char *text = json_text(from, key);
    if (line_key != NULL)
        *line_key = from;
    if (text == NULL)
        return false;
    if (from == packed)
        return decode(a, text, value);
    *value = BYTES_OF_TEXT(text);
    return true;
}
