#include "drift-gates/secret_boundary/matrix.h"

#include <stdlib.h>

#include "common/arena.h"
#include "common/buffer.h"
#include "common/json.h"
#include "common/text.h"
#include "common/yaml.h"

#define DOCUMENT_CAP ((size_t)16 << 20)

struct row {
    const char *entry, *sync, *secret, *key;
    const char *variables, *readers, *places; /* "a, b" */
    size_t n_readers;
};

struct matrix {
    struct boundary *b;
    struct row *rows;
    size_t n, room;
};

static const char *with(struct arena *a, const char *list, const char *word)
{
    size_t n;
    char **parts = text_split(a, list, ',', &n);
    for (size_t i = 0; i < n; i++) {
        if (text_equal(text_trim(a, parts[i]), word))
            return list;
    }
    return list[0] == '\0' ? word : arena_printf(a, "%s, %s", list, word);
}

static struct row *row_of(struct matrix *x, const char *entry, const struct manifest *sync,
                          const char *key)
{
    for (size_t i = 0; i < x->n; i++) {
        struct row *r = &x->rows[i];
        if (text_equal(r->entry, entry) && text_equal(r->sync, sync->name) &&
            text_equal(r->key, key))
            return r;
    }
    x->rows = arena_grow(x->b->a, x->rows, x->n, &x->room, sizeof(*x->rows));
    x->rows[x->n] = (struct row){ entry, sync->name, sync_target(sync), key, "", "", "", 0 };
    return &x->rows[x->n++];
}

/* One object that reads, if it reads this key of this Secret. */
static void add_readers(struct matrix *x, struct row *r, const struct manifest *m)
{
    struct arena *a = x->b->a;
    struct secret_reads reads = { .n = 0 };
    secret_reads_of(x->b, m, &reads);
    for (size_t i = 0; i < reads.n; i++) {
        const struct secret_read *read = &reads.rows[i];
        if (read->preflight || !text_equal(read->secret, r->secret) ||
            (read->key != NULL && !text_equal(read->key, r->key)))
            continue;
        const char *variable = read->variable != NULL    ? read->variable
                               : read->env_from          ? r->key
                               : read->container == NULL ? "TLS"
                                                         : "file";
        const char *before = r->readers;
        r->variables = with(a, r->variables, variable);
        r->readers = with(a, r->readers, helm_shown(a, m->tokens, m->name));
        r->n_readers += r->readers != before;
    }
}

static void add_sync(struct matrix *x, const struct manifest *sync)
{
    size_t i, k;
    json_t *entry;
    json_array_foreach (json_at(sync->value, "/spec/data"), i, entry) {
        const char *store = json_text(json_member(entry, "remoteRef"), "key");
        const char *key = json_text(entry, "secretKey");
        if (store == NULL || key == NULL)
            continue;
        struct row *r = row_of(x, store, sync, key);
        r->places =
            with(x->b->a, r->places, sync->environment[0] == '\0' ? "all" : sync->environment);
        for (k = 0; k < x->b->n_manifests; k++) {
            const struct manifest *m = &x->b->manifests[k];
            if (m->origin != FROM_KUSTOMIZE && text_equal(m->environment, sync->environment) &&
                text_equal(m->namespace, sync->namespace))
                add_readers(x, r, m);
        }
    }
}

static int by_entry(const void *one, const void *other)
{
    const struct row *a = one, *b = other;
    int order = strcmp(a->entry, b->entry);
    order = order != 0 ? order : strcmp(a->sync, b->sync);
    return order != 0 ? order : strcmp(a->key, b->key);
}

static struct matrix matrix_of(struct boundary *b)
{
    struct matrix x = { .b = b };
    for (size_t i = 0; i < b->n_manifests; i++) {
        if (b->manifests[i].origin != FROM_KUSTOMIZE && is_sync(&b->manifests[i]))
            add_sync(&x, &b->manifests[i]);
    }
    if (x.n > 1)
        qsort(x.rows, x.n, sizeof(*x.rows), by_entry);
    return x;
}

/* ---- rotation notes ---- */

static const char *const note_members[] = { "source", "reconcile", "restart", "overlap" };

