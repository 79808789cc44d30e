/* identity/service.h — the rules of the caller's own tokens. Only files of this folder include
 * it. */
#ifndef PLEXSPHERE_IDENTITY_SERVICE_H
#define PLEXSPHERE_IDENTITY_SERVICE_H

#include "common/uuid.h"
#include "reference/plexsphere/store/db.h"

enum token_result { TOKEN_OK, TOKEN_NOT_FOUND, TOKEN_FAILED };

struct issued_token {
    struct uuid id;
    const char *env_prefix;
    const char *plaintext; /* shown once */
    int64_t expires_at;
    int64_t rotation_deadline; /* whole seconds; of a rotation only */
};

MUST_CHECK enum token_result token_issue(struct tx *tx, const struct uuid *identity,
                                         const char *env_prefix, int64_t ttl_seconds, int64_t now,
                                         struct issued_token *out);
MUST_CHECK enum token_result token_rotate(struct tx *tx, const struct uuid *identity,
                                          const struct uuid *id, int64_t now,
                                          struct issued_token *out);

#endif
