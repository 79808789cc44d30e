/* datastore/datastore.h — the master switch (ruling 14, SPEC ENV-002): without a DSN every surface
 * but meta is off and nothing else is read. */
#ifndef PLEXSPHERE_DATASTORE_H
#define PLEXSPHERE_DATASTORE_H

#include "reference/plexsphere/env_read.h"

struct datastore_config {
    const char *dsn; /* PLEXSPHERE_DSN: what libpq takes; it may hold a password */
};

enum configured production_datastore_config_from_env(struct arena *a, const struct environment *env,
                                                     struct datastore_config *out, struct error *e);

#endif
