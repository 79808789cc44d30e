/* identity/identity.h — who may call, and the API tokens they call with (SPEC AUTH-*, TOK-*).
 *
 * An identity is a user or a service identity; without a Domain it has platform scope. A token's
 * plaintext exists only in the answer that issues it: the database holds SHA-256 of it (ruling
 * 12). */
#ifndef PLEXSPHERE_IDENTITY_H
#define PLEXSPHERE_IDENTITY_H

#include "common/base.h"
#include "reference/plexsphere/store/db.h"
#include "reference/plexsphere/surface.h"

struct arena;

/* TOK-006: what a token lives for when its request names no ttl_seconds, and the longest it may
 * ask for. */
#define TOKEN_DEFAULT_TTL_SECONDS (INT64_C(90) * 24 * 3600)
#define TOKEN_MAX_TTL_SECONDS (INT64_C(365) * 24 * 3600)
/* TOK-017: how long the old plaintext goes on after a rotation. */
#define TOKEN_ROTATION_GRACE_SECONDS (INT64_C(15) * 60)

/* `kind` is "user" or "service-identity"; NULL domain is platform scope; email may be NULL.
 * SQL_UNIQUE: the id is taken. SQL_FOREIGN_KEY: no such Domain. */
MUST_CHECK enum sql_result identity_create(struct tx *tx, const struct uuid *id, const char *kind,
                                           const struct uuid *domain_id_or_null, const char *email,
                                           int64_t now);

/* A new token; *plaintext is arena text of the tx, to be shown once and kept nowhere.
 * `env_prefix` is a run of 1 to 16 lower-case ASCII letters; SQL_CHECK when it is not. */
MUST_CHECK enum sql_result identity_mint_token(struct tx *tx, const struct uuid *identity,
                                               const char *env_prefix, int64_t now,
                                               int64_t expires_at, char **plaintext);

/* Would the token with this digest still authenticate? */
MUST_CHECK enum sql_result identity_token_is_live(struct tx *tx, const unsigned char digest[32],
                                                  int64_t now, bool *live);

/* Whoami and the caller's own tokens. */
extern const struct surface surface_tokens;

#endif
