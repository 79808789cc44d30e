/* registration/store.h — the SQL of this context; nobody else includes it. */
#ifndef PLEXSPHERE_REGISTRATION_STORE_H
#define PLEXSPHERE_REGISTRATION_STORE_H

#include "reference/plexsphere/registration/registration.h"
#include "reference/plexsphere/tenancy/tenancy.h"

MUST_CHECK enum sql_result bootstrap_insert(struct tx *tx, const struct bootstrap_token *token,
                                            const unsigned char lookup[32], const char *hash);
/* A token of that Project. */
MUST_CHECK enum found bootstrap_find(struct tx *tx, const struct uuid *project,
                                     const struct uuid *id, struct bootstrap_token *out);
/* At most `limit` tokens behind `after` (nil: from the start) by ascending id. */
MUST_CHECK enum sql_result bootstrap_window(struct tx *tx, const struct uuid *project,
                                            const struct uuid *after, int limit,
                                            struct bootstrap_token **out, size_t *n);
/* Found by its digest, without a lock. *hash is arena text. */
MUST_CHECK enum found bootstrap_by_lookup(struct tx *tx, const unsigned char lookup[32],
                                          struct bootstrap_token *out, const char **hash);
/* As it stands now, locked until the transaction ends. */
MUST_CHECK enum found bootstrap_lock(struct tx *tx, const struct uuid *id,
                                     struct bootstrap_token *out);
MUST_CHECK enum sql_result bootstrap_mark_revoked(struct tx *tx, const struct uuid *id,
                                                  int64_t now);
/* SQL_UNIQUE: the nonce was consumed in this Project before. */
MUST_CHECK enum sql_result bootstrap_mark_consumed(struct tx *tx, const struct uuid *id,
                                                   const unsigned char nonce[32], int64_t now);
MUST_CHECK enum found bootstrap_nonce_used(struct tx *tx, const struct uuid *project,
                                           const unsigned char nonce[32]);

#endif
