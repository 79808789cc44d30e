#include "drift-gates/settings.h"

#include <string.h>
#include <sys/stat.h>

#include "common/file.h"
#include "common/json.h"
#include "common/options.h"
#include "common/text.h"
#include "common/yaml.h"
#include "drift-gates/tree.h"

#define FILE_CAP ((size_t)1 << 20)

struct reader {
    struct arena *arena;
    const char *file;
    struct settings *s;
    struct error *e;
};

static bool fail(struct reader *r, const json_t *at, const char *key, const char *what)
{
    int line = yaml_line_of(r->arena, at, key);
    return error_set(r->e, "%s:%d: %s%s%s", r->file, line, key == NULL ? "" : key,
                     key == NULL ? "" : ": ", what);
}

/* Every member is one of `known`, which ends with NULL. */
static bool only_known(struct reader *r, const json_t *object, const char *const *known)
{
    const char *key;
    json_t *value;
    json_object_foreach ((json_t *)object, key, value) {
        size_t i = 0;
        while (known[i] != NULL && !text_equal(known[i], key))
            i++;
        if (known[i] != NULL)
            continue;
        const char *near = options_nearest(key, known);
        return fail(r, object, key,
                    near == NULL ? "is not known here"
                                 : arena_printf(r->arena, "is not known here; '%s'?", near));
    }
    return true;
}

/* A list of texts as an array that ends with NULL. Absent: an empty one. */
static bool read_texts(struct reader *r, const json_t *object, const char *key,
                       const char *const **out)
{
    const json_t *list = json_object_get(object, key);
    size_t n = json_array_size(list), i;
    const char **texts = arena_alloc_array(r->arena, n + 1, sizeof(*texts));
    json_t *item;
    if (list != NULL && !json_is_array(list))
        return fail(r, object, key, "must be a list of texts");
    json_array_foreach (list, i, item) {
        if (text_blank(json_string_value(item)))
            return fail(r, object, key, "must be a list of texts");
        texts[i] = json_string_value(item);
    }
    *out = texts;
    return true;
}

static bool read_render(struct reader *r, const json_t *renders, const char *name,
                        const json_t *value, struct render_source *out)
{
    static const char *const known[] = { "file", "overlay", "kind", NULL };
    const char *kind = json_text(value, "kind");
    if (!json_is_object(value))
        return fail(r, renders, name, "must be {file, overlay, kind}");
    if (!only_known(r, value, known))
        return false;
    if (text_blank(json_text(value, "file")))
        return fail(r, renders, name, "needs 'file'");
    if (!text_equal(kind, "production") && !text_equal(kind, "development"))
        return fail(r, renders, name, "needs 'kind': production or development");
    *out = (struct render_source){ .name = name,
                                   .file = json_text(value, "file"),
                                   .overlay = json_text(value, "overlay"),
                                   .production = text_equal(kind, "production"),
                                   .line = yaml_line_of(r->arena, renders, name) };
    return true;
}

static bool read_renders(struct reader *r, const json_t *root)
{
    const json_t *renders = json_object_get(root, "renders");
    const char *name;
    json_t *value;
    if (renders == NULL)
        return true;
    if (!json_is_object(renders))
        return fail(r, root, "renders", "must map names of environments");
    r->s->renders = arena_alloc_array(r->arena, json_object_size(renders), sizeof(*r->s->renders));
    json_object_foreach ((json_t *)renders, name, value) {
        if (!read_render(r, renders, name, value, &r->s->renders[r->s->n_renders]))
            return false;
        r->s->n_renders++;
    }
    return true;
}

static bool read_waivers(struct reader *r, const json_t *root)
{
    static const char *const known[] = { "rule", "file", "path", "owner", "reason", "until", NULL };
    const json_t *list = json_object_get(root, "waivers"), *row;
    size_t i;
    if (list != NULL && !json_is_array(list))
        return fail(r, root, "waivers", "must be a list");
    r->s->waivers = arena_alloc_array(r->arena, json_array_size(list) + 1, sizeof(*r->s->waivers));
    json_array_foreach (list, i, row) {
        if (!json_is_object(row))
            return fail(r, root, "waivers", "each is {rule, file, path, owner, reason, until}");
        if (!only_known(r, row, known))
            return false;
        r->s->waivers[r->s->n_waivers++] =
            (struct settings_waiver){ .rule = json_text(row, "rule"),
                                      .file = json_text(row, "file"),
                                      .path = json_text(row, "path"),
                                      .owner = json_text(row, "owner"),
                                      .reason = json_text(row, "reason"),
                                      .until = json_text(row, "until"),
                                      .line = yaml_line_of(r->arena, row, NULL) };
    }
    return true;
}

static bool read_root(struct reader *r, const json_t *root)
{
    static const char *const known[] = { "renders", "sources", "contract", "ignore",
                                         "require", "waivers", "gates",    NULL };
    struct settings *s = r->s;
    if (!json_is_object(root))
        return error_set(r->e, "%s: must be a mapping", r->file);
    s->contract = json_text(root, "contract");
    s->gates = json_object_get(root, "gates");
    if (s->gates != NULL && !json_is_object(s->gates))
        return fail(r, root, "gates", "must map names of gates");
    s->gates_line = yaml_line_of(r->arena, root, "gates");
    s->require_line = yaml_line_of(r->arena, root, "require");
    return only_known(r, root, known) && read_renders(r, root) && read_waivers(r, root) &&
           read_texts(r, root, "sources", &s->sources) &&
           read_texts(r, root, "ignore", &s->ignore) && read_texts(r, root, "require", &s->require);
}

