#include "drift-gates/insecure_default/announcers.h"

#include "common/buffer.h"
#include "common/json.h"
#include "common/text.h"
#include "drift-gates/prod_leak/scan.h"

#define MODE "PLEXSPHERE_MODE"
#define WORD_CAP ((size_t)1 << 20)

/* ---- the announcements there are ---- */

static bool add_rows(const json_t *list, const char *file, const char *member,
                     struct announcement *rows, size_t *n, struct error *e)
{
    size_t i;
    json_t *item;
    json_array_foreach ((json_t *)list, i, item) {
        const char *first = json_text(item, "prod_delta_first_sentence");
        const char *sentence = first != NULL ? first : json_text(item, member);
        const char *name = json_text(item, "name");
        if (text_blank(name) || text_blank(sentence))
            return error_set(e, "%s: row %zu needs 'name' and '%s'", file, i + 1, member);
        rows[(*n)++] = (struct announcement){ name, sentence };
    }
    return true;
}

static bool read_own(struct gate_run *g, const json_t **list, const char **file, struct error *e)
{
    struct bytes text;
    json_t *value;
    *list = NULL;
    *file = json_text(settings_of_gate(g->settings, g->gate->name), "announcements");
    if (*file == NULL)
        return true;
    if (!tree_read(g->tree, *file, &text, e))
        return false;
    if (!json_parse(g->settings->arena, text.data, text.len, &value, e))
        return error_prefix(e, "%s", *file);
    *list = json_member(value, "announcements");
    return json_is_array(*list) || error_set(e, "%s: needs a list 'announcements'", *file);
}

bool announcements_read(struct gate_run *g, const struct announcements **out, struct error *e)
{
    const json_t *stack, *own;
    const char *file;
    size_t n = 0;
    if (!settings_contract(g->settings, CONTRACT_DEV_STACK, &stack, e) ||
        !read_own(g, &own, &file, e))
        return false;
    const json_t *rows = json_member(stack, "dependencies");
    struct announcement *all =
        arena_alloc_array(g->arena, json_array_size(rows) + json_array_size(own) + 1, sizeof(*all));
    if (!add_rows(rows, contract_file_name(CONTRACT_DEV_STACK), "prod_delta", all, &n, e) ||
        !add_rows(own, file, "sentence", all, &n, e))
        return false;
    *out = announcements_create(g->arena, all, n);
    return n > 0 || error_set(e, "dev-stack.json names no dependency");
}

/* ---- which one belongs to a Pod ---- */

/* "postgres" of "docker.io/library/postgres:16-alpine@sha256:…". */
static const char *image_name(struct arena *a, const char *image)
{
    const char *slash;
    if (image == NULL)
        return "";
    char *name = arena_strdup(a, image);
    name[strcspn(name, "@")] = '\0';
    slash = strrchr(name, '/');
    char *last = slash == NULL ? name : name + (slash - name) + 1;
    last[strcspn(last, ":")] = '\0';
    return last;
}

static const json_t *dependency_of_image(struct arena *a, const json_t *stack, const char *image)
{
    size_t i;
    json_t *row;
    const char *name = image_name(a, image);
    const json_t *rows = json_member(stack, "dependencies");
    json_array_foreach (rows, i, row) {
        if (text_equal(name, json_text(row, "name")) ||
            text_equal(name, image_name(a, json_text(row, "image"))))
            return row;
    }
    return NULL;
}

static const struct announcement *expected_of(struct arena *a, const struct announcements *all,
                                              const json_t *stack, const struct object *o,
                                              const struct container *c, size_t n)
{
    const struct announcement *found = announcement_named(all, o->name);
    for (size_t i = 0; i < n && found == NULL; i++) {
        const json_t *row = c[i].init ? NULL : dependency_of_image(a, stack, c[i].image);
        if (row != NULL)
            found = announcement_named(all, json_text(row, "name"));
    }
    return found;
}

/* ---- words of a command ---- */

static void add_words(const json_t *list, const char **words, size_t *n)
{
    size_t i;
    json_t *item;
    json_array_foreach ((json_t *)list, i, item) {
        if (json_is_string(item))
            words[(*n)++] = json_string_value(item);
    }
}

static const char **words_of(struct arena *a, const struct container *c, size_t *n)
{
    const json_t *command = json_member(c->spec, "command"), *args = json_member(c->spec, "args");
    const char **words =
        arena_alloc_array(a, json_array_size(command) + json_array_size(args) + 1, sizeof(*words));
    *n = 0;
    add_words(command, words, n);
    add_words(args, words, n);
    return words;
}

/* A shell's words: quotes are undone, blanks, line breaks and ; & | part them. */
static struct bytes shell_word(struct arena *a, const char **at)
{
    struct buffer b;
    const char *p = *at;
    char quote = '\0';
    buffer_init_arena(&b, WORD_CAP, a);
    for (; *p != '\0' && (quote != '\0' || strchr(" \t\n;&|", *p) == NULL); p++) {
        if (quote == '\0' && (*p == '"' || *p == '\''))
            quote = *p;
        else if (*p == quote)
            quote = '\0';
        else if (*p == '\\' && quote != '\'' && p[1] != '\0')
            buffer_char(&b, *++p);
        else
            buffer_char(&b, *p);
    }
    *at = *p == '\0' ? p : p + 1;
    return (struct bytes){ (const unsigned char *)b.data, b.len };
}

