/* objectstore/objectstore.h — where large outputs and the audit archive go (SPEC ENV-*).
 *
 * A blank endpoint is OFF and nothing else is read. */
#ifndef PLEXSPHERE_OBJECTSTORE_H
#define PLEXSPHERE_OBJECTSTORE_H

#include "reference/plexsphere/env_read.h"

struct objectstore_config {
    const char *endpoint; /* PLEXSPHERE_S3_ENDPOINT */
    const char *region;   /* PLEXSPHERE_S3_REGION */
    /* PLEXSPHERE_S3_ACCESS_KEY, …_SECRET_KEY; NULL: unsigned requests */
    const char *access_key, *secret_key;
    bool path_style; /* PLEXSPHERE_S3_USE_PATH_STYLE */
};

enum configured production_objectstore_config_from_env(struct arena *a,
                                                       const struct environment *env,
                                                       struct objectstore_config *out,
                                                       struct error *e);

#endif
