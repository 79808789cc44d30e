/* The dev values of store entries: one for each entry, and in one place only. */
#include <ctype.h>

#include "common/arena.h"
#include "common/encoding.h"
#include "common/json.h"
#include "common/text.h"
#include "common/yaml.h"
#include "drift-gates/secret_boundary/boundary.h"
#include "drift-gates/secret_boundary/rules_data.h"

#define FIXTURES_MAX 4096
#define NEEDLE_LEAST 12

struct fixture {
    const char *key, *value;
    int line;
};

struct source {
    const char *file;
    struct fixture *rows;
    size_t n;
};

static const char *short_key(const char *key)
{
    return text_starts(key, "secret/data/") ? key + strlen("secret/data/") : key;
}

static void add(struct source *s, const char *key, const char *value, int line)
{
    if (s->n < FIXTURES_MAX)
        s->rows[s->n++] = (struct fixture){ short_key(key), value, line };
}

/* A program's table: "KEY": {"value": "VALUE"}, or "KEY": "VALUE". Strings followed by a colon are
 * keys, the string behind `value` or directly behind a key is its value. */
static void read_program(struct boundary *b, struct bytes text, struct source *s)
{
    const char *from = (const char *)text.data, *key = NULL;
    int key_line = 0;
    for (const char *at = from; *at != '\0'; at++) {
        char quote = *at;
        if (quote == '#') {
            at += strcspn(at, "\n");
            if (*at == '\0')
                break;
            continue;
        }
        if (quote != '"' && quote != '\'')
            continue;
        const char *start = at + 1;
        for (at++; *at != '\0' && *at != quote && *at != '\n'; at++)
            at += *at == '\\' && at[1] != '\0';
        if (*at == '\0')
            break;
        const char *word = arena_strndup(b->a, start, (size_t)(at - start));
        bool names = at[1 + strspn(at + 1, " \t")] == ':';
        if (names && !text_equal(word, "value")) {
            if (key != NULL)
                add(s, key, NULL, key_line);
            key = word;
            key_line = line_at(text, (size_t)(start - from));
        } else if (!names && key != NULL) {
            add(s, key, word, key_line);
            key = NULL;
        }
    }
    if (key != NULL)
        add(s, key, NULL, key_line);
}

static void read_data(struct boundary *b, const char *file, struct source *s)
{
    const json_t *documents;
    const char *key;
    json_t *value;
    if (!read_yaml(b, file, &documents))
        return;
    const json_t *root = json_array_get(documents, 0);
    const json_t *all = json_object_get(root, "fixtures");
    all = all == NULL ? root : all;
    json_object_foreach ((json_t *)all, key, value)
        add(s, key, json_is_object(value) ? json_text(value, "value") : json_string_value(value),
            yaml_line_of(b->a, all, key));
}

static bool is_fixture_file(const struct boundary *b, const char *path)
{
    const json_t *named = json_object_get(b->settings, "fixtures");
    return named != NULL ? json_array_has_text(named, path)
                         : data_glob(b->data, "fixture_scripts", file_name_of(path));
}

static bool find_source(struct boundary *b, struct source *s)
{
    for (size_t i = 0; i < b->g->tree->n; i++) {
        const char *path = b->g->tree->files[i].path;
        struct bytes text;
        struct error e = { .text = "" };
        if (!is_fixture_file(b, path))
            continue;
        s->file = path;
        s->rows = arena_alloc_array(b->a, FIXTURES_MAX, sizeof(*s->rows));
        if (text_ends(path, ".yaml") || text_ends(path, ".yml") || text_ends(path, ".json"))
            read_data(b, path, s);
        else if (tree_read(b->g->tree, path, &text, &e))
            read_program(b, text, s);
        else
            report_unreadable(b, path, 0, e.text);
        return true;
    }
    return false;
}

static bool has_fixture(const struct source *s, const char *key)
{
    for (size_t i = 0; i < s->n; i++) {
        if (text_equal(s->rows[i].key, key))
            return true;
    }
    return false;
}

