#include "common/arena.h"
#include "reference/plexsphere/tenancy/pool.h"
#include "reference/plexsphere/tenancy/project.h"

#define PROJECT_SELECT                                                                             \
    "SELECT p.id, p.domain_id, p.name, p.slug, p.description, inet_send(r.sub_range), "            \
    "p.created_at, p.updated_at FROM plexsphere.projects p "                                       \
    "LEFT JOIN plexsphere.project_mesh_ip_reservations r ON r.project_id = p.id "

static void project_of_row(const struct rows *r, int row, struct project *out)
{
    *out = (struct project){
        .id = row_uuid(r, row, 0),
        .domain_id = row_uuid(r, row, 1),
        .name = row_text(r, row, 2),
        .slug = row_text(r, row, 3),
        .description = row_text(r, row, 4),
        .sub_range = row_is_null(r, row, 5) ? NULL : pool_text(r, row, 5),
        .created_at = row_time(r, row, 6),
        .updated_at = row_time(r, row, 7),
    };
}

enum sql_result project_insert(struct tx *tx, const struct project *p)
{
    static const struct statement insert = {
        "project_insert",
        "INSERT INTO plexsphere.projects (id, domain_id, name, slug, description, created_at, "
        "updated_at) VALUES ($1, $2, $3, $4, $5, $6, $6)",
    };
    return SQL(tx, &insert, NULL, p_uuid(&p->id), p_uuid(&p->domain_id), p_text(p->name),
               p_text(p->slug), p_text(p->description), p_time(p->created_at));
}

static enum found one_project(struct tx *tx, const struct statement *s, const struct uuid *id,
                              struct project *out)
{
    struct rows r;
    if (SQL(tx, s, &r, p_uuid(id)) != SQL_OK)
        return FIND_FAILED;
    if (r.n == 0)
        return NOT_FOUND;
    project_of_row(&r, 0, out);
    return FOUND;
}

enum found project_find(struct tx *tx, const struct uuid *id, struct project *out)
{
    static const struct statement find = { "project_find", PROJECT_SELECT "WHERE p.id = $1" };
    return one_project(tx, &find, id, out);
}

enum found project_lock(struct tx *tx, const struct uuid *id, struct project *out)
{
    static const struct statement lock = {
        "project_lock",
        PROJECT_SELECT "WHERE p.id = $1 FOR UPDATE OF p",
    };
    return one_project(tx, &lock, id, out);
}

/* PRJ-022: a slug is unique within its Domain only, so the id breaks ties. */
enum sql_result project_window(struct tx *tx, const struct uuid *domain,
                               const struct project_position *after, int limit,
                               struct project **out, size_t *n)
{
    static const struct statement of_all = {
        "project_window",
        PROJECT_SELECT "WHERE (p.slug, p.id) > ($1, $2) ORDER BY p.slug, p.id LIMIT $3",
    };
    static const struct statement of_domain = {
        "project_window_of_domain",
        PROJECT_SELECT "WHERE (p.slug, p.id) > ($1, $2) AND p.domain_id = $4 "
                       "ORDER BY p.slug, p.id LIMIT $3",
    };
    struct rows r;
    enum sql_result result =
        domain ? SQL(tx, &of_domain, &r, p_text(after->slug), p_uuid(&after->id), p_int(limit),
                     p_uuid(domain))
               : SQL(tx, &of_all, &r, p_text(after->slug), p_uuid(&after->id), p_int(limit));
    if (result != SQL_OK)
        return result;
    *n = (size_t)r.n;
    *out = arena_alloc_array(tx_arena(tx), *n + 1, sizeof **out);
    for (int row = 0; row < r.n; row++)
        project_of_row(&r, row, &(*out)[row]);
    return SQL_OK;
}

enum sql_result project_update(struct tx *tx, const struct uuid *id, const struct project_fields *f,
                               int64_t now)
{
    static const struct statement update = {
        "project_update",
        "UPDATE plexsphere.projects SET name = coalesce($2, name), "
        "description = coalesce($3, description), updated_at = greatest(updated_at, $4) "
        "WHERE id = $1",
    };
    return SQL(tx, &update, NULL, p_uuid(id), p_text(f->name), p_text(f->description), p_time(now));
}

enum sql_result project_reserve(struct tx *tx, const struct uuid *id, const struct uuid *domain,
                                const char *sub_range)
{
    static const struct statement reserve = {
        "project_reserve",
        "INSERT INTO plexsphere.project_mesh_ip_reservations (project_id, domain_id, sub_range) "
        "VALUES ($1, $2, $3::text::cidr) "
        "ON CONFLICT (project_id) DO UPDATE SET sub_range = excluded.sub_range",
    };
    return SQL(tx, &reserve, NULL, p_uuid(id), p_uuid(domain), p_text(sub_range));
}