struct rotation {
    const char *file;
    const json_t *notes; /* list of {keys, source, reconcile, restart, overlap} */
};

static bool read_rotation(struct boundary *b, struct rotation *r, struct error *e)
{
    struct bytes text;
    json_t *root = NULL;
    r->file = json_text(b->settings, "rotation");
    r->notes = NULL;
    if (r->file == NULL)
        return true;
    if (!tree_read(b->g->tree, r->file, &text, e) ||
        (!yaml_parse(b->a, text.data, text.len, &root, e) && !error_prefix(e, "%s", r->file)))
        return error_prefix(e, "secret-boundary: rotation");
    r->notes = json_object_get(root, "notes");
    return json_is_array(r->notes) || error_set(e, "%s: needs 'notes', a list", r->file);
}

static bool is_note_of(const json_t *note, const char *entry)
{
    size_t i;
    json_t *key;
    json_array_foreach (json_object_get(note, "keys"), i, key) {
        if (json_is_string(key) && text_glob(json_string_value(key), entry))
            return true;
    }
    return false;
}

static const json_t *note_of(const struct rotation *r, const char *entry)
{
    size_t i;
    json_t *note;
    json_array_foreach ((json_t *)r->notes, i, note) {
        if (is_note_of(note, entry))
            return note;
    }
    return NULL;
}

static void check_note(struct boundary *b, const struct rotation *r, const json_t *note,
                       const char *entry)
{
    struct place at = { .file = r->file, .path = entry };
    if (note == NULL) {
        boundary_report(b, "B-33", at, entry, NULL, "%s has no rotation note", entry);
        return;
    }
    at.line = yaml_line_of(b->a, note, NULL);
    for (size_t i = 0; i < ARRAY_LEN(note_members); i++) {
        if (text_blank(json_text(note, note_members[i])))
            boundary_report(b, "B-33", at, entry, NULL, "the rotation note of %s has no '%s'",
                            entry, note_members[i]);
    }
}

static void check_rotation(struct boundary *b, const struct matrix *x, const struct rotation *r)
{
    size_t i, k;
    json_t *note, *key;
    for (i = 0; i < x->n; i++) {
        if (!helm_has_token(x->rows[i].entry))
            check_note(b, r, note_of(r, x->rows[i].entry), x->rows[i].entry);
    }
    json_array_foreach ((json_t *)r->notes, i, note) {
        json_array_foreach (json_object_get(note, "keys"), k, key) {
            bool used = false;
            for (size_t n = 0; json_is_string(key) && n < x->n; n++)
                used = used || text_glob(json_string_value(key), x->rows[n].entry);
            if (!used)
                boundary_report(b, "B-33",
                                (struct place){ .file = r->file,
                                                .line = yaml_line_of(b->a, note, NULL) },
                                json_string_value(key), NULL,
                                "a note is of %s, which is in no sync object",
                                json_is_string(key) ? json_string_value(key) : "something");
        }
    }
    gate_compared(b->g, json_array_size(r->notes), "rotation notes");
}

/* ---- the document ---- */

static void write_notes(struct buffer *out, const struct rotation *r)
{
    size_t i, k;
    json_t *note, *key;
    if (json_array_size(r->notes) == 0)
        return;
    buffer_text(out, "\n## Rotation\n");
    json_array_foreach ((json_t *)r->notes, i, note) {
        buffer_text(out, "\n");
        json_array_foreach (json_object_get(note, "keys"), k, key)
            buffer_printf(out, "%s`%s`", k == 0 ? "" : ", ", json_string_value(key));
        buffer_text(out, "\n");
        for (k = 0; k < ARRAY_LEN(note_members); k++) {
            const char *text = json_text(note, note_members[k]);
            if (text != NULL)
                buffer_printf(out, "- %s: %s\n", note_members[k],
                              text_trim(out->arena,
                                        text_replace_char(out->arena, text, '\n', ' ')));
        }
    }
}

