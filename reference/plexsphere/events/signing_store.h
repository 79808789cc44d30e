/* events/signing_store.h — the SQL of the signing keys. Private to events/. */
#ifndef PLEXSPHERE_EVENTS_SIGNING_STORE_H
#define PLEXSPHERE_EVENTS_SIGNING_STORE_H

#include "common/base.h"
#include "common/uuid.h"
#include "reference/plexsphere/store/db.h"

struct stored_key {
    struct uuid id;
    struct uuid domain_id; /* nil: the platform's */
    const char *key_id;
    unsigned char public_key[32];
    struct bytes sealed_seed;
    int64_t since_event;        /* signs outbox rows after this one */
    int64_t transition_expires; /* 0: current */
};

/* The keys that concern a Domain: its own, or the platform's when it has none. NULL: the
 * platform's. The current one first, then the retired from new to old. */
MUST_CHECK enum sql_result signing_keys_load(struct tx *tx, const struct uuid *domain,
                                             struct stored_key **out, size_t *n);
/* A second current key of a chain, and a second key of one name, are SQL_UNIQUE. */
MUST_CHECK enum sql_result signing_key_insert(struct tx *tx, const struct stored_key *key,
                                              int64_t now);
MUST_CHECK enum sql_result signing_key_retire(struct tx *tx, const struct uuid *id,
                                              int64_t transition_expires);
MUST_CHECK enum sql_result signing_key_known(struct tx *tx, const unsigned char public_key[32],
                                             bool *known);
MUST_CHECK enum sql_result signing_domain_has_nodes(struct tx *tx, const struct uuid *domain,
                                                    bool *has);
/* One event per Domain that has Nodes and follows this chain; *last is the highest outbox id, 0 for
 * none. */
MUST_CHECK enum sql_result signing_announce(struct tx *tx, const struct uuid *domain,
                                            const char *payload, int64_t now, int64_t *last);

#endif
