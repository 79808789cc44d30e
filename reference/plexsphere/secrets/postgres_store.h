/* secrets/postgres_store.h — the Postgres backend's own switch, beside the port. */
#ifndef PLEXSPHERE_SECRETS_POSTGRES_STORE_H
#define PLEXSPHERE_SECRETS_POSTGRES_STORE_H

#include "reference/plexsphere/store/db.h"

/* A sealed backend gives nothing and takes nothing. */
MUST_CHECK enum sql_result secret_backend_seal(struct tx *tx, bool sealed);

#endif
