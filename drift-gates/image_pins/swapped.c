/* A render that is another one with its images swapped. */
#include "common/json.h"
#include "common/text.h"
#include "drift-gates/image_pins/pins.h"

/* Where two values differ, as a path; NULL: nowhere but in members called image. */
static const char *difference(struct arena *a, const json_t *x, const json_t *y, const char *path)
{
    const char *key, *found = NULL;
    json_t *value;
    size_t i;
    if (json_is_object(x) && json_is_object(y) && json_object_size(x) == json_object_size(y)) {
        json_object_foreach ((json_t *)x, key, value) {
            const json_t *other = json_object_get(y, key);
            if (text_equal(key, "image") && json_is_string(value) && json_is_string(other))
                continue;
            found = other == NULL
                        ? arena_printf(a, "%s.%s", path, key)
                        : difference(a, value, other, arena_printf(a, "%s.%s", path, key));
            if (found != NULL)
                return found;
        }
        return NULL;
    }
    if (json_is_array(x) && json_is_array(y) && json_array_size(x) == json_array_size(y)) {
        json_array_foreach ((json_t *)x, i, value) {
            found = difference(a, value, json_array_get(y, i), arena_printf(a, "%s[%zu]", path, i));
            if (found != NULL)
                return found;
        }
        return NULL;
    }
    return json_equal(x, y) ? NULL : path;
}

static void compare_object(struct pins *p, const struct object *o, const struct render *model)
{
    const struct object *m = render_find(model, o->kind, o->namespace, o->name);
    struct place where = object_place(p->g, o, NULL, NULL, "%s", "");
    if (m == NULL) {
        finding_between(p->g, "PIN-12", where, (struct place){ .file = model->file },
                        "is not in %s", model->name);
        return;
    }
    const char *at = difference(p->g->arena, o->value, m->value, "");
    if (at != NULL)
        finding_between(p->g, "PIN-12", where, object_place(p->g, m, NULL, NULL, "%s", ""),
                        "differs from %s in %s", model->name, at[0] == '.' ? at + 1 : at);
}

static void compare_render(struct pins *p, const struct render *r, const struct render *model)
{
    for (size_t i = 0; i < r->n; i++)
        compare_object(p, &r->objects[i], model);
    for (size_t i = 0; i < model->n; i++) {
        const struct object *m = &model->objects[i];
        if (render_find(r, m->kind, m->namespace, m->name) == NULL)
            finding_between(p->g, "PIN-12",
                            (struct place){ .file = r->file, .environment = r->name },
                            object_place(p->g, m, NULL, NULL, "%s", ""), "%s %s is not in %s",
                            m->kind, m->name, r->name);
    }
    gate_compared(p->g, model->n, "objects beside their model");
}

void pins_check_swapped(struct pins *p)
{
    for (size_t i = 0; i < p->n; i++) {
        const char *of = json_text(pins_swapped(p, p->renders[i]), "of");
        for (size_t k = 0; of != NULL && k < p->n; k++) {
            if (text_equal(p->renders[k]->name, of))
                compare_render(p, p->renders[i], p->renders[k]);
        }
    }
}
