#include "reference/plexsphere/identity/service.h"

#include "common/timestamp.h"
#include "reference/plexsphere/identity/identity.h"
#include "reference/plexsphere/identity/store.h"
#include "reference/plexsphere/identity/token.h"

enum token_result token_issue(struct tx *tx, const struct uuid *identity, const char *env_prefix,
                              int64_t ttl_seconds, int64_t now, struct issued_token *out)
{
    unsigned char digest[32];
    *out = (struct issued_token){ .id = uuid_v7(now),
                                  .env_prefix = env_prefix,
                                  .plaintext = token_make(tx_arena(tx), env_prefix),
                                  .expires_at = now + ttl_seconds * MICROS_PER_SECOND };
    token_digest(out->plaintext, digest);
    return token_insert(tx, &out->id, identity, env_prefix, digest, now, out->expires_at) == SQL_OK
               ? TOKEN_OK
               : TOKEN_FAILED;
}

/* TOK-018: an http-date has whole seconds, and the header must say what the body says. */
static int64_t grace_end(int64_t now)
{
    int64_t end = now + TOKEN_ROTATION_GRACE_SECONDS * MICROS_PER_SECOND;
    return end - end % MICROS_PER_SECOND;
}

/* TOK-015 to TOK-020: the row stays, its secret is new; the secret it had goes on until the
 * deadline, an older one that was still in its grace ends now. */
enum token_result token_rotate(struct tx *tx, const struct uuid *identity, const struct uuid *id,
                               int64_t now, struct issued_token *out)
{
    bool found = false;
    unsigned char digest[32];
    *out = (struct issued_token){ .id = *id };
    if (token_env(tx, identity, id, now, &out->env_prefix, &found) != SQL_OK)
        return TOKEN_FAILED;
    if (!found)
        return TOKEN_NOT_FOUND;
    out->plaintext = token_make(tx_arena(tx), out->env_prefix);
    token_digest(out->plaintext, digest);
    return token_replace(tx, id, digest, now, grace_end(now), &out->rotation_deadline,
                         &out->expires_at) == SQL_OK
               ? TOKEN_OK
               : TOKEN_FAILED;
}
