/* The declared differences: one data file, each row with a reason, none without use. */
#include "common/arena.h"
#include "common/json.h"
#include "common/text.h"
#include "common/timestamp.h"
#include "common/yaml.h"
#include "drift-gates/secret_boundary/boundary.h"

static bool bad(struct boundary *b, const json_t *row, struct error *e, const char *what)
{
    return error_set(e, "%s:%d: %s", b->differences_file, yaml_line_of(b->a, row, NULL), what);
}

static bool read_row(struct boundary *b, const json_t *row, struct difference *d, struct error *e)
{
    static const char *const known[] = { "id",     "rules",    "objects", "keys",   "values",
                                         "reason", "overlays", "owner",   "expires" };
    const char *name;
    json_t *value;
    json_object_foreach ((json_t *)row, name, value) {
        bool found = false;
        for (size_t i = 0; i < ARRAY_LEN(known); i++)
            found = found || text_equal(name, known[i]);
        if (!found)
            return bad(b, row, e, arena_printf(b->a, "there is no member '%s'", name));
    }
    *d = (struct difference){ .id = json_text(row, "id"),
                              .objects = json_object_get(row, "objects"),
                              .keys = json_object_get(row, "keys"),
                              .values = json_object_get(row, "values"),
                              .reason = json_text(row, "reason"),
                              .owner = json_text(row, "owner"),
                              .expires = json_text(row, "expires"),
                              .rules = json_object_get(row, "rules"),
                              .overlays = json_object_get(row, "overlays"),
                              .line = yaml_line_of(b->a, row, NULL) };
    if (d->id == NULL || !json_is_array(d->rules) || json_array_size(d->rules) == 0)
        return bad(b, row, e, "each difference needs 'id' and 'rules', a list");
    d->objects_used = arena_alloc_array(b->a, json_array_size(d->objects) + 1, sizeof(size_t));
    d->keys_used = arena_alloc_array(b->a, json_array_size(d->keys) + 1, sizeof(size_t));
    return json_array_size(d->objects) + json_array_size(d->keys) > 0 ||
           bad(b, row, e, "has neither 'objects' nor 'keys', lists: it would declare everything");
}

bool load_differences(struct boundary *b, struct error *e)
{
    const char *file = json_text(b->settings, "differences");
    struct bytes text;
    json_t *root = NULL, *row;
    size_t i;
    b->differences_file = file;
    if (file == NULL)
        return true;
    if (!tree_read(b->g->tree, file, &text, e))
        return error_prefix(e, "secret-boundary: differences");
    if (!yaml_parse(b->a, text.data, text.len, &root, e))
        return error_prefix(e, "%s", file);
    const json_t *list = json_object_get(root, "differences");
    if (!json_is_array(list))
        return error_set(e, "%s: needs 'differences', a list", file);
    b->differences = arena_alloc_array(b->a, json_array_size(list) + 1, sizeof(*b->differences));
    json_array_foreach ((json_t *)list, i, row) {
        if (!json_is_object(row))
            return bad(b, list, e, "each difference is a mapping");
        if (!read_row(b, row, &b->differences[b->n_differences++], e))
            return false;
    }
    return true;
}

/* A pattern that matches nothing will excuse the next thing that happens to match. */
static void check_patterns(struct boundary *b, const struct difference *d, const json_t *patterns,
                           const size_t *used)
{
    size_t i;
    json_t *pattern;
    json_array_foreach ((json_t *)patterns, i, pattern) {
        if (used[i] == 0)
            finding(b->g, "B-43",
                    (struct place){ .file = b->differences_file, .line = d->line, .path = d->id },
                    "%s: %s matches nothing any more; delete it", d->id,
                    json_string_value(pattern));
    }
}

void check_differences(struct boundary *b)
{
    const char *today = arena_strndup(b->a, timestamp_format(b->a, clock_wall_micros()), 10);
    for (size_t i = 0; i < b->n_differences; i++) {
        const struct difference *d = &b->differences[i];
        struct place at = { .file = b->differences_file, .line = d->line, .path = d->id };
        if (text_blank(d->reason) || text_blank(d->owner))
            finding(b->g, "B-43", at, "%s has no reason or no owner", d->id);
        else if (d->expires != NULL && strcmp(d->expires, today) < 0)
            finding(b->g, "B-43", at, "%s has expired on %s", d->id, d->expires);
        else if (d->used == 0)
            finding(b->g, "B-43", at, "%s matches nothing any more; delete it", d->id);
        if (d->used > 0) {
            check_patterns(b, d, d->objects, d->objects_used);
            check_patterns(b, d, d->keys, d->keys_used);
        }
    }
    if (b->n_differences > 0)
        gate_compared(b->g, b->n_differences, "declared differences");
}
