#include "reference/plexsphere/store/goose_folder.h"

#include <inttypes.h>
#include <stdlib.h>

#include "common/arena.h"
#include "common/file.h"
#include "common/text.h"

#define FILE_CAP (4 * 1024 * 1024)

static int by_version(const void *left, const void *right)
{
    const struct goose_migration *a = left;
    const struct goose_migration *b = right;
    return a->version < b->version ? -1 : a->version > b->version;
}

static bool check_distinct(const struct goose_folder *f, struct error *e)
{
    for (size_t i = 1; i < f->n; i++)
        if (f->migrations[i - 1].version == f->migrations[i].version)
            return error_set(e, "%s: %s and %s have the same version %" PRId64, f->path,
                             f->migrations[i - 1].name, f->migrations[i].name,
                             f->migrations[i].version);
    return true;
}

bool goose_folder_read(struct arena *a, const char *path, struct goose_folder *out, struct error *e)
{
    *out = (struct goose_folder){ .path = path };
    char **names;
    size_t n;
    if (!directory_list(a, path, &names, &n, e))
        return error_prefix(e, "migrations folder");
    out->migrations = arena_alloc_array(a, n + 1, sizeof(*out->migrations));
    for (size_t i = 0; i < n; i++) {
        if (!text_ends(names[i], ".sql"))
            continue;
        struct goose_migration m = { .name = names[i], .path = path_join(a, path, names[i]) };
        if (!goose_version_of_name(names[i], &m.version))
            return error_set(e,
                             "%s: the name must be a version, an underscore and words, as in "
                             "0001_schema.sql",
                             m.path);
        out->migrations[out->n++] = m;
    }
    if (out->n == 0)
        return error_set(e, "%s holds no migration (NNNN_name.sql)", path);
    qsort(out->migrations, out->n, sizeof(*out->migrations), by_version);
    return check_distinct(out, e);
}

int64_t goose_folder_latest(const struct goose_folder *f)
{
    return f->migrations[f->n - 1].version;
}

const struct goose_migration *goose_folder_find(const struct goose_folder *f, int64_t version)
{
    struct goose_migration key = { .version = version };
    return bsearch(&key, f->migrations, f->n, sizeof(key), by_version);
}

bool goose_migration_load(struct arena *a, const struct goose_migration *m, struct goose_file *out,
                          struct error *e)
{
    struct bytes text;
    return file_read(a, m->path, FILE_CAP, &text, e) && goose_parse(a, m->name, text, out, e);
}
