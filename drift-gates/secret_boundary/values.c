/* Values files: what a key is, by the same path in every environment. */
#include "common/arena.h"
#include "common/json.h"
#include "common/text.h"
#include "common/yaml.h"
#include "drift-gates/secret_boundary/boundary.h"
#include "drift-gates/secret_boundary/rules_data.h"

struct one_file {
    struct boundary *b;
    const struct values_file *v;
    size_t keys;
};

static struct place leaf_place(const struct boundary *b, const struct values_file *v,
                               struct leaf leaf)
{
    return (struct place){ .file = v->file,
                           .line = yaml_line_of(b->a, leaf.parent, leaf.in_list ? NULL : leaf.key),
                           .path = leaf.path,
                           .environment = v->environment[0] == '\0' ? NULL : v->environment };
}

/* The name of a key inside a Secret, beside the Secret's name, is no secret. */
static bool names_a_key(const struct boundary *b, struct leaf leaf)
{
    static const char *const beside[] = { "name", "secretName", "existingSecret" };
    const char *words = key_words(b->a, leaf.key);
    for (size_t i = 0; i < ARRAY_LEN(beside); i++) {
        if (words_end(words, "key") && json_text(leaf.parent, beside[i]) != NULL)
            return true;
    }
    return false;
}

/* Does another environment's file of the service take what stands below `path` by reference? */
static const struct values_file *referenced_elsewhere(const struct boundary *b,
                                                      const struct values_file *v, const char *path)
{
    const char *dot = strrchr(path, '.');
    const char *group = dot == NULL ? "" : arena_strndup(b->a, path, (size_t)(dot - path));
    const char *pointer = arena_printf(b->a, group[0] == '\0' ? "%s" : "/%s",
                                       text_replace_char(b->a, group, '.', '/'));
    for (size_t i = 0; i < b->n_values; i++) {
        const struct values_file *other = &b->values[i];
        if (other == v || !text_equal(other->service, v->service) ||
            other->environment[0] == '\0' || text_equal(other->environment, v->environment))
            continue;
        if (has_reference(b, json_at(other->value, pointer)))
            return other;
    }
    return NULL;
}

static void report_literal(const struct one_file *f, struct leaf leaf, struct classified c)
{
    struct boundary *b = f->b;
    struct place at = leaf_place(b, f->v, leaf);
    const struct values_file *other =
        f->v->environment[0] == '\0' ? NULL : referenced_elsewhere(b, f->v, leaf.path);
    const char *shape = credential_shape(b->a, b->data, leaf.key, leaf.text);
    const char *print = secret_print(b->a, leaf.text, strlen(leaf.text));
    if (other != NULL)
        boundary_report(b, "B-14", at, leaf.path, leaf.text,
                        "%s is a literal here (%s) and a reference to a Secret in %s", leaf.path,
                        print, other->environment);
    else
        boundary_report(b, shape_is_url(shape) ? "B-04" : "B-03", at, leaf.path, leaf.text,
                        "%s is a credential (%s, %s)", leaf.path, c.why, print);
}

static void judge_leaf(void *context, struct leaf leaf)
{
    struct one_file *f = context;
    struct boundary *b = f->b;
    f->keys++;
    if (!is_literal(leaf.text) || names_a_key(b, leaf))
        return;
    struct classified c = class_of(b, leaf.in_list ? "item" : leaf.path, leaf.text);
    /* A path's last word decides: auth.enabled is no credential, auth.password is. */
    if (c.class == KEY_CREDENTIAL && !c.by_value && !leaf.in_list)
        c = class_of(b, leaf.key, leaf.text);
    if (c.class == KEY_KNOB && !leaf.in_list)
        c = class_of(b, leaf.key, leaf.text);
    if (c.class == KEY_CREDENTIAL ||
        (!leaf.in_list && is_companion(b->a, b->data, leaf.key, leaf.parent)))
        report_literal(f, leaf, c);
    else if (c.class == KEY_UNDECIDED && !data_has(b->data, "toggle_keys", leaf.key))
        boundary_report(
            b, "B-01", leaf_place(b, f->v, leaf), leaf.path, leaf.text,
            "nobody has said whether %s is a credential; its name says so and its value does not",
            leaf.path);
}

void check_values(struct boundary *b)
{
    for (size_t i = 0; i < b->n_values; i++) {
        struct one_file f = { b, &b->values[i], 0 };
        walk_leaves(b->a, b->values[i].value, judge_leaf, &f);
        gate_compared(b->g, f.keys, "keys of values files");
    }
}
