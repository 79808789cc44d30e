#include "drift-gates/baseline.h"

#include <stdlib.h>

#include "common/file.h"
#include "common/json.h"
#include "common/text.h"
#include "common/yaml.h"
#include "drift-gates/output.h"

#define FILE_CAP ((size_t)64 << 20)
#define KIND "plexconf gate"
#define VERSION 1
#define ROWS_MAX 50000 /* as many as the YAML reader's bound on nodes lets in again */

static int by_fingerprint(const void *a, const void *b)
{
    return strcmp(((const struct baseline_row *)a)->fingerprint,
                  ((const struct baseline_row *)b)->fingerprint);
}

static bool read_row(const json_t *value, struct baseline_row *out)
{
    *out = (struct baseline_row){ .fingerprint = json_text(value, "fingerprint"),
                                  .rule = json_text(value, "rule"),
                                  .file = json_text(value, "file"),
                                  .message = json_text(value, "message"),
                                  .count = json_int(value, "count", 1) };
    return !text_blank(out->fingerprint) && !text_blank(out->rule) && out->count > 0;
}

/* JSON is YAML, and the YAML reader knows lines. */
bool baseline_parse(struct arena *a, const char *path, struct bytes text, struct baseline **out,
                    struct error *e)
{
    json_t *root, *value;
    size_t i;
    if (!yaml_parse(a, text.data, text.len, &root, e))
        return error_prefix(e, "%s", path);
    const json_t *rows = json_object_get(root, "findings");
    if (!text_equal(json_text(root, "baseline"), KIND) || !json_is_array(rows))
        return error_set(e, "%s: is no baseline; --write-baseline makes one", path);
    if (json_int(root, "version", 0) != VERSION)
        return error_set(e, "%s: is of another version; write it again", path);
    struct baseline *b = *out = arena_alloc(a, sizeof(*b));
    b->path = path;
    b->rows = arena_alloc_array(a, json_array_size(rows) + 1, sizeof(*b->rows));
    json_array_foreach (rows, i, value) {
        int line = yaml_line_of(a, value, NULL);
        if (!read_row(value, &b->rows[i]))
            return error_set(e, "%s:%d: needs fingerprint, rule and a count above 0", path, line);
        b->rows[i].line = line;
        b->n++;
    }
    qsort(b->rows, b->n, sizeof(*b->rows), by_fingerprint);
    for (i = 1; i < b->n; i++) {
        if (by_fingerprint(&b->rows[i - 1], &b->rows[i]) == 0)
            return error_set(e, "%s:%d: this fingerprint is there twice", path, b->rows[i].line);
    }
    return true;
}

bool baseline_read(struct arena *a, const char *path, struct baseline **out, struct error *e)
{
    struct bytes text;
    return file_read(a, path, FILE_CAP, &text, e) && baseline_parse(a, path, text, out, e);
}

void baseline_apply(struct baseline *b, struct findings *f)
{
    for (size_t i = 0; i < f->n; i++) {
        const struct baseline_row wanted = { .fingerprint = f->rows[i].fingerprint };
        struct baseline_row *row =
            b->n == 0 ? NULL : bsearch(&wanted, b->rows, b->n, sizeof(wanted), by_fingerprint);
        if (row == NULL || row->seen == row->count)
            continue;
        row->seen++;
        if (f->rows[i].excused == NULL) {
            f->rows[i].excused = "in the baseline";
            f->rows[i].excused_by = EXCUSED_BY_BASELINE;
        }
    }
}

static int by_print(const void *a, const void *b)
{
    const struct finding *const *left = a, *const *right = b;
    return strcmp((*left)->fingerprint, (*right)->fingerprint);
}

/* Sorted by fingerprint, so that the file changes only where findings do. */
static json_t *rows_of(struct arena *a, const struct findings *f, size_t *n)
{
    const struct finding **sorted = arena_alloc_array(a, f->n + 1, sizeof(*sorted));
    json_t *rows = json_array();
    *n = 0;
    for (size_t i = 0; i < f->n; i++) {
        if (f->rows[i].excused == NULL)
            sorted[(*n)++] = &f->rows[i];
    }
    if (*n > 1)
        qsort(sorted, *n, sizeof(const struct finding *), by_print);
    for (size_t i = 0, same; i < *n; i += same) {
        for (same = 1; i + same < *n && by_print(&sorted[i], &sorted[i + same]) == 0;)
            same++;
        json_array_append_new(rows, json_pack("{s:s, s:s, s:s?, s:s, s:I}", "fingerprint",
                                              sorted[i]->fingerprint, "rule", sorted[i]->rule->id,
                                              "file", output_line(a, sorted[i]->where.file),
                                              "message", output_line(a, sorted[i]->message),
                                              "count", (json_int_t)same));
    }
    return rows;
}

bool baseline_write(struct arena *a, const char *path, const struct findings *f, size_t *n,
                    struct error *e)
{
    json_t *root = json_own(a, json_pack("{s:s, s:i, s:o}", "baseline", KIND, "version", VERSION,
                                         "findings", rows_of(a, f, n)));
    if (json_array_size(json_member(root, "findings")) > ROWS_MAX)
        return error_set(e, "%s: more than %d different findings; adopt gate by gate", path,
                         ROWS_MAX);
    const char *text = arena_printf(a, "%s\n", json_dump_pretty(a, root));
    return file_write_atomic(path, text, strlen(text), 0644, e);
}