/* The line that a word spells out: itself, or what a shell would make of it. */
static bool find_line(struct arena *a, const struct announcements *all, const char *word,
                      struct bytes *line)
{
    if (!scanner_any(all->marks, BYTES_OF_TEXT(word)))
        return false;
    *line = BYTES_OF_TEXT(word);
    if (text_starts(word, "level="))
        return true;
    while (*word != '\0') {
        struct bytes part = shell_word(a, &word);
        if (!scanner_any(all->marks, part))
            continue;
        const unsigned char *from = memmem(part.data, part.len, "level=", 6);
        *line = from == NULL ? part : (struct bytes){ from, (size_t)(part.data + part.len - from) };
        while (line->len > 1 && memcmp(line->data + line->len - 2, "\\n", 2) == 0)
            line->len -= 2; /* printf's */
        return true;
    }
    return true;
}

/* ---- environment ---- */

static const char *config_value(const struct object *o, const char *name, const char *key)
{
    const struct object *map =
        name == NULL ? NULL : render_find(o->render, "ConfigMap", o->namespace, name);
    return map == NULL ? NULL : json_text(json_member(map->value, "data"), key);
}

/* The value of a variable that is no secret; the container's own entries win, later ones too. */
static const char *env_value(const struct container *c, const char *name)
{
    const char *value = NULL;
    size_t i;
    json_t *row;
    const json_t *from = json_member(c->spec, "envFrom"), *env = json_member(c->spec, "env");
    json_array_foreach (from, i, row) {
        const char *prefix = json_text(row, "prefix") == NULL ? "" : json_text(row, "prefix");
        const char *map = json_text(json_member(row, "configMapRef"), "name");
        const char *there =
            text_starts(name, prefix) ? config_value(c->owner, map, name + strlen(prefix)) : NULL;
        value = there == NULL ? value : there;
    }
    json_array_foreach (env, i, row) {
        const json_t *ref = json_member(json_member(row, "valueFrom"), "configMapKeyRef");
        if (!text_equal(json_text(row, "name"), name))
            continue;
        value = ref == NULL ? json_text(row, "value")
                            : config_value(c->owner, json_text(ref, "name"), json_text(ref, "key"));
    }
    return value;
}

/* ---- announcers ---- */

static bool announces_itself(struct arena *a, const json_t *stack, const struct container *c,
                             const struct announcement *expected)
{
    const json_t *row = c->init ? NULL : dependency_of_image(a, stack, c->image);
    return row != NULL && expected != NULL && text_equal(json_text(row, "name"), expected->name) &&
           json_text(json_member(row, "config"), "emits_warning_via") != NULL;
}

static bool is_announcer(struct gate_run *g, const struct announcements *all, const json_t *stack,
                         const struct announcement *expected, struct announcer *out)
{
    size_t n;
    const struct container *c = &out->container;
    const char **words = words_of(g->arena, c, &n);
    for (size_t i = 0; i < n; i++) {
        if (text_equal(words[i], "announce") && i + 1 < n) {
            out->how = ANNOUNCER_TOOL;
            out->name = words[i + 1];
            return true;
        }
        if (find_line(g->arena, all, words[i], &out->line)) {
            out->how = ANNOUNCER_LINE;
            return true;
        }
    }
    out->how = ANNOUNCER_ITSELF;
    out->mode = env_value(c, MODE);
    return announces_itself(g->arena, stack, c, expected);
}

static void read_pod(struct gate_run *g, const struct announcements *all, const json_t *stack,
                     const struct object *o, struct announcing_pod *pod)
{
    size_t n;
    struct container *c = containers_of(g->arena, o, &n);
    *pod = (struct announcing_pod){ .object = o,
                                    .expected = expected_of(g->arena, all, stack, o, c, n),
                                    .announcers = arena_alloc_array(g->arena, n + 1,
                                                                    sizeof(*pod->announcers)) };
    for (size_t i = 0; i < n; i++) {
        struct announcer *next = &pod->announcers[pod->n];
        *next = (struct announcer){ .container = c[i] };
        pod->n += is_announcer(g, all, stack, pod->expected, next);
    }
}

bool announcing_pods(struct gate_run *g, const struct announcements *all, const struct render *r,
                     struct announcing_pod **out, size_t *n, struct error *e)
{
    const json_t *stack;
    if (!settings_contract(g->settings, CONTRACT_DEV_STACK, &stack, e))
        return false;
    *n = 0;
    *out = arena_alloc_array(g->arena, r->n + 1, sizeof(**out));
    for (size_t i = 0; i < r->n; i++) {
        if (pod_spec_of(&r->objects[i]) != NULL &&
            json_is_array(json_member(pod_spec_of(&r->objects[i]), "containers")))
            read_pod(g, all, stack, &r->objects[i], &(*out)[(*n)++]);
    }
    return true;
}
