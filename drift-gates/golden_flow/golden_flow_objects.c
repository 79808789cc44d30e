#include "drift-gates/golden_flow/golden_flow.h"

#include "common/json.h"
#include "common/text.h"
#include "common/yaml.h"
#include "drift-gates/lines.h"

struct golden_flow_object {
    const char *api, *kind, *name, *namespace; /* NULL: not said */
    struct golden_flow_object *next;
};

static struct golden_flow_object identity(const json_t *value)
{
    const json_t *meta = json_object_get(value, "metadata");
    return (struct golden_flow_object){ .api = json_text(value, "apiVersion"),
                                        .kind = json_text(value, "kind"),
                                        .name = json_text(meta, "name"),
                                        .namespace = json_text(meta, "namespace") };
}

static bool submits(const char *verb)
{
    static const char *const words[] = { "apply", "create", "patch", "update", "assert" };
    for (size_t i = 0; i < ARRAY_LEN(words); i++) {
        if (text_equal(words[i], verb))
            return true;
    }
    return false;
}

static bool is_known(const struct golden_flow_objects *o, const struct golden_flow_object *asked)
{
    for (const struct golden_flow_object *s = o->first; s != NULL; s = s->next) {
        if (text_equal(s->api, asked->api) && text_equal(s->kind, asked->kind) &&
            (asked->name == NULL || text_equal(s->name, asked->name)) &&
            text_equal(s->namespace, asked->namespace))
            return true;
    }
    return false;
}

/* The objects an operation speaks of, as an array; NULL: none, or told of. */
static json_t *objects_of(const struct golden_flow_objects *o, const struct chainsaw_operation *op)
{
    json_t *resource = json_object_get(op->body, "resource"), *all = NULL;
    const char *file = json_text(op->body, "file");
    struct error e = { .text = "" };
    struct bytes text;
    if (json_is_object(resource))
        return json_own(o->g->arena, json_pack("[O]", resource));
    if (file == NULL)
        return NULL;
    if (strpbrk(file, "(*?[") != NULL || text_contains(file, "://")) {
        o->told(o->self, false, file, op->line, "only a run knows this file");
        return NULL;
    }
    const char *path = path_beside(o->g->arena, o->file, file);
    if (path == NULL)
        error_set(&e, "%s is outside the tree", file);
    else if (tree_find(o->g->tree, path) == NULL)
        error_set(&e, "there is no %s", path);
    else if (tree_read(o->g->tree, path, &text, &e) &&
             !yaml_parse_stream(o->g->arena, text.data, text.len, &all, &e))
        error_prefix(&e, "%s", path);
    if (e.text[0] != '\0')
        o->told(o->self, true, file, op->line, e.text);
    return all;
}

const char *golden_flow_object(struct golden_flow_objects *o, const struct chainsaw_operation *op)
{
    bool error = text_equal(op->verb, "error");
    json_t *all, *value;
    size_t i;
    if (!error && !submits(op->verb))
        return NULL;
    all = objects_of(o, op);
    json_array_foreach (all, i, value) {
        struct golden_flow_object one = identity(value);
        if (error && !is_known(o, &one))
            return arena_printf(o->g->arena, "%s %s", one.kind == NULL ? "an object" : one.kind,
                                one.name == NULL ? "(any)" : one.name);
        if (!error) {
            struct golden_flow_object *kept = arena_copy(o->g->arena, &one, sizeof(one));
            kept->next = o->first;
            o->first = kept;
        }
    }
    return NULL;
}