static bool is_referenced(const struct boundary *b, const char *wanted)
{
    for (size_t i = 0; i < b->n_manifests; i++) {
        const struct manifest *m = &b->manifests[i];
        size_t k;
        json_t *entry;
        if (m->origin == FROM_KUSTOMIZE || !is_sync(m))
            continue;
        json_array_foreach (json_at(m->value, "/spec/data"), k, entry) {
            const char *key = json_text(json_member(entry, "remoteRef"), "key");
            if (key != NULL && text_equal(short_key(key), wanted))
                return true;
        }
    }
    return false;
}

static void check_references(struct boundary *b, const struct source *s)
{
    for (size_t i = 0; i < b->n_manifests; i++) {
        const struct manifest *m = &b->manifests[i];
        size_t k;
        json_t *entry;
        if (m->origin == FROM_KUSTOMIZE || !is_sync(m))
            continue;
        json_array_foreach (json_at(m->value, "/spec/data"), k, entry) {
            const char *key = json_text(json_member(entry, "remoteRef"), "key");
            if (key == NULL || helm_has_token(key))
                continue;
            gate_compared(b->g, 1, "entries of the store with their fixture");
            if (!has_fixture(s, short_key(key)))
                boundary_report(b, "B-34", (struct place){ .file = s->file }, short_key(key), NULL,
                                "%s takes %s from the store, and there is no fixture for it",
                                m->name, short_key(key));
        }
    }
    for (size_t i = 0; i < s->n; i++) {
        if (!is_referenced(b, s->rows[i].key))
            boundary_report(b, "B-34", (struct place){ .file = s->file, .line = s->rows[i].line },
                            s->rows[i].key, NULL, "the fixture %s is of an entry that nobody takes",
                            s->rows[i].key);
    }
}

static bool is_text_file(const char *path)
{
    static const char *const ends[] = { ".yaml", ".yml",  ".md",  ".sh", ".tpl",
                                        ".env",  ".json", ".txt", ".tf", ".toml" };
    for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
        if (text_ends(path, ends[i]))
            return true;
    }
    return false;
}

/* A user's name is a credential beside its password only, and is often a service's name. */
static bool is_user(const struct boundary *b, const char *key)
{
    size_t i;
    json_t *name;
    json_array_foreach (json_object_get(b->data, "companion_names"), i, name) {
        if (words_end(key_words(b->a, key), json_string_value(name)))
            return true;
    }
    return false;
}

static void search_file(struct boundary *b, const struct source *s, const struct tree_file *f)
{
    struct bytes text;
    struct error e = { .text = "" };
    if (!tree_map(b->g->tree, f, &text, &e)) {
        report_unreadable(b, f->path, 0, e.text);
        return;
    }
    for (size_t i = 0; i < s->n; i++) {
        const char *value = s->rows[i].value;
        size_t len = value == NULL ? 0 : strlen(value);
        if (len < NEEDLE_LEAST || is_user(b, s->rows[i].key))
            continue;
        const char *packed = base64_encode(b->a, BASE64_STANDARD_RAW, value, len / 3 * 3);
        const void *at = memmem(text.data, text.len, value, len);
        at = at != NULL ? at : memmem(text.data, text.len, packed, strlen(packed));
        if (at != NULL)
            boundary_report(b, "B-35",
                            (struct place){
                                .file = f->path,
                                .line = line_at(text,
                                                (size_t)((const unsigned char *)at - text.data)) },
                            s->rows[i].key, NULL, "repeats the fixture of %s", s->rows[i].key);
    }
    tree_unmap(text);
}

void check_fixtures(struct boundary *b)
{
    struct source s = { .n = 0 };
    if (!find_source(b, &s)) {
        gate_unlooked(b->g, "fixtures of the store", "no file of them is named (B-34, B-35)");
        return;
    }
    check_references(b, &s);
    for (size_t i = 0; i < b->g->tree->n; i++) {
        const struct tree_file *f = &b->g->tree->files[i];
        if (is_text_file(f->path) && !text_equal(f->path, s.file))
            search_file(b, &s, f);
    }
}
