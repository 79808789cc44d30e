/* store/goose_folder.h — the migration files of one folder, in order of their versions. */
#ifndef PLEXSPHERE_STORE_GOOSE_FOLDER_H
#define PLEXSPHERE_STORE_GOOSE_FOLDER_H

#include "common/base.h"
#include "common/error.h"
#include "reference/plexsphere/store/goose_file.h"

struct arena;

struct goose_migration {
    int64_t version;
    const char *name; /* "0003_identity.sql" */
    const char *path;
};

struct goose_folder {
    const char *path;
    struct goose_migration *migrations; /* ascending; never empty */
    size_t n;
};

/* Refused: a folder without migrations, a *.sql file whose name has no version, two files of one
 * version. Gaps between versions are fine. Other files are left alone. */
MUST_CHECK bool goose_folder_read(struct arena *a, const char *path, struct goose_folder *out,
                                  struct error *e);

int64_t goose_folder_latest(const struct goose_folder *f);
/* NULL when no file has that version. */
const struct goose_migration *goose_folder_find(const struct goose_folder *f, int64_t version);

/* Reads and parses one file; 4 MiB at most, which is also the longest line goose reads. */
MUST_CHECK bool goose_migration_load(struct arena *a, const struct goose_migration *m,
                                     struct goose_file *out, struct error *e);

#endif
