#include "reference/plexsphere/datastore/datastore.h"

#include <libpq-fe.h>

/* libpq's own message would quote the text, so only the rule is told. */
static bool is_dsn(const char *text)
{
    PQconninfoOption *options = PQconninfoParse(text, NULL);
    bool ok = options != NULL;
    PQconninfoFree(options);
    return ok;
}

enum configured production_datastore_config_from_env(struct arena *a, const struct environment *env,
                                                     struct datastore_config *out, struct error *e)
{
    *out = (struct datastore_config){ .dsn = NULL };
    enum configured set = env_text(a, env, "PLEXSPHERE_DSN", &out->dsn, e);
    if (set != CONFIGURED_ON || is_dsn(out->dsn))
        return set;
    error_set(e, "PLEXSPHERE_DSN: must be a postgres:// URL or a libpq connection string "
                 "(SPEC ENV-002)");
    return CONFIGURED_REFUSED;
}
