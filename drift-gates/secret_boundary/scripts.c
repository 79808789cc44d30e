/* What is no YAML: scripts, image recipes and programs that read credentials. */
#include <ctype.h>

#include "common/arena.h"
#include "common/json.h"
#include "common/text.h"
#include "drift-gates/secret_boundary/boundary.h"
#include "drift-gates/secret_boundary/rules_data.h"
#include "drift-gates/secret_boundary/shapes.h"

#define LINE_CAP 65536 /* a longer line is judged by its beginning */

struct line {
    struct boundary *b;
    const char *file, *text;
    const char *function; /* the last line at the margin that opened one */
    int number;
};

/* `worth` NULL: every file is. */
static void each_line(struct boundary *b, const struct tree_file *f, bool (*worth)(struct bytes),
                      void (*judge)(struct line *))
{
    struct bytes text;
    struct error e = { .text = "" };
    if (!tree_map(b->g->tree, f, &text, &e)) {
        report_unreadable(b, f->path, 0, e.text);
        return;
    }
    const char *at = (const char *)text.data, *end = at + text.len;
    struct line l = { .b = b, .file = f->path, .function = "" };
    if (worth != NULL && !worth(text))
        end = at;
    while (at < end) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        size_t len = (size_t)((stop == NULL ? end : stop) - at);
        l.text = arena_strndup(b->a, at, len > LINE_CAP ? LINE_CAP : len);
        l.number++;
        judge(&l);
        at += len + 1;
    }
    tree_unmap(text);
}

static struct place place_of(const struct line *l)
{
    return (struct place){ .file = l->file, .line = l->number };
}

/* --set a.b=value, --set-string …: a credential on a command line. */
static void judge_set(struct line *l)
{
    for (const char *at = l->text; (at = strstr(at, "--set")) != NULL;) {
        at += strcspn(at, " =\t");
        at += strspn(at, " =\t\"'");
        size_t len = strcspn(at, " \t\"'");
        const char *pair = arena_strndup(l->b->a, at, len);
        const char *equals = strchr(pair, '=');
        if (equals == NULL || !is_literal(equals + 1))
            continue;
        const char *key = arena_strndup(l->b->a, pair, (size_t)(equals - pair));
        if (strchr(equals, '$') == NULL && class_of(l->b, key, equals + 1).class == KEY_CREDENTIAL)
            boundary_report(l->b, "B-03", place_of(l), key, equals + 1,
                            "a script sets %s, a credential, to a literal", key);
    }
}

static void judge_script(struct line *l)
{
    judge_set(l);
    if (shape_url_userinfo(l->b->a, l->b->data, l->text))
        boundary_report(l->b, "B-04", place_of(l), "url", NULL,
                        "a script holds a URL with a password");
}

static bool is_script(const char *path)
{
    static const char *const ends[] = { ".sh", ".bash", ".py", ".ps1" };
    for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
        if (text_ends(path, ends[i]))
            return true;
    }
    return false;
}

static bool is_recipe(const char *path)
{
    const char *name = file_name_of(path);
    return text_starts(name, "Dockerfile") || text_starts(name, "Containerfile") ||
           text_ends(name, ".dockerfile");
}

static void judge_pair(struct line *l, const char *what, const char *key, const char *value)
{
    struct classified c = class_of(l->b, key, value);
    if (!is_literal(value))
        return;
    if (c.class == KEY_CREDENTIAL)
        boundary_report(l->b, "B-07", place_of(l), key, value, "%s sets %s, a credential (%s)",
                        what, key, c.why);
    else if (data_glob(l->b->data, "environment_hosts", value) || text_contains(value, "://"))
        boundary_report(l->b, "B-07", place_of(l), key, value,
                        "%s sets %s to an address of one place", what, key);
}

static void judge_recipe(struct line *l)
{
    const char *text = l->text + strspn(l->text, " \t");
    const char *what = arena_strndup(l->b->a, text, strcspn(text, " \t"));
    if (text_equal_nocase(what, "COPY") || text_equal_nocase(what, "ADD")) {
        const char *file = strstr(text, ".env");
        if (file != NULL && strchr(" /\t", file[-1]) != NULL && strchr(" .\t", file[4]) != NULL)
            boundary_report(l->b, "B-07", place_of(l), ".env", NULL,
                            "the image takes a .env file along");
    }
    if (!text_equal_nocase(what, "ENV") && !text_equal_nocase(what, "ARG"))
        return;
    const char *at = text + strlen(what);
    while (*(at += strspn(at, " \t")) != '\0') {
        size_t len = strcspn(at, "= \t");
        const char *key = arena_strndup(l->b->a, at, len);
        at += len;
        bool old = text_equal_nocase(what, "ENV") && (*at == ' ' || *at == '\t');
        size_t value = old ? strlen(at) : *at == '=' ? strcspn(at, " \t") : 0;
        if (value > 1)
            judge_pair(l, what, key, text_trim(l->b->a, arena_strndup(l->b->a, at + 1, value - 1)));
        at += value;
    }
}

