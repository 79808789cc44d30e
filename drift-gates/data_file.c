#include "drift-gates/data_file.h"

#include "common/json.h"
#include "common/text.h"
#include "common/yaml.h"

struct place data_file_place(struct gate_run *g, const struct data_file *f, const json_t *at,
                             const char *key)
{
    return (struct place){ .file = f->path, .line = yaml_line_of(g->arena, at, key) };
}

bool data_file_fail(struct gate_run *g, const struct data_file *f, const json_t *at,
                    const char *key, const char *what, struct error *e)
{
    int line = yaml_line_of(g->arena, at, key);
    return error_set(e, "%s:%d: %s%s%s", f->path, line, key == NULL ? "" : key,
                     key == NULL ? "" : ": ", what);
}

static bool is_one_of(const char *word, const char *const *words)
{
    for (size_t i = 0; words[i] != NULL; i++) {
        if (text_equal(words[i], word))
            return true;
    }
    return false;
}

bool data_file_read(struct gate_run *g, const json_t *settings, const char *member,
                    const char *otherwise, const char *const *known, struct data_file *out,
                    struct error *e)
{
    const char *named = json_text(settings, member), *key;
    struct bytes text;
    json_t *value, *row;
    *out = (struct data_file){ .path = named == NULL ? otherwise : named };
    if (json_object_get(settings, member) != NULL && named == NULL)
        return error_set(e, "%s: gates.%s.%s must name a file", SETTINGS_FILE, g->gate->name,
                         member);
    if (named == NULL && tree_find(g->tree, otherwise) == NULL)
        return true;
    if (!tree_read(g->tree, out->path, &text, e))
        return false;
    if (!yaml_parse(g->arena, text.data, text.len, &value, e))
        return error_prefix(e, "%s", out->path);
    out->value = value;
    if (!json_is_object(value))
        return error_set(e, "%s: must be a mapping", out->path);
    json_object_foreach (value, key, row) {
        if (!is_one_of(key, known))
            return data_file_fail(g, out, value, key, "is not known here", e);
    }
    return true;
}
