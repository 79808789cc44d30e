#include "common/arena.h"
#include "reference/plexsphere/tenancy/domain.h"
#include "reference/plexsphere/tenancy/pool.h"

#define DOMAIN_COLUMNS                                                                             \
    "id, name, slug, description, region, inet_send(mesh_cidr), heartbeat_interval_ns, "           \
    "stale_after_ns, unreachable_after_ns, created_at, updated_at"

enum { POOLS_LOCK = 2 }; /* the migration that makes the tables */

static void domain_of_row(const struct rows *r, int row, struct domain *out)
{
    *out = (struct domain){
        .id = row_uuid(r, row, 0),
        .name = row_text(r, row, 1),
        .slug = row_text(r, row, 2),
        .description = row_text(r, row, 3),
        .region = row_text(r, row, 4),
        .mesh_cidr = pool_text(r, row, 5),
        .reachability = { row_int(r, row, 6), row_int(r, row, 7), row_int(r, row, 8) },
        .created_at = row_time(r, row, 9),
        .updated_at = row_time(r, row, 10),
    };
}

enum sql_result domain_insert(struct tx *tx, const struct domain *d)
{
    static const struct statement insert = {
        "domain_insert",
        "INSERT INTO plexsphere.domains (id, name, slug, description, region, mesh_cidr, "
        "heartbeat_interval_ns, stale_after_ns, unreachable_after_ns, created_at, updated_at) "
        "VALUES ($1, $2, $3, $4, $5, $6::text::cidr, $7, $8, $9, $10, $10)",
    };
    return SQL(tx, &insert, NULL, p_uuid(&d->id), p_text(d->name), p_text(d->slug),
               p_text(d->description), p_text(d->region), p_text(d->mesh_cidr),
               p_int(d->reachability.heartbeat_interval), p_int(d->reachability.stale_after),
               p_int(d->reachability.unreachable_after), p_time(d->created_at));
}

enum found domain_find(struct tx *tx, const struct uuid *id, struct domain *out)
{
    static const struct statement find = {
        "domain_find",
        "SELECT " DOMAIN_COLUMNS " FROM plexsphere.domains WHERE id = $1",
    };
    struct rows r;
    if (SQL(tx, &find, &r, p_uuid(id)) != SQL_OK)
        return FIND_FAILED;
    if (r.n == 0)
        return NOT_FOUND;
    domain_of_row(&r, 0, out);
    return FOUND;
}

enum found domain_lock(struct tx *tx, const struct uuid *id)
{
    static const struct statement lock = {
        "domain_lock",
        "SELECT 1 FROM plexsphere.domains WHERE id = $1 FOR UPDATE",
    };
    struct rows r;
    if (SQL(tx, &lock, &r, p_uuid(id)) != SQL_OK)
        return FIND_FAILED;
    return r.n ? FOUND : NOT_FOUND;
}

/* Two transactions that each have written a range the other one's constraint must look at wait for
 * each other: a deadlock, and no honest answer. So writers of pools take turns, and writers of one
 * Domain's sub-ranges take turns on the Domain's row (domain_pool). */
enum sql_result domain_pools_lock(struct tx *tx)
{
    static const struct statement lock = {
        "domain_pools_lock",
        "SELECT pg_advisory_xact_lock($1::bigint::int, 0)",
    };
    return SQL(tx, &lock, NULL, p_int(POOLS_LOCK));
}

enum found domain_pool(struct tx *tx, const struct uuid *id, struct cidr *out)
{
    static const struct statement pool = {
        "domain_pool",
        "SELECT inet_send(mesh_cidr) FROM plexsphere.domains WHERE id = $1 "
        "FOR NO KEY UPDATE",
    };
    struct rows r;
    if (SQL(tx, &pool, &r, p_uuid(id)) != SQL_OK)
        return FIND_FAILED;
    if (r.n == 0)
        return NOT_FOUND;
    return pool_of_row(&r, 0, 0, out) ? FOUND : FIND_FAILED;
}

/* Slugs compare by byte value (the column's collation is "C"), and "" sorts before every slug. */
enum sql_result domain_window(struct tx *tx, const char *after_slug, int limit, struct domain **out,
                              size_t *n)
{
    static const struct statement window = {
        "domain_window",
        "SELECT " DOMAIN_COLUMNS " FROM plexsphere.domains WHERE slug > $1 ORDER BY slug LIMIT $2",
    };
    struct rows r;
    enum sql_result result = SQL(tx, &window, &r, p_text(after_slug), p_int(limit));
    if (result != SQL_OK)
        return result;
    *n = (size_t)r.n;
    *out = arena_alloc_array(tx_arena(tx), *n + 1, sizeof **out);
    for (int row = 0; row < r.n; row++)
        domain_of_row(&r, row, &(*out)[row]);
    return SQL_OK;
}