/* The names a line reads from the environment: getenv("X"), os.Getenv("X"), os.environ["X"],
 * process.env.X. */
static const char *read_name(struct arena *a, const char *text, const char *call)
{
    const char *at = strstr(text, call);
    if (at == NULL || (at != text && (isalnum((unsigned char)at[-1]) || at[-1] == '_')))
        return NULL;
    at += strlen(call);
    at += strspn(at, " (['\"");
    size_t len = 0;
    while (isalnum((unsigned char)at[len]) || at[len] == '_')
        len++;
    return arena_strndup(a, at, len);
}

static bool is_reader(const struct boundary *b, const char *file, const char *function)
{
    const json_t *readers = json_object_get(b->settings, "readers");
    size_t i;
    json_t *row;
    if (text_contains(function, "config_from_env") || text_contains(function, "ConfigFromEnv"))
        return true;
    json_array_foreach ((json_t *)readers, i, row) {
        const char *pattern = json_string_value(row);
        if (pattern != NULL && (text_contains(function, pattern) || text_glob(pattern, file)))
            return true;
    }
    return false;
}

static void judge_source(struct line *l)
{
    static const char *const calls[] = { "getenv", "os.Getenv", "os.environ", "process.env." };
    const char *text = l->text;
    if (isalpha((unsigned char)text[0]) && strchr(text, '(') != NULL && strchr(text, ';') == NULL)
        l->function = text;
    const char *code = text + strspn(text, " \t");
    if (text_starts(code, "//") || text_starts(code, "*") || text_starts(code, "/*") ||
        text_starts(code, "#"))
        return;
    for (size_t i = 0; i < ARRAY_LEN(calls); i++) {
        const char *name = read_name(l->b->a, text, calls[i]);
        if (name == NULL || class_of(l->b, name, NULL).class != KEY_CREDENTIAL)
            continue;
        gate_compared(l->b->g, 1, "reads of credentials in sources");
        if (!is_reader(l->b, l->file, l->function))
            boundary_report(l->b, "B-21", place_of(l), name, NULL,
                            "%s is read outside a reader that could refuse it", name);
    }
}

static bool reads_environment(struct bytes text)
{
    return memmem(text.data, text.len, "env", 3) != NULL &&
           (memmem(text.data, text.len, "getenv", 6) != NULL ||
            memmem(text.data, text.len, "Getenv", 6) != NULL ||
            memmem(text.data, text.len, "os.environ", 10) != NULL ||
            memmem(text.data, text.len, "process.env.", 12) != NULL);
}

static bool is_source(const struct boundary *b, const char *path)
{
    static const char *const ends[] = { ".c", ".go", ".py", ".js", ".ts" };
    const char *const *folders = b->g->settings->sources;
    bool source = false, below = *folders == NULL;
    for (size_t i = 0; i < ARRAY_LEN(ends); i++)
        source = source || text_ends(path, ends[i]);
    for (; *folders != NULL; folders++)
        below = below || (text_starts(path, *folders) && path[strlen(*folders)] == '/');
    return source && below && !text_contains(file_name_of(path), "_test.") &&
           !text_contains(file_name_of(path), ".test.");
}

static bool is_fixture(const struct boundary *b, const char *path)
{
    return data_glob(b->data, "fixture_scripts", file_name_of(path)) ||
           json_array_has_text(json_object_get(b->settings, "fixtures"), path);
}

void check_scripts(struct boundary *b)
{
    for (size_t i = 0; i < b->g->tree->n; i++) {
        const struct tree_file *f = &b->g->tree->files[i];
        if (is_fixture(b, f->path))
            continue;
        if (is_script(f->path)) {
            each_line(b, f, NULL, judge_script);
            gate_compared(b->g, 1, "scripts");
        } else if (is_recipe(f->path)) {
            each_line(b, f, NULL, judge_recipe);
            gate_compared(b->g, 1, "image recipes");
        }
        if (is_source(b, f->path))
            each_line(b, f, reads_environment, judge_source);
    }
}
