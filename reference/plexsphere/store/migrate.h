/* store/migrate.h — goose-format migrations, recorded in goose_db_version so that the real goose
 * and this migrator can take turns on one database (SPEC MIG-*). */
#ifndef PLEXSPHERE_STORE_MIGRATE_H
#define PLEXSPHERE_STORE_MIGRATE_H

#include "common/base.h"
#include "common/error.h"

/* Each prints its progress, one line a migration, on standard output. Concurrent calls take turns
 * on an advisory lock. `directory` holds NNNN_name.sql files. */
MUST_CHECK bool migrate_up(const char *dsn, const char *directory, struct error *e);
MUST_CHECK bool migrate_down(const char *dsn, const char *directory,
                             struct error *e); /* one step */
MUST_CHECK bool migrate_status(const char *dsn, const char *directory, struct error *e);
/* Polls until the database is at least at the directory's highest version, or timeout_s is over;
 * the error tells "no database", "table absent", "table empty" and "at 3, want 7" apart. */
MUST_CHECK bool migrate_wait(const char *dsn, const char *directory, int timeout_s,
                             struct error *e);
/* Highest version in the directory. */
MUST_CHECK bool migrate_latest(const char *directory, int64_t *version, struct error *e);

#endif
