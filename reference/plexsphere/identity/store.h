/* identity/store.h — the tables of identities and tokens. Only files of this folder include it. */
#ifndef PLEXSPHERE_IDENTITY_STORE_H
#define PLEXSPHERE_IDENTITY_STORE_H

#include "common/uuid.h"
#include "reference/plexsphere/store/db.h"

/* Who a digest belongs to. */
struct token_holder {
    struct uuid token_id, identity_id;
    const char *kind; /* "user", "service-identity" */
    bool platform_scope;
    struct uuid domain_id; /* nil with platform scope */
    const char *email;     /* NULL when unknown */
    bool used_before;
    int64_t last_used_at;
};

/* A live token with this digest, be it the current one or one still in its rotation grace. */
MUST_CHECK enum sql_result token_resolve(struct tx *tx, const unsigned char digest[32], int64_t now,
                                         struct token_holder *out, bool *found);
/* Notes the use; skips, rather than waits, when another request is just doing so. */
MUST_CHECK enum sql_result token_touch(struct tx *tx, const struct uuid *token, int64_t now);

struct token_row {
    struct uuid id;
    const char *env_prefix;
    int64_t created_at, expires_at;
    bool used, rotated;
    int64_t last_used_at, rotated_at; /* when used, rotated */
};

MUST_CHECK enum sql_result token_insert(struct tx *tx, const struct uuid *id,
                                        const struct uuid *identity, const char *env_prefix,
                                        const unsigned char digest[32], int64_t now,
                                        int64_t expires_at);
/* The identity's live tokens, oldest first. */
MUST_CHECK enum sql_result token_list(struct tx *tx, const struct uuid *identity, int64_t now,
                                      struct token_row **out, int *n);
/* *found is false when the identity has no such live token. */
MUST_CHECK enum sql_result token_revoke(struct tx *tx, const struct uuid *identity,
                                        const struct uuid *id, int64_t now, bool *found);
/* The old digest goes on until *deadline: `grace_end` or the token's end, whichever comes first. */
MUST_CHECK enum sql_result token_env(struct tx *tx, const struct uuid *identity,
                                     const struct uuid *id, int64_t now, const char **env_prefix,
                                     bool *found);
MUST_CHECK enum sql_result token_replace(struct tx *tx, const struct uuid *id,
                                         const unsigned char digest[32], int64_t now,
                                         int64_t grace_end, int64_t *deadline, int64_t *expires_at);

#endif