enum sql_result project_release(struct tx *tx, const struct uuid *id)
{
    static const struct statement release = {
        "project_release",
        "DELETE FROM plexsphere.project_mesh_ip_reservations WHERE project_id = $1",
    };
    return SQL(tx, &release, NULL, p_uuid(id));
}

enum found project_overlapping_sibling(struct tx *tx, const struct project *p,
                                       const char *sub_range, struct uuid *sibling,
                                       const char **sibling_range)
{
    static const struct statement sibling_of = {
        "project_overlapping_sibling",
        "SELECT project_id, inet_send(sub_range) FROM plexsphere.project_mesh_ip_reservations "
        "WHERE domain_id = $1 AND project_id <> $2 AND sub_range && $3::text::cidr "
        "ORDER BY project_id LIMIT 1",
    };
    struct rows r;
    if (SQL(tx, &sibling_of, &r, p_uuid(&p->domain_id), p_uuid(&p->id), p_text(sub_range)) !=
        SQL_OK)
        return FIND_FAILED;
    if (r.n == 0)
        return NOT_FOUND;
    *sibling = row_uuid(&r, 0, 0);
    *sibling_range = pool_text(&r, 0, 1);
    return FOUND;
}

enum found project_stranded_address(struct tx *tx, const struct project *p, const char *sub_range)
{
    static const struct statement stranded = {
        "project_stranded_address",
        "SELECT 1 FROM plexsphere.nodes n "
        "JOIN plexsphere.project_mesh_ip_reservations r ON r.project_id = n.project_id "
        "WHERE n.project_id = $1 AND n.drained_at IS NULL AND n.mesh_ip <<= r.sub_range "
        "AND (n.mesh_ip <<= $2::text::cidr) IS NOT TRUE LIMIT 1",
    };
    struct rows r;
    if (SQL(tx, &stranded, &r, p_uuid(&p->id), p_text(sub_range)) != SQL_OK)
        return FIND_FAILED;
    return r.n ? FOUND : NOT_FOUND;
}

/* PRJ-037 [OPEN-21]: of the tuples that name the Project, the link to its Domain, the links of its
 * Resources and Nodes, and admin are structure: they end with it. Any other grant still refers to
 * it and counts. */
enum sql_result project_count_children(struct tx *tx, const struct uuid *id,
                                       struct project_children *out)
{
    static const struct statement count = {
        "project_count_children",
        "SELECT (SELECT count(*) FROM plexsphere.resources WHERE project_id = $1), "
        "(SELECT count(*) FROM plexsphere.nodes "
        "WHERE project_id = $1 AND drained_at IS NULL), "
        "(SELECT count(*) FROM plexsphere.relation_tuples WHERE relation NOT IN ('parent', "
        "'admin') "
        "AND ((object_type = 'project' AND object_id = $1) "
        "OR (subject_type = 'project' AND subject_id = $1)))",
    };
    struct rows r;
    enum sql_result result = SQL(tx, &count, &r, p_uuid(id));
    if (result == SQL_OK)
        *out = (struct project_children){ .resources = row_int(&r, 0, 0),
                                          .nodes = row_int(&r, 0, 1),
                                          .relation_tuples = row_int(&r, 0, 2) };
    return result;
}

/* Nodes that left the mesh keep no Project alive (MSH-044), and end with it. */
enum sql_result project_remove(struct tx *tx, const struct uuid *id)
{
    static const struct statement remove_left = {
        "project_remove_left_nodes",
        "DELETE FROM plexsphere.nodes WHERE project_id = $1 AND drained_at IS NOT NULL",
    };
    static const struct statement remove = {
        "project_remove",
        "DELETE FROM plexsphere.projects WHERE id = $1",
    };
    enum sql_result result = SQL(tx, &remove_left, NULL, p_uuid(id));
    return result == SQL_OK ? SQL(tx, &remove, NULL, p_uuid(id)) : result;
}

enum found tenancy_domain_of_project(struct tx *tx, const struct uuid *project, struct uuid *domain)
{
    static const struct statement parent = {
        "project_domain",
        "SELECT domain_id FROM plexsphere.projects WHERE id = $1",
    };
    struct rows r;
    if (SQL(tx, &parent, &r, p_uuid(project)) != SQL_OK)
        return FIND_FAILED;
    if (r.n == 0)
        return NOT_FOUND;
    *domain = row_uuid(&r, 0, 0);
    return FOUND;
}