/* A NULL parameter leaves its column alone; description and region are cleared by "". */
enum found domain_update(struct tx *tx, const struct uuid *id, const struct domain_fields *f,
                         int64_t now, struct domain *out, enum sql_result *sql)
{
    static const struct statement update = {
        "domain_update",
        "UPDATE plexsphere.domains SET name = coalesce($2, name), "
        "description = coalesce($3, description), region = coalesce($4, region), "
        "mesh_cidr = coalesce($5::text::cidr, mesh_cidr), "
        "heartbeat_interval_ns = coalesce($6, heartbeat_interval_ns), "
        "stale_after_ns = coalesce($7, stale_after_ns), "
        "unreachable_after_ns = coalesce($8, unreachable_after_ns), "
        "updated_at = greatest(updated_at, $9) WHERE id = $1 RETURNING " DOMAIN_COLUMNS,
    };
    const struct reachability *policy = &f->reachability;
    bool set = f->has_reachability;
    struct rows r;
    *sql =
        SQL(tx, &update, &r, p_uuid(id), p_text(f->name), p_text(f->description), p_text(f->region),
            p_text(f->mesh_cidr), set ? p_int(policy->heartbeat_interval) : p_null(),
            set ? p_int(policy->stale_after) : p_null(),
            set ? p_int(policy->unreachable_after) : p_null(), p_time(now));
    if (*sql != SQL_OK)
        return FIND_FAILED;
    if (r.n == 0)
        return NOT_FOUND;
    domain_of_row(&r, 0, out);
    return FOUND;
}

enum found domain_stranded_project(struct tx *tx, const struct uuid *id, const char *pool,
                                   struct uuid *project)
{
    static const struct statement stranded = {
        "domain_stranded_project",
        "SELECT project_id FROM plexsphere.project_mesh_ip_reservations WHERE domain_id = $1 "
        "AND NOT sub_range <<= $2::text::cidr ORDER BY project_id LIMIT 1",
    };
    struct rows r;
    if (SQL(tx, &stranded, &r, p_uuid(id), p_text(pool)) != SQL_OK)
        return FIND_FAILED;
    if (r.n == 0)
        return NOT_FOUND;
    *project = row_uuid(&r, 0, 0);
    return FOUND;
}

/* DOM-038: groups and idp_bindings count as zero for as long as no migration makes their tables. */
enum sql_result domain_count_children(struct tx *tx, const struct uuid *id,
                                      struct domain_children *out)
{
    static const struct statement count = {
        "domain_count_children",
        "SELECT (SELECT count(*) FROM plexsphere.projects WHERE domain_id = $1), "
        "(SELECT count(*) FROM plexsphere.identities WHERE domain_id = $1), "
        "(SELECT count(*) FROM plexsphere.nodes WHERE domain_id = $1 AND drained_at IS NULL)",
    };
    struct rows r;
    enum sql_result result = SQL(tx, &count, &r, p_uuid(id));
    if (result == SQL_OK)
        *out = (struct domain_children){ .projects = row_int(&r, 0, 0),
                                         .identities = row_int(&r, 0, 1),
                                         .nodes = row_int(&r, 0, 2) };
    return result;
}

enum sql_result domain_remove(struct tx *tx, const struct uuid *id)
{
    static const struct statement remove = {
        "domain_remove",
        "DELETE FROM plexsphere.domains WHERE id = $1",
    };
    return SQL(tx, &remove, NULL, p_uuid(id));
}

enum found tenancy_domain_exists(struct tx *tx, const struct uuid *domain)
{
    static const struct statement exists = {
        "domain_exists",
        "SELECT 1 FROM plexsphere.domains WHERE id = $1",
    };
    struct rows r;
    if (SQL(tx, &exists, &r, p_uuid(domain)) != SQL_OK)
        return FIND_FAILED;
    return r.n ? FOUND : NOT_FOUND;
}

enum found tenancy_reachability(struct tx *tx, const struct uuid *domain, struct reachability *out)
{
    struct domain d;
    enum found found = domain_find(tx, domain, &d);
    if (found == FOUND)
        *out = d.reachability;
    return found;
}
