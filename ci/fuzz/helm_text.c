/* Fuzz target: whatever a chart's template holds, its actions lie inside the text and inside each
 * other, its lines stay where they are when it is rendered, and no shape of a value reads past it.
 * The part before the first NUL is read as values. */
#include <stdlib.h>
#include <string.h>

#include "common/arena.h"
#include "common/json.h"
#include "common/yaml.h"
#include "drift-gates/secret_boundary/classify.h"
#include "drift-gates/secret_boundary/helm_text.h"
#include "drift-gates/secret_boundary/rules_data.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds)
        abort();
}

static size_t lines_of(const char *text, size_t len)
{
    size_t n = 0;
    for (size_t i = 0; i < len; i++)
        n += text[i] == '\n';
    return n;
}

static void check_actions(struct arena *a, const struct helm_text *t)
{
    size_t before = 0;
    for (size_t i = 0; i < t->n; i++) {
        const struct helm_action *x = &t->actions[i];
        require(x->from >= before && x->to > x->from && x->to <= t->text.len);
        require(x->parent <= i && (x->end == 0 || (x->end > i && x->end <= t->n)));
        before = x->to;
        const char *bare = helm_bare(a, x->text);
        require(strlen(bare) == strlen(x->text));
        for (const char **path = helm_paths(a, bare); *path != NULL; path++)
            require(strstr(bare, *path) != NULL);
        (void)helm_around(t, i, HELM_IF);
    }
}

static void check_render(struct arena *a, const struct helm_text *t, const json_t *values)
{
    struct helm_token *tokens = NULL;
    const json_t *data;
    struct error e;
    bool active;
    const char *out = helm_render(a, t, values, &tokens);
    /* A NUL ends the text; and a template with a problem is not rendered by anybody. */
    if (t->problem == NULL)
        require(lines_of(out, strlen(out)) == lines_of((const char *)t->text.data, t->text.len));
    (void)helm_shown(a, tokens, out);
    require(helm_texts(a, tokens, out)[0] != NULL || tokens != NULL);
    (void)helm_document_guard(a, t, values, 1, &active);
    require(boundary_data(a, &data, &e));
    (void)boundary_classify(a, data, NULL, "KEY", out);
    (void)boundary_classify(a, data, NULL, out, out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = arena_create();
    struct error e = { "" };
    struct helm_text t;
    json_t *values;
    const uint8_t *nul = size == 0 ? NULL : memchr(data, '\0', size);
    size_t first = nul == NULL ? 0 : (size_t)(nul - data);
    if (nul == NULL || !yaml_parse(a, data, first, &values, &e))
        values = json_own(a, json_object());
    size_t from = nul == NULL ? 0 : first + 1;
    helm_scan(a, (struct bytes){ data + from, size - from }, &t);
    check_actions(a, &t);
    check_render(a, &t, values);
    arena_destroy(a);
    return 0;
}
