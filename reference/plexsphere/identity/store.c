#include "reference/plexsphere/identity/store.h"

#include "common/arena.h"
#include "common/timestamp.h"
#include "reference/plexsphere/identity/identity.h"
#include "reference/plexsphere/identity/token.h"

/* Live: neither revoked nor past its end. Every statement below says so itself: no cache, no
 * sweeper. */
#define LIVE(now) "t.revoked_at IS NULL AND t.expires_at > " now

static const struct statement identity_insert = {
    "identity_insert", "INSERT INTO plexsphere.identities (id, kind, domain_id, email, created_at)"
                       " VALUES ($1, $2, $3, $4, $5)"
};

static const struct statement resolve = {
    "token_resolve",
    "SELECT t.id, i.id, i.kind, i.domain_id, i.email, t.last_used_at"
    " FROM plexsphere.api_tokens t JOIN plexsphere.identities i ON i.id = t.identity_id"
    " WHERE (t.digest = $1 OR (t.retiring_digest = $1 AND t.retiring_until > $2)) AND " LIVE(
        "$2")
};

static const struct statement touch = {
    "token_touch", "UPDATE plexsphere.api_tokens SET last_used_at = $2 WHERE id = ("
                   "SELECT id FROM plexsphere.api_tokens WHERE id = $1 FOR UPDATE SKIP LOCKED)"
};

static const struct statement insert = {
    "token_insert", "INSERT INTO plexsphere.api_tokens"
                    " (id, identity_id, env_prefix, digest, created_at, expires_at)"
                    " VALUES ($1, $2, $3, $4, $5, $6)"
};

static const struct statement list = {
    "token_list",
    "SELECT t.id, t.env_prefix, t.created_at, t.expires_at, t.last_used_at, t.rotated_at"
    " FROM plexsphere.api_tokens t WHERE t.identity_id = $1 AND " LIVE(
        "$2") " ORDER BY t.created_at, t.id"
};

static const struct statement revoke = {
    "token_revoke", "UPDATE plexsphere.api_tokens t SET revoked_at = $3"
                    " WHERE t.id = $1 AND t.identity_id = $2 AND " LIVE("$3")
};

static const struct statement env_of = {
    "token_env", "SELECT t.env_prefix FROM plexsphere.api_tokens t"
                 " WHERE t.id = $1 AND t.identity_id = $2 AND " LIVE("$3") " FOR UPDATE"
};

static const struct statement replace = {
    "token_replace",
    "UPDATE plexsphere.api_tokens SET retiring_digest = digest,"
    " retiring_until = LEAST($4::timestamptz, date_trunc('second', expires_at)),"
    " digest = $2, rotated_at = $3 WHERE id = $1 RETURNING retiring_until, expires_at"
};

enum sql_result identity_create(struct tx *tx, const struct uuid *id, const char *kind,
                                const struct uuid *domain_id_or_null, const char *email,
                                int64_t now)
{
    return SQL(tx, &identity_insert, NULL, p_uuid(id), p_text(kind), p_uuid(domain_id_or_null),
               p_text(email), p_time(now));
}

enum sql_result identity_mint_token(struct tx *tx, const struct uuid *identity,
                                    const char *env_prefix, int64_t now, int64_t expires_at,
                                    char **plaintext)
{
    if (!token_env_is_valid(env_prefix))
        return SQL_CHECK;
    struct uuid id = uuid_v7(now);
    unsigned char digest[32];
    *plaintext = token_make(tx_arena(tx), env_prefix);
    token_digest(*plaintext, digest);
    return token_insert(tx, &id, identity, env_prefix, digest, now, expires_at);
}

