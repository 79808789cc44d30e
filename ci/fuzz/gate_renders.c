/* Fuzz target: any bytes as a development and as a production render are judged, or refused in one
 * line, by the gates that resolve containers. */
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
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
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