/* A FIFO of that name in a strange tree would be waited for. */
static bool is_regular(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

static struct settings *create(struct arena *a, const char *file)
{
    static const char *const nothing[] = { NULL };
    struct settings *s = arena_alloc(a, sizeof(*s));
    s->arena = a;
    s->file = file;
    s->sources = s->ignore = s->require = nothing;
    return s;
}

bool settings_parse(struct arena *a, const char *file, struct bytes text, struct settings **out,
                    struct error *e)
{
    struct settings *s = *out = create(a, file);
    struct reader r = { .arena = a, .file = file, .s = s, .e = e };
    json_t *value = NULL;
    s->from_file = true;
    return (yaml_parse(a, text.data, text.len, &value, e) || error_prefix(e, "%s", file)) &&
           read_root(&r, value);
}

bool settings_read(struct arena *a, const char *root, const char *path, struct settings **out,
                   struct error *e)
{
    const char *name = path == NULL ? SETTINGS_FILE : path;
    struct bytes text;
    *out = create(a, name);
    if (path == NULL) {
        path = path_join(a, root, SETTINGS_FILE);
        if (!path_exists(path))
            return true;
        if (!is_regular(path))
            return error_set(e, "%s: is no regular file", SETTINGS_FILE);
    }
    return file_read(a, path, FILE_CAP, &text, e) && settings_parse(a, name, text, out, e);
}

static bool is_render(const char *path)
{
    return (text_ends(path, ".yaml") || text_ends(path, ".yml")) &&
           (text_contains(path, "/rendered/") || text_starts(path, "rendered/"));
}

static const char *stem_of(struct arena *a, const char *path)
{
    const char *slash = strrchr(path, '/');
    const char *name = slash == NULL ? path : slash + 1;
    return arena_strndup(a, name, (size_t)(strrchr(name, '.') - name));
}

static struct render_source *named(struct settings *s, const char *name)
{
    for (size_t i = 0; i < s->n_renders; i++) {
        if (text_equal(s->renders[i].name, name))
            return &s->renders[i];
    }
    return NULL;
}

static void add_renders(struct settings *s, const struct render_source *rows, size_t n)
{
    struct render_source *all = arena_alloc_array(s->arena, s->n_renders + n + 1, sizeof(*all));
    if (s->n_renders > 0)
        memcpy(all, s->renders, s->n_renders * sizeof(*all));
    if (n > 0)
        memcpy(all + s->n_renders, rows, n * sizeof(*all));
    s->renders = all;
    s->n_renders += n;
}

void settings_put_render(struct settings *s, struct render_source r)
{
    struct render_source *known = named(s, r.name);
    if (known != NULL)
        *known = r;
    else
        add_renders(s, &r, 1);
}

static bool check_renders(const struct settings *s, struct error *e)
{
    for (size_t i = 0; i < s->n_renders; i++) {
        const struct render_source *r = &s->renders[i];
        if (r->text.data != NULL || tree_find(s->tree, r->file) != NULL)
            continue;
        const struct tree_file *odd = tree_odd(s->tree, r->file);
        if (odd != NULL)
            return error_set(e, "%s:%d: renders.%s.file: %s is %s", s->file, r->line, r->name,
                             r->file, odd->problem);
        return error_set(e, "%s:%d: renders.%s.file: there is no %s", s->file, r->line, r->name,
                         r->file);
    }
    return true;
}

bool settings_complete(struct settings *s, const struct tree *t, struct error *e)
{
    size_t n = 0;
    s->tree = t;
    if (s->from_file)
        return check_renders(s, e);
    for (size_t i = 0; i < t->n; i++)
        n += is_render(t->files[i].path);
    struct render_source *found = arena_alloc_array(s->arena, n + 1, sizeof(*found));
    n = 0;
    for (size_t i = 0; i < t->n; i++) {
        const char *path = t->files[i].path, *name;
        if (!is_render(path) || named(s, name = stem_of(s->arena, path)) != NULL)
            continue;
        found[n++] = (struct render_source){ .name = name,
                                             .file = path,
                                             .production = text_starts(name, "prod") };
    }
    add_renders(s, found, n);
    return true;
}

bool settings_contract(const struct settings *s, enum contract_file f, const json_t **out,
                       struct error *e)
{
    static const char keys[CONTRACT_FILES];
    json_t *value = arena_attached(s->arena, &keys[f]);
    if (value == NULL) {
        const char *name = contract_file_name(f);
        struct bytes text = contract_file_bytes(f);
        if (s->contract != NULL) {
            const char *path = path_join(s->arena, s->contract, name);
            if (tree_find(s->tree, path) != NULL && !tree_read(s->tree, path, &text, e))
                return false;
            name = path;
        }
        if (!json_parse(s->arena, text.data, text.len, &value, e))
            return error_prefix(e, "%s", name);
        arena_attach(s->arena, &keys[f], value);
    }
    *out = value;
    return true;
}

const json_t *settings_of_gate(const struct settings *s, const char *gate)
{
    return json_object_get(s->gates, gate);
}

bool settings_known(const struct settings *s, const json_t *object, const char *const *known,
                    struct error *e)
{
    struct reader r = { .arena = s->arena, .file = SETTINGS_FILE, .e = e };
    if (object != NULL && !json_is_object(object))
        return fail(&r, object, NULL, "must be a mapping");
    return object == NULL || only_known(&r, object, known);
}

bool settings_of_gate_known(const struct settings *s, const char *gate, const char *const *known,
                            const json_t **out, struct error *e)
{
    *out = settings_of_gate(s, gate);
    return settings_known(s, *out, known, e);
}
