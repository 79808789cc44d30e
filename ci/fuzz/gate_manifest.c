/* Fuzz target: any stream is read into objects that have their names, with containers and data that
 * can be asked for, or refused in one line. */
#include <stdlib.h>
#include <string.h>

#include "common/arena.h"
#include "common/text.h"
#include "drift-gates/findings.h"
#include "drift-gates/manifest.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds)
        abort();
}

static void check_data(struct arena *a, const struct object *o, const char *member)
{
    const char *key;
    json_t *value;
    json_object_foreach (json_object_get(o->value, member), key, value) {
        struct bytes bytes;
        const json_t *from;
        if (object_data(a, o, key, &bytes, &from))
            require(from != NULL && (bytes.len == 0 || bytes.data != NULL));
    }
}

static void check_object(struct gate_run *g, const struct object *o)
{
    size_t n;
    struct container *c = containers_of(g->arena, o, &n);
    require(o->kind != NULL && o->name != NULL && o->namespace != NULL);
    require(render_find(o->render, o->kind, o->namespace, o->name) != NULL);
    require(object_place(g, o, NULL, NULL, "%s", "").path != NULL);
    for (size_t i = 0; i < n; i++)
        require(c[i].name != NULL && container_place(g, &c[i], NULL, "image", "x").path != NULL);
    (void)pod_template_meta_of(o);
    check_data(g->arena, o, "data");
    check_data(g->arena, o, "stringData");
    check_data(g->arena, o, "binaryData");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = arena_create();
    struct error e = { "" };
    struct render_source from = { .name = "fuzz", .file = "-", .text = { data, size } };
    struct settings s = { .arena = a, .renders = &from, .n_renders = 1 };
    struct gate_run g = {
        .arena = a, .gate = &framework_gate, .settings = &s, .findings = findings_create(a)
    };
    const struct render *r;
    if (render_open(&g, &from, &r, &e)) {
        for (size_t i = 0; i < r->n; i++)
            check_object(&g, &r->objects[i]);
    } else {
        require(text_starts(e.text, "-: ") && !text_contains(e.text, "\n"));
    }
    arena_destroy(a);
    return 0;
}