enum sql_result token_resolve(struct tx *tx, const unsigned char digest[32], int64_t now,
                              struct token_holder *out, bool *found)
{
    struct rows rows = { 0 };
    enum sql_result r = SQL(tx, &resolve, &rows, p_bytes(digest, 32), p_time(now));
    if (r != SQL_OK)
        return r;
    *found = rows.n == 1;
    if (*found)
        *out = (struct token_holder){ .token_id = row_uuid(&rows, 0, 0),
                                      .identity_id = row_uuid(&rows, 0, 1),
                                      .kind = row_text(&rows, 0, 2),
                                      .platform_scope = row_is_null(&rows, 0, 3),
                                      .domain_id = row_uuid(&rows, 0, 3),
                                      .email = row_text(&rows, 0, 4),
                                      .used_before = !row_is_null(&rows, 0, 5),
                                      .last_used_at = row_time(&rows, 0, 5) };
    return SQL_OK;
}

enum sql_result identity_token_is_live(struct tx *tx, const unsigned char digest[32], int64_t now,
                                       bool *live)
{
    struct token_holder holder;
    return token_resolve(tx, digest, now, &holder, live);
}

enum sql_result token_touch(struct tx *tx, const struct uuid *token, int64_t now)
{
    return SQL(tx, &touch, NULL, p_uuid(token), p_time(now));
}

enum sql_result token_insert(struct tx *tx, const struct uuid *id, const struct uuid *identity,
                             const char *env_prefix, const unsigned char digest[32], int64_t now,
                             int64_t expires_at)
{
    return SQL(tx, &insert, NULL, p_uuid(id), p_uuid(identity), p_text(env_prefix),
               p_bytes(digest, 32), p_time(now), p_time(expires_at));
}

enum sql_result token_list(struct tx *tx, const struct uuid *identity, int64_t now,
                           struct token_row **out, int *n)
{
    struct rows rows = { 0 };
    enum sql_result r = SQL(tx, &list, &rows, p_uuid(identity), p_time(now));
    if (r != SQL_OK)
        return r;
    *n = rows.n;
    *out = arena_alloc_array(tx_arena(tx), (size_t)(rows.n > 0 ? rows.n : 1), sizeof **out);
    for (int i = 0; i < rows.n; i++)
        (*out)[i] = (struct token_row){ .id = row_uuid(&rows, i, 0),
                                        .env_prefix = row_text(&rows, i, 1),
                                        .created_at = row_time(&rows, i, 2),
                                        .expires_at = row_time(&rows, i, 3),
                                        .used = !row_is_null(&rows, i, 4),
                                        .last_used_at = row_time(&rows, i, 4),
                                        .rotated = !row_is_null(&rows, i, 5),
                                        .rotated_at = row_time(&rows, i, 5) };
    return SQL_OK;
}

enum sql_result token_revoke(struct tx *tx, const struct uuid *identity, const struct uuid *id,
                             int64_t now, bool *found)
{
    struct rows rows = { 0 };
    enum sql_result r = SQL(tx, &revoke, &rows, p_uuid(id), p_uuid(identity), p_time(now));
    *found = r == SQL_OK && rows.n == 1;
    return r;
}

enum sql_result token_env(struct tx *tx, const struct uuid *identity, const struct uuid *id,
                          int64_t now, const char **env_prefix, bool *found)
{
    struct rows rows = { 0 };
    enum sql_result r = SQL(tx, &env_of, &rows, p_uuid(id), p_uuid(identity), p_time(now));
    *found = r == SQL_OK && rows.n == 1;
    if (*found)
        *env_prefix = row_text(&rows, 0, 0);
    return r;
}

enum sql_result token_replace(struct tx *tx, const struct uuid *id, const unsigned char digest[32],
                              int64_t now, int64_t grace_end, int64_t *deadline,
                              int64_t *expires_at)
{
    struct rows rows = { 0 };
    enum sql_result r =
        SQL(tx, &replace, &rows, p_uuid(id), p_bytes(digest, 32), p_time(now), p_time(grace_end));
    if (r != SQL_OK)
        return r;
    if (rows.n != 1)
        return SQL_FAILED;
    *deadline = row_time(&rows, 0, 0);
    *expires_at = row_time(&rows, 0, 1);
    return SQL_OK;
}
