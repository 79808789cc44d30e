#include "drift-gates/prepare.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/file.h"
#include "common/memory.h"
#include "common/options.h"
#include "common/text.h"
#include "harness/exit_code.h"

static bool is_gate(const struct gate *const *table, const char *name)
{
    for (size_t i = 0; table[i] != NULL; i++) {
        if (text_equal(table[i]->name, name))
            return true;
    }
    return false;
}

static bool no_gate(const struct gate *const *table, const char *name, struct error *e)
{
    const char *near = gate_nearest(table, name);
    if (near != NULL)
        return error_set(e, "no gate '%s'; did you mean '%s'?", name, near);
    return error_set(e, "no gate '%s'; `plexconf gate --list` shows them", name);
}

/* Gates are named by the command line, by `require:` and by `gates:`. */
static bool check_names(const struct gate *const *table, const struct gate_options *o,
                        const struct settings *s, struct error *e)
{
    const char *name;
    json_t *value;
    for (const char *const *word = o->names; *word != NULL; word++) {
        if (!is_gate(table, *word))
            return no_gate(table, *word, e) || error_prefix(e, "gate");
    }
    for (const char *const *word = s->require; *word != NULL; word++) {
        if (!is_gate(table, *word))
            return no_gate(table, *word, e) ||
                   error_prefix(e, "%s:%d: require", s->file, s->require_line);
    }
    json_object_foreach ((json_t *)s->gates, name, value) {
        if (!is_gate(table, name))
            return no_gate(table, name, e) ||
                   error_prefix(e, "%s:%d: gates", s->file, s->gates_line);
    }
    return true;
}

/* "deploy/web.yaml" when the file lies in the tree, else NULL. */
static const char *inside(struct arena *a, const char *tree, const char *file)
{
    char *root = realpath(tree, NULL), *path = realpath(file, NULL);
    const char *below = NULL;
    if (root != NULL && path != NULL) {
        const char *prefix = text_ends(root, "/") ? root : arena_printf(a, "%s/", root);
        if (text_starts(path, prefix))
            below = arena_strdup(a, path + strlen(prefix));
    }
    mem_free(root);
    mem_free(path);
    return below;
}

static bool read_stream(struct arena *a, struct render_source *r, struct error *e)
{
    return text_equal(r->file, "-")
               ? file_read_fd(a, STDIN_FILENO, "standard input", TREE_FILE_CAP, &r->text, e)
               : file_read(a, r->file, TREE_FILE_CAP, &r->text, e);
}

static bool put_render(struct arena *a, const struct gate_options *o, struct settings *s,
                       const char *word, struct error *e)
{
    const char *sign = strchr(word, '=');
    if (sign == NULL || sign == word || sign[1] == '\0')
        return error_set(e, "--render %s: must be NAME=FILE, or NAME=- for standard input", word);
    struct render_source r = { .name = arena_strndup(a, word, (size_t)(sign - word)),
                               .file = sign + 1 };
    r.production = text_starts(r.name, "prod");
    for (size_t i = 0; i < s->n_renders; i++) {
        if (text_equal(s->renders[i].name, r.name))
            r.production = s->renders[i].production;
    }
    if (!read_stream(a, &r, e))
        return error_prefix(e, "--render %s", r.name);
    /* A finding names the file as the tree does, so that waivers fit. */
    const char *below = text_equal(r.file, "-") ? NULL : inside(a, o->tree, r.file);
    if (below != NULL)
        r.file = below;
    settings_put_render(s, r);
    return true;
}

static bool put_renders(struct arena *a, const struct gate_options *o, struct settings *s,
                        struct error *e)
{
    for (const char *const *word = o->renders; *word != NULL; word++) {
        if (!put_render(a, o, s, *word, e))
            return false;
    }
    return true;
}

/* "RENDER=PATH", or a path alone: one with a "=" is written after an empty name. */
static bool put_logs(struct arena *a, const struct gate_options *o, struct settings *s,
                     struct error *e)
{
    for (const char *const *word = o->logs; *word != NULL; word++) {
        const char *sign = strchr(*word, '=');
        const char *path = sign == NULL ? *word : sign + 1;
        const char *render =
            sign == NULL || sign == *word ? NULL : arena_strndup(a, *word, (size_t)(sign - *word));
        if (o->add_logs == NULL)
            return error_set(e, "--logs %s: no gate here reads logs", *word);
        if (*path == '\0')
            return error_set(e, "--logs %s: must be PATH or RENDER=PATH", *word);
        if (!o->add_logs(s, path, render, e))
            return error_prefix(e, "--logs %s", *word);
    }
    return true;
}

/* Standard input can be read once. */
static bool check_streams(const struct gate_options *o, struct error *e)
{
    size_t streams = 0;
    for (const char *const *word = o->renders; *word != NULL; word++)
        streams += text_ends(*word, "=-");
    for (const char *const *word = o->logs; *word != NULL; word++)
        streams += text_equal(*word, "-") || text_ends(*word, "=-");
    return streams <= 1 || error_set(e, "standard input (-) can be given once only");
}

static bool put_observations(const struct gate_options *o, struct settings *s, struct error *e)
{
    s->observations = o->observations;
    return o->observations == NULL || path_exists(o->observations) ||
           error_set(e, "--observations %s: there is no such file", o->observations);
}

static bool mark_production(struct arena *a, const struct gate_options *o, struct settings *s,
                            struct error *e)
{
    const char **names = arena_alloc_array(a, s->n_renders + 1, sizeof(*names));
    for (size_t i = 0; i < s->n_renders; i++)
        names[i] = s->renders[i].name;
    for (const char *const *word = o->production; *word != NULL; word++) {
        size_t i = 0;
        while (i < s->n_renders && !text_equal(names[i], *word))
            i++;
        if (i < s->n_renders) {
            s->renders[i].production = true;
            continue;
        }
        const char *near = options_nearest(*word, names);
        return error_set(e, "--production %s: there is no such render%s%s%s", *word,
                         near == NULL ? "" : "; did you mean '", near == NULL ? "" : near,
                         near == NULL ? "" : "'?");
    }
    return true;
}

bool gates_prepare(struct arena *a, const struct gate *const *table, const struct gate_options *o,
                   struct prepared *out, int *code, struct error *e)
{
    *code = EXIT_USAGE;
    if (!path_exists(o->tree))
        return error_set(e, "tree %s: there is no such folder", o->tree);
    if (!settings_read(a, o->tree, o->settings, &out->settings, e) ||
        !check_names(table, o, out->settings, e) || !check_streams(o, e) ||
        !put_renders(a, o, out->settings, e) || !put_observations(o, out->settings, e) ||
        !put_logs(a, o, out->settings, e))
        return false;
    if (!tree_open(a, o->tree, out->settings->ignore, &out->tree, e)) {
        *code = out->tree == NULL ? EXIT_USAGE : EXIT_BROKEN;
        return false;
    }
    return settings_complete(out->settings, out->tree, e) &&
           mark_production(a, o, out->settings, e);
}
