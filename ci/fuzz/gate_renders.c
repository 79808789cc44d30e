/* Fuzz target: of any bytes as a render every container is resolved; when they begin with '#', the
 * gates that resolve containers judge them, too, which takes longer. */
#include <stdlib.h>

#include "common/text.h"
#include "drift-gates/findings.h"
#include "drift-gates/kubelet.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_findings(const struct findings *f)
{
    for (size_t i = 0; i < f->n; i++) {
        if (f->rows[i].message == NULL || f->rows[i].where.line < 0)
            abort();
    }
}

static void resolve(struct gate_run *g, const struct object *o)
{
    size_t n;
    struct container *c = containers_of(g->arena, o, &n);
    for (size_t i = 0; i < n; i++) {
        const struct kubelet_environment *env = kubelet_environment(g, &c[i]);
        for (size_t k = 0; k < env->n; k++) {
            const char *value = (const char *)env->rows[k].value.data;
            if (kubelet_get(env, env->rows[k].name) != &env->rows[k])
                abort();
            if (env->rows[k].known == KUBELET_KNOWN && value[0] == '/')
                (void)kubelet_file(g, &c[i], value);
        }
    }
    (void)kubelet_volume_faults(g, o, &n);
}

static void resolve_all(const struct tree *t, const struct settings *s)
{
    struct gate_run g = {
        .arena = s->arena, .tree = t, .settings = s, .findings = findings_create(s->arena)
    };
    const struct render *r;
    struct error e = { "" };
    if (!render_open(&g, &s->renders[0], &r, &e))
        return;
    for (size_t i = 0; i < r->n; i++)
        resolve(&g, &r->objects[i]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const names[] = { "env-contract", "image-pins", "prod-obligations" };
    static const char *const nothing[] = { NULL };
    struct arena *a = arena_create();
    struct tree t = { .arena = a, .root = "." };
    struct render_source renders[] = {
        { .name = "dev", .file = "-", .text = { data, size } },
        { .name = "prod", .file = "-", .text = { data, size }, .production = true },
    };
    struct settings s = { .arena = a, .tree = &t, .renders = renders, .n_renders = 2 };
    s.sources = s.ignore = s.require = nothing;
    resolve_all(&t, &s);
    for (size_t i = 0; i < ARRAY_LEN(names) && size > 0 && data[0] == '#'; i++) {
        struct findings *f = findings_create(a);
        gate_execute(gate_named(names[i]), &t, &s, f);
        check_findings(f);
        const char *error = f->outcomes[0].error;
        if (error != NULL && (error[0] == '\0' || text_contains(error, "\n")))
            abort();
    }
    arena_destroy(a);
    return 0;
}
