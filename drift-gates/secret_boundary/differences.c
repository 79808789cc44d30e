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
    static const char *const known[] = { "id",     "rules", "object", "key",
                                         "value",  "overlays", "reason", "owner",
                                         "expires" };
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
                              .object = json_text(row, "object"),
                              .key = json_text(row, "key"),
                              .value = json_text(row, "value"),
                              .reason = json_text(row, "reason"),
                              .owner = json_text(row, "owner"),
                              .expires = json_text(row, "expires"),
                              .rules = json_object_get(row, "rules"),
                              .overlays = json_object_get(row, "overlays"),
                              .line = yaml_line_of(b->a, row, NULL) };
    if (d->id == NULL || !json_is_array(d->rules) || json_array_size(d->rules) == 0)
        return bad(b, row, e, "each difference needs 'id' and 'rules', a list");
    return d->object != NULL || d->key != NULL ||
           bad(b, row, e, "names neither 'object' nor 'key': that would declare everything");
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
    }
    if (b->n_differences > 0)
        gate_compared(b->g, b->n_differences, "declared differences");
}
