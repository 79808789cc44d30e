/* The gate secret-boundary: its rules, and the order in which they look. */
#include "drift-gates/secret_boundary/secret_boundary.h"

#include "common/json.h"
#include "common/text.h"
#include "drift-gates/findings.h"
#include "drift-gates/secret_boundary/boundary.h"
#include "drift-gates/secret_boundary/matrix.h"

static const struct gate_rule rules[] = {
#include "drift-gates/secret_boundary/rules.def"
};

static bool run(struct gate_run *g, struct error *e)
{
    struct boundary b = { .g = g, .a = g->arena };
    if (!boundary_load(&b, e))
        return false;
    check_manifests(&b);
    check_values(&b);
    check_scripts(&b);
    check_external(&b);
    check_guards(&b);
    check_places(&b);
    check_parity(&b);
    check_order(&b);
    check_fixtures(&b);
    check_matrix(&b);
    check_tracker(&b);
    check_differences(&b);
    return true;
}

const struct gate gate_secret_boundary = {
    .name = "secret-boundary",
    .says = "no credential inline or in a ConfigMap; delivery, guards, parity, order, matrix",
    .rules = rules,
    .n_rules = ARRAY_LEN(rules),
    .run = run,
};

bool secret_matrix(struct arena *a, const struct tree *t, const struct settings *s,
                   const char **file, const char **text, struct error *e)
{
    struct gate_run g = { .arena = a,
                          .gate = &gate_secret_boundary,
                          .tree = t,
                          .settings = s,
                          .findings = findings_create(a) };
    struct boundary b = { .g = &g, .a = a };
    if (!boundary_load(&b, e))
        return false;
    *file = json_text(b.settings, "matrix");
    if (*file == NULL)
        return error_set(e, "%s: gates.secret-boundary.matrix names no document", SETTINGS_FILE);
    return matrix_write(&b, text, e);
}
