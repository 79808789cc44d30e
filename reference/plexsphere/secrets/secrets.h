/* secrets/secrets.h — the secrets of Nodes (SPEC SEC-*).
 *
 * What is known of a secret (its Node, its name, its current version) is in the database; its
 * values are behind ports/secret_store.h. The backend is chosen, never assumed (ruling 32). */
#ifndef PLEXSPHERE_SECRETS_H
#define PLEXSPHERE_SECRETS_H

#include "reference/plexsphere/env_read.h"
#include "reference/plexsphere/nodes/nodes.h"
#include "reference/plexsphere/ports/relations.h"
#include "reference/plexsphere/ports/secret_store.h"

enum secrets_backend { SECRETS_POSTGRES, SECRETS_OPENBAO };

struct secrets_config {
    enum secrets_backend backend;   /* PLEXSPHERE_SECRETS_BACKEND */
    unsigned char nsk_wrap_key[32]; /* PLEXSPHERE_NSK_WRAP_KEY_B64 */
};

enum configured production_secrets_config_from_env(struct arena *a, const struct environment *env,
                                                   struct secrets_config *out, struct error *e);

extern const struct surface surface_secrets; /* GetNodeSecret, ListProjectSecrets */

/* What writing secrets takes. */
struct secret_keeper {
    const struct secret_store *store;
    const struct relations *relations;
    unsigned char wrap_key[32];
};

enum secret_result {
    SECRETS_OK,
    SECRETS_INVALID,     /* name or size */
    SECRETS_NO_NODE,     /* there is none, or it left */
    SECRETS_NO_NSK,      /* every key of it is revoked */
    SECRETS_NO_SECRET,   /* of that name */
    SECRETS_UNAVAILABLE, /* the backend */
    SECRETS_FAILED,
};

enum { SECRET_VALUE_MAX = 1024 * 1024 };

struct secret_order {
    struct uuid node_id;
    const char *name;
    struct bytes value;
    bool readable; /* by its Node */
};

/* A new version of a secret that may be new itself; the Node is told by node_secrets_updated. The
 * tx is writing, here and below, and is rolled back unless the result is SECRETS_OK. */
enum secret_result secret_put(struct tx *tx, const struct secret_keeper *keeper,
                              const struct secret_order *order, int64_t now, int64_t *version);
/* A version at the backend alone: what is known elsewhere lags behind it. */
enum secret_result secret_promote(struct tx *tx, const struct secret_keeper *keeper,
                                  const struct secret_order *order, int64_t now, int64_t *version);

/* SEC-024: the old key stays valid for this long. */
#define NSK_OVERLAP (300 * MICROS_PER_SECOND)

/* A new NSK for the Node, and every secret of it sealed anew; *nsk is base64 and exists here
 * alone. */
enum secret_result nsk_rotate(struct tx *tx, const struct secret_keeper *keeper,
                              const struct uuid *node, int64_t now, char **nsk);

#endif
