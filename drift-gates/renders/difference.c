#include "drift-gates/renders/difference.h"

#include "common/text.h"

struct comparison {
    struct arena *arena;
    const char *but;
};

static const char *differ_at(const struct comparison *c, const json_t *x, const json_t *y,
                             const char *path);

static const char *in_objects(const struct comparison *c, const json_t *x, const json_t *y,
                              const char *path)
{
    const char *key, *found = NULL, *dot = path[0] == '\0' ? "" : ".";
    json_t *value;
    json_object_foreach ((json_t *)x, key, value) {
        const json_t *other = json_object_get(y, key);
        const char *at = arena_printf(c->arena, "%s%s%s", path, dot, key);
        if (text_equal(key, c->but) && json_is_string(value) && json_is_string(other))
            continue;
        found = other == NULL ? at : differ_at(c, value, other, at);
        if (found != NULL)
            return found;
    }
    json_object_foreach ((json_t *)y, key, value) {
        if (json_object_get(x, key) == NULL)
            return arena_printf(c->arena, "%s%s%s", path, dot, key);
    }
    return NULL;
}

static const char *in_arrays(const struct comparison *c, const json_t *x, const json_t *y,
                             const char *path)
{
    size_t i;
    json_t *value;
    json_array_foreach ((json_t *)x, i, value) {
        const json_t *other = json_array_get(y, i);
        const char *at = arena_printf(c->arena, "%s[%zu]", path, i);
        const char *found = other == NULL ? at : differ_at(c, value, other, at);
        if (found != NULL)
            return found;
    }
    if (json_array_size(y) > json_array_size(x))
        return arena_printf(c->arena, "%s[%zu]", path, json_array_size(x));
    return NULL;
}

static const char *differ_at(const struct comparison *c, const json_t *x, const json_t *y,
                             const char *path)
{
    if (json_is_object(x) && json_is_object(y))
        return in_objects(c, x, y, path);
    if (json_is_array(x) && json_is_array(y))
        return in_arrays(c, x, y, path);
    return json_equal(x, y) ? NULL : path;
}

const char *json_difference(struct arena *a, const json_t *x, const json_t *y, const char *but)
{
    struct comparison c = { a, but };
    return differ_at(&c, x, y, "");
}
