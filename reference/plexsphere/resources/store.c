#include "common/arena.h"
#include "reference/plexsphere/resources/resource.h"

#define RESOURCE_SELECT                                                                            \
    "SELECT id, project_id, domain_id, origin, kind, external_ref, created_at, updated_at "        \
    "FROM plexsphere.resources "

static void resource_of_row(const struct rows *r, int row, struct resource *out)
{
    *out = (struct resource){
        .id = row_uuid(r, row, 0),
        .project_id = row_uuid(r, row, 1),
        .domain_id = row_uuid(r, row, 2),
        .origin = row_text(r, row, 3),
        .kind = row_text(r, row, 4),
        .external_ref = row_text(r, row, 5),
        .created_at = row_time(r, row, 6),
        .updated_at = row_time(r, row, 7),
    };
}

enum sql_result resource_insert(struct tx *tx, const struct resource *r)
{
    static const struct statement insert = {
        "resource_insert",
        "INSERT INTO plexsphere.resources (id, project_id, domain_id, origin, kind, external_ref, "
        "created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $7)",
    };
    return SQL(tx, &insert, NULL, p_uuid(&r->id), p_uuid(&r->project_id), p_uuid(&r->domain_id),
               p_text(r->origin), p_text(r->kind), p_text(r->external_ref), p_time(r->created_at));
}

enum found resource_find(struct tx *tx, const struct uuid *id, struct resource *out)
{
    static const struct statement find = { "resource_find", RESOURCE_SELECT "WHERE id = $1" };
    struct rows r;
    if (SQL(tx, &find, &r, p_uuid(id)) != SQL_OK)
        return FIND_FAILED;
    if (r.n == 0)
        return NOT_FOUND;
    resource_of_row(&r, 0, out);
    return FOUND;
}

/* RES-021: ids are UUIDv7, so their order is the order of creation; no other column is needed. */
enum sql_result resource_window(struct tx *tx, const struct uuid *project, const struct uuid *after,
                                int limit, struct resource **out, size_t *n)
{
    static const struct statement window = {
        "resource_window",
        RESOURCE_SELECT "WHERE project_id = $1 AND id > $2 ORDER BY id LIMIT $3",
    };
    struct rows r;
    enum sql_result result = SQL(tx, &window, &r, p_uuid(project), p_uuid(after), p_int(limit));
    if (result != SQL_OK)
        return result;
    *n = (size_t)r.n;
    *out = arena_alloc_array(tx_arena(tx), *n + 1, sizeof **out);
    for (int row = 0; row < r.n; row++)
        resource_of_row(&r, row, &(*out)[row]);
    return SQL_OK;
}

enum found resource_remove(struct tx *tx, const struct uuid *id)
{
    static const struct statement remove = {
        "resource_remove",
        "DELETE FROM plexsphere.resources WHERE id = $1",
    };
    struct rows r;
    if (SQL(tx, &remove, &r, p_uuid(id)) != SQL_OK)
        return FIND_FAILED;
    return r.n ? FOUND : NOT_FOUND;
}

/* Two rows are asked for so that a handle which fits two Resources is seen to. */
enum found resources_by_handle(struct tx *tx, const struct uuid *project, const char *handle,
                               struct resource_ref *out)
{
    static const struct statement by_handle = {
        "resource_by_handle",
        RESOURCE_SELECT "WHERE project_id = $1 AND (id = $2 OR external_ref = $3) LIMIT 2",
    };
    struct uuid id;
    struct resource found;
    struct rows r;
    bool is_id = uuid_parse(handle, &id);
    if (SQL(tx, &by_handle, &r, p_uuid(project), is_id ? p_uuid(&id) : p_null(), p_text(handle)) !=
        SQL_OK)
        return FIND_FAILED;
    if (r.n != 1)
        return NOT_FOUND;
    resource_of_row(&r, 0, &found);
    *out = (struct resource_ref){ found.id, found.project_id, found.domain_id, found.kind,
                                  found.external_ref };
    return FOUND;
}
