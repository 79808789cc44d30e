/* A render that is another one with its images swapped. */
#include "common/json.h"
#include "common/text.h"
#include "drift-gates/renders/difference.h"
#include "drift-gates/image_pins/pins.h"

static void compare_object(struct pins *p, const struct object *o, const struct render *model)
{
    const struct object *m = render_find(model, o->kind, o->namespace, o->name);
    struct place where = object_place(p->g, o, NULL, NULL, "%s", "");
    if (m == NULL) {
        finding_between(p->g, "PIN-12", where, (struct place){ .file = model->file },
                        "is not in %s", model->name);
        return;
    }
    const char *at = json_difference(p->g->arena, o->value, m->value, "image");
    if (at != NULL)
        finding_between(p->g, "PIN-12", where, object_place(p->g, m, NULL, NULL, "%s", ""),
                        "differs from %s in %s", model->name, at);
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
