#include "reference/plexsphere/registration/store.h"

#include "common/arena.h"

#define TOKEN_COLUMNS                                                                              \
    "id, project_id, issued_by_user_id, kind, env_prefix, issued_at, expires_at, consumed_at, "    \
    "revoked_at"
enum { TOKEN_COLUMN_COUNT = 9 };

static bool token_of_row(const struct rows *r, int row, struct bootstrap_token *out)
{
    *out = (struct bootstrap_token){
        .id = row_uuid(r, row, 0),
        .project_id = row_uuid(r, row, 1),
        .issued_by = row_uuid(r, row, 2),
        .env_prefix = row_text(r, row, 4),
        .issued_at = row_time(r, row, 5),
        .expires_at = row_time(r, row, 6),
        .consumed_at = row_time(r, row, 7),
        .revoked_at = row_time(r, row, 8),
    };
    return bootstrap_kind_parse(row_text(r, row, 3), &out->kind);
}

static enum found one_token(enum sql_result result, const struct rows *r,
                            struct bootstrap_token *out)
{
    if (result != SQL_OK)
        return FIND_FAILED;
    if (r->n == 0)
        return NOT_FOUND;
    return token_of_row(r, 0, out) ? FOUND : FIND_FAILED;
}

enum sql_result bootstrap_insert(struct tx *tx, const struct bootstrap_token *token,
                                 const unsigned char lookup[32], const char *hash)
{
    static const struct statement insert = {
        "bootstrap_token_insert",
        "INSERT INTO plexsphere.bootstrap_tokens (id, project_id, issued_by_user_id, kind, "
        "env_prefix, issued_at, expires_at, lookup_digest, hash) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    };
    return SQL(tx, &insert, NULL, p_uuid(&token->id), p_uuid(&token->project_id),
               p_uuid(&token->issued_by), p_text(bootstrap_kind_text(token->kind)),
               p_text(token->env_prefix), p_time(token->issued_at), p_time(token->expires_at),
               p_bytes(lookup, 32), p_text(hash));
}

enum found bootstrap_find(struct tx *tx, const struct uuid *project, const struct uuid *id,
                          struct bootstrap_token *out)
{
    static const struct statement find = {
        "bootstrap_token_find",
        "SELECT " TOKEN_COLUMNS " FROM plexsphere.bootstrap_tokens "
        "WHERE id = $1 AND project_id = $2",
    };
    struct rows r;
    return one_token(SQL(tx, &find, &r, p_uuid(id), p_uuid(project)), &r, out);
}

enum sql_result bootstrap_window(struct tx *tx, const struct uuid *project,
                                 const struct uuid *after, int limit, struct bootstrap_token **out,
                                 size_t *n)
{
    static const struct statement window = {
        "bootstrap_token_window",
        "SELECT " TOKEN_COLUMNS " FROM plexsphere.bootstrap_tokens "
        "WHERE project_id = $1 AND id > $2 ORDER BY id LIMIT $3",
    };
    struct rows r;
    enum sql_result result = SQL(tx, &window, &r, p_uuid(project), p_uuid(after), p_int(limit));
    if (result != SQL_OK)
        return result;
    *n = (size_t)r.n;
    *out = arena_alloc_array(tx_arena(tx), *n + 1, sizeof **out);
    for (int i = 0; i < r.n; i++)
        if (!token_of_row(&r, i, &(*out)[i]))
            return SQL_FAILED;
    return SQL_OK;
}

enum found bootstrap_by_lookup(struct tx *tx, const unsigned char lookup[32],
                               struct bootstrap_token *out, const char **hash)
{
    static const struct statement find = {
        "bootstrap_token_by_lookup",
        "SELECT " TOKEN_COLUMNS ", hash FROM plexsphere.bootstrap_tokens "
        "WHERE lookup_digest = $1",
    };
    struct rows r;
    enum found found = one_token(SQL(tx, &find, &r, p_bytes(lookup, 32)), &r, out);
    if (found == FOUND)
        *hash = row_text(&r, 0, TOKEN_COLUMN_COUNT);
    return found;
}

enum found bootstrap_lock(struct tx *tx, const struct uuid *id, struct bootstrap_token *out)
{
    static const struct statement lock = {
        "bootstrap_token_lock",
        "SELECT " TOKEN_COLUMNS " FROM plexsphere.bootstrap_tokens WHERE id = $1 FOR UPDATE",
    };
    struct rows r;
    return one_token(SQL(tx, &lock, &r, p_uuid(id)), &r, out);
}

enum sql_result bootstrap_mark_revoked(struct tx *tx, const struct uuid *id, int64_t now)
{
    static const struct statement revoke = {
        "bootstrap_token_revoke",
        "UPDATE plexsphere.bootstrap_tokens SET revoked_at = $2 WHERE id = $1",
    };
    return SQL(tx, &revoke, NULL, p_uuid(id), p_time(now));
}

enum sql_result bootstrap_mark_consumed(struct tx *tx, const struct uuid *id,
                                        const unsigned char nonce[32], int64_t now)
{
    static const struct statement consume = {
        "bootstrap_token_consume",
        "UPDATE plexsphere.bootstrap_tokens SET consumed_at = $2, consumed_nonce_digest = $3 "
        "WHERE id = $1",
    };
    return SQL(tx, &consume, NULL, p_uuid(id), p_time(now), p_bytes(nonce, 32));
}

enum found bootstrap_nonce_used(struct tx *tx, const struct uuid *project,
                                const unsigned char nonce[32])
{
    static const struct statement used = {
        "bootstrap_token_nonce_used",
        "SELECT 1 FROM plexsphere.bootstrap_tokens "
        "WHERE project_id = $1 AND consumed_nonce_digest = $2",
    };
    struct rows r;
    if (SQL(tx, &used, &r, p_uuid(project), p_bytes(nonce, 32)) != SQL_OK)
        return FIND_FAILED;
    return r.n > 0 ? FOUND : NOT_FOUND;
}