static const char *document(struct boundary *b, const struct matrix *x, const struct rotation *r)
{
    struct buffer out;
    buffer_init_arena(&out, DOCUMENT_CAP, b->a);
    buffer_text(&out,
                "# Secrets: from the store to who reads them\n\n"
                "Generated by `plexconf gate secret-boundary --matrix` from the sync objects of "
                "every environment that has some;\nedit those, or the rotation notes, and "
                "generate it again. More than one reader: rotating the entry touches all.\n\n"
                "| entry of the store | sync object | Secret and key | variable | read by | "
                "environments |\n|---|---|---|---|---|---|\n");
    for (size_t i = 0; i < x->n; i++) {
        const struct row *row = &x->rows[i];
        buffer_printf(&out, "| `%s` | `%s` | `%s` / `%s` | %s | %s | %s |\n", row->entry, row->sync,
                      row->secret, row->key, row->variables[0] == '\0' ? "–" : row->variables,
                      row->readers[0] == '\0' ? "nobody" : row->readers, row->places);
    }
    write_notes(&out, r);
    return out.data;
}

bool matrix_write(struct boundary *b, const char **text, struct error *e)
{
    struct rotation r;
    struct matrix x = matrix_of(b);
    if (!read_rotation(b, &r, e))
        return false;
    *text = document(b, &x, &r);
    return true;
}

static int first_difference(const char *one, const char *other)
{
    int line = 1;
    for (; *one != '\0' && *one == *other; one++, other++)
        line += *one == '\n';
    return line;
}

static void check_document(struct boundary *b, const struct matrix *x, const struct rotation *r)
{
    const char *file = json_text(b->settings, "matrix"), *wanted = document(b, x, r);
    struct bytes text = { (const unsigned char *)"", 0 };
    struct error e = { .text = "" };
    if (!tree_read(b->g->tree, file, &text, &e)) {
        boundary_report(b, "B-32", (struct place){ .file = file }, NULL, NULL, "is not there: %s",
                        e.text);
        return;
    }
    int line = first_difference((const char *)text.data, wanted);
    if (!text_equal((const char *)text.data, wanted))
        boundary_report(b, "B-32", (struct place){ .file = file, .line = line }, NULL, NULL,
                        "is stale from this line on; generate it again");
    gate_compared(b->g, x->n, "rows of the matrix");
}

/* One Secret with several readers under one key is a note, and wants to be declared. */
static void note_shared(struct boundary *b)
{
    for (size_t i = 0; i < b->n_manifests; i++) {
        const struct manifest *m = &b->manifests[i];
        size_t readers = 0;
        if (m->origin != FROM_RENDER || !text_equal(m->kind, "Secret") || !secret_has_data(m))
            continue;
        for (size_t k = 0; k < b->n_manifests; k++) {
            const struct manifest *reader = &b->manifests[k];
            struct secret_reads reads = { .n = 0 };
            if (reader->origin == FROM_RENDER && text_equal(reader->environment, m->environment) &&
                text_equal(reader->namespace, m->namespace))
                secret_reads_of(b, reader, &reads);
            bool reads_it = false;
            for (size_t n = 0; n < reads.n; n++)
                reads_it = reads_it ||
                           (!reads.rows[n].preflight && text_equal(reads.rows[n].secret, m->name));
            readers += reads_it;
        }
        if (readers > 1 &&
            !is_declared(b, "B-32", manifest_place(b, m, NULL, NULL, NULL), m->name, NULL))
            gate_unlooked(b->g,
                          arena_printf(b->a, "%s: Secret %s is shared by %zu workloads",
                                       m->environment, m->name, readers),
                          "a note; nothing declares it (B-32)");
    }
}

void check_matrix(struct boundary *b)
{
    struct rotation r;
    struct error e = { .text = "" };
    struct matrix x = matrix_of(b);
    note_shared(b);
    if (x.n == 0)
        return;
    if (!read_rotation(b, &r, &e)) {
        report_unreadable(b, r.file == NULL ? SETTINGS_FILE : r.file, 0, e.text);
        return;
    }
    if (json_text(b->settings, "matrix") == NULL)
        gate_unlooked(b->g, "the matrix of store entries", "no document is named (B-32)");
    else
        check_document(b, &x, &r);
    if (r.file == NULL)
        gate_unlooked(b->g, "rotation notes", "no file of them is named (B-33)");
    else
        check_rotation(b, &x, &r);
}
