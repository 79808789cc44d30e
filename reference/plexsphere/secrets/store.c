#include "reference/plexsphere/secrets/store.h"

#include "common/arena.h"

enum found secret_by_name(struct tx *tx, const struct uuid *node, const char *name,
                          struct secret_row *out)
{
    static const struct statement find = {
        "secret_by_name",
        "SELECT id, current_version FROM plexsphere.node_secrets "
        "WHERE node_id = $1 AND name = $2",
    };
    struct rows r;
    if (SQL(tx, &find, &r, p_uuid(node), p_text(name)) != SQL_OK)
        return FIND_FAILED;
    if (r.n == 0)
        return NOT_FOUND;
    *out = (struct secret_row){ row_uuid(&r, 0, 0), row_int(&r, 0, 1) };
    return FOUND;
}

enum sql_result secret_make(struct tx *tx, const struct uuid *id, const struct uuid *node,
                            const struct uuid *project, const char *name, int64_t now)
{
    static const struct statement insert = {
        "secret_insert",
        "INSERT INTO plexsphere.node_secrets "
        "(id, node_id, project_id, name, current_version, created_at, updated_at) "
        "VALUES ($1, $2, $3, $4, 1, $5, $5)",
    };
    return SQL(tx, &insert, NULL, p_uuid(id), p_uuid(node), p_uuid(project), p_text(name),
               p_time(now));
}

/* SEC-009: what is known of a version never goes back. */
enum sql_result secret_set_version(struct tx *tx, const struct uuid *id, int64_t version,
                                   int64_t now)
{
    static const struct statement update = {
        "secret_set_version",
        "UPDATE plexsphere.node_secrets "
        "SET current_version = greatest(current_version, $2), updated_at = $3 WHERE id = $1",
    };
    return SQL(tx, &update, NULL, p_uuid(id), p_int(version), p_time(now));
}

static enum sql_result items_of(struct tx *tx, enum sql_result result, const struct rows *r,
                                struct secret_item **out, size_t *n)
{
    if (result != SQL_OK)
        return result;
    *n = (size_t)r->n;
    *out = arena_alloc_array(tx_arena(tx), *n + 1, sizeof **out);
    for (int i = 0; i < r->n; i++)
        (*out)[i] = (struct secret_item){ row_text(r, i, 0), row_int(r, i, 1) };
    return SQL_OK;
}

enum sql_result secrets_of_node(struct tx *tx, const struct uuid *node, struct secret_item **out,
                                size_t *n)
{
    static const struct statement list = {
        "secrets_of_node",
        "SELECT name, current_version FROM plexsphere.node_secrets "
        "WHERE node_id = $1 ORDER BY name",
    };
    struct rows r;
    enum sql_result result = SQL(tx, &list, &r, p_uuid(node));
    return items_of(tx, result, &r, out, n);
}

enum sql_result secrets_of_project(struct tx *tx, const struct uuid *project, const char *after,
                                   int limit, struct secret_item **out, size_t *n)
{
    static const struct statement window = {
        "secrets_of_project",
        "SELECT name, max(current_version) FROM plexsphere.node_secrets "
        "WHERE project_id = $1 AND name > $2 GROUP BY name ORDER BY name LIMIT $3",
    };
    struct rows r;
    enum sql_result result = SQL(tx, &window, &r, p_uuid(project), p_text(after), p_int(limit));
    return items_of(tx, result, &r, out, n);
}
