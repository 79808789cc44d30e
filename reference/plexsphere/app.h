/* app.h — what one running control plane shares among its threads.
 *
 * Made once by boot, read by everyone, changed by nobody afterwards (what moves has its own lock).
 */
#ifndef PLEXSPHERE_APP_H
#define PLEXSPHERE_APP_H

#include "common/base.h"
#include "common/environment.h"
#include "reference/plexsphere/clock/clock.h"

struct db;
struct relations;
struct pepper;
struct csrf_config;
struct signing;

enum app_mode { APP_PRODUCTION, APP_DEV };

struct app {
    struct arena *arena; /* lives as long as the process */
    struct environment env;
    enum app_mode mode;
    struct app_clock clock;
    struct db *db;                     /* NULL: no datastore, every surface but meta is off */
    const struct relations *relations; /* the port; NULL with db */
    const struct pepper *pepper;       /* NULL: no pepper, what needs one is off (ruling 12) */
    const struct signing *signing;     /* the keys that sign events; NULL with db (KEY-*) */
    int64_t migrations_expected; /* /readyz wants the database at least at this goose version */
    const struct csrf_config
        *csrf; /* NULL: no origin is allowed, cookie mutations are refused (ruling 14) */
};

#endif
