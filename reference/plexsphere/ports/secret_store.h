/* ports/secret_store.h — where the values of Node secrets are kept, behind a port (SPEC SEC-*).
 *
 * The backend knows versions of its own: what is known elsewhere of a secret may lag behind it. A
 * plaintext that comes out is the caller's to wipe, on every path. */
#ifndef PLEXSPHERE_PORTS_SECRET_STORE_H
#define PLEXSPHERE_PORTS_SECRET_STORE_H

#include "common/base.h"
#include "common/uuid.h"
#include "reference/plexsphere/store/db.h"

enum secret_outcome {
    SECRET_OK,
    SECRET_NO_VERSION,  /* the backend has no such version */
    SECRET_UNAVAILABLE, /* it is sealed or cannot be reached */
    SECRET_FAILED,      /* anything else; logged */
};

struct secret_place {
    struct uuid secret_id, node_id;
};

struct secret_value {
    int64_t version; /* the one that was read */
    struct bytes plain;
};

struct secret_store {
    /* version 0: the backend's newest. */
    enum secret_outcome (*read)(struct tx *tx, const unsigned char wrap_key[32],
                                const struct secret_place *place, int64_t version,
                                struct secret_value *out);
    /* The next version of the backend, sealed for the Node's current key. Inside the caller's
     * transaction, with the Node locked. */
    enum secret_outcome (*write)(struct tx *tx, const unsigned char wrap_key[32],
                                 const struct secret_place *place, struct bytes plain, int64_t now,
                                 int64_t *version);
    /* Seals every value of the Node for its current key; as above. */
    enum secret_outcome (*rewrap)(struct tx *tx, const unsigned char wrap_key[32],
                                  const struct uuid *node);
};

extern const struct secret_store secret_store_postgres;

#endif
