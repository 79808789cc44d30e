#include "common/arena.h"
#include "common/json.h"
#include "drift-gates/secret_boundary/boundary.h"

#define DEPTH_MAX 100

struct walk {
    struct arena *a;
    void (*each)(void *context, struct leaf leaf);
    void *context;
};

const char *file_name_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash == NULL ? path : slash + 1;
}

bool has_reference(const struct boundary *b, const json_t *group)
{
    size_t i;
    json_t *key;
    json_array_foreach (json_object_get(b->data, "reference_keys"), i, key) {
        if (json_object_get(group, json_string_value(key)) != NULL)
            return true;
    }
    return false;
}

const char *scalar_text(struct arena *a, const json_t *value)
{
    switch (json_typeof(value)) {
    case JSON_STRING: return json_string_value(value);
    case JSON_TRUE: return "true";
    case JSON_FALSE: return "false";
    case JSON_NULL: return "";
    case JSON_INTEGER: return arena_printf(a, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
    case JSON_REAL: return arena_printf(a, "%g", json_real_value(value));
    case JSON_OBJECT:
    case JSON_ARRAY: break;
    }
    return NULL;
}

static void walk(const struct walk *w, const json_t *value, const char *path, const char *key,
                 const json_t *parent, int depth)
{
    const char *name, *text = scalar_text(w->a, value);
    json_t *member;
    size_t i;
    if (text != NULL) {
        w->each(w->context, (struct leaf){ path, key, text, parent, json_is_array(parent) });
        return;
    }
    if (depth >= DEPTH_MAX)
        return;
    json_object_foreach ((json_t *)value, name, member)
        walk(w, member, path[0] == '\0' ? name : arena_printf(w->a, "%s.%s", path, name), name,
             value, depth + 1);
    json_array_foreach ((json_t *)value, i, member) {
        const char *called = json_text(member, "name");
        const char *at = called != NULL ? arena_printf(w->a, "%s[%s]", path, called)
                                        : arena_printf(w->a, "%s[%zu]", path, i);
        walk(w, member, at, key, value, depth + 1);
    }
}

void walk_leaves(struct arena *a, const json_t *value, void (*each)(void *context, struct leaf),
                 void *context)
{
    struct walk w = { a, each, context };
    walk(&w, value, "", "", NULL, 0);
}
