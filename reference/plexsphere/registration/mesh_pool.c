#include "reference/plexsphere/registration/mesh_pool.h"

#include "common/arena.h"
#include "reference/plexsphere/registration/mesh_range.h"
#include "reference/plexsphere/tenancy/pool.h"

/* An advisory lock is a number: the random half of the Domain's id, apart from other users of
 * such locks by a constant ("mesh-ip" in ASCII). Two Domains on one number merely wait in turn. */
static int64_t lock_number(const struct uuid *domain)
{
    uint64_t n = 0;
    for (int i = 8; i < 16; i++)
        n = n << 8 | domain->b[i];
    return (int64_t)(n ^ UINT64_C(0x6d6573682d6970));
}

enum mesh_result mesh_pool_lock(struct tx *tx, const struct uuid *domain)
{
    static const struct statement bound = {
        "mesh_pool_lock_bound",
        "SELECT set_config('lock_timeout', '2s', true)",
    };
    static const struct statement lock = {
        "mesh_pool_lock",
        "SELECT pg_advisory_xact_lock($1)",
    };
    const struct param number = p_int(lock_number(domain));
    struct sql_call calls[] = {
        { .statement = &bound },
        { .statement = &lock, .params = &number, .n_params = 1 },
    };
    switch (sql_run_all(tx, calls, ARRAY_LEN(calls))) {
    case SQL_OK: return MESH_OK;
    case SQL_BUSY: return MESH_CONTENTION;
    default: return MESH_FAILED;
    }
}

/* What find knows of the place it searches. */
struct place {
    struct cidr block; /* the sub-range, else the Domain's pool */
    bool subrange;
    bool held;
    mesh_number start;        /* where the last search ended */
    struct mesh_range *holes; /* in the Domain's pool: the sub-ranges of its Projects */
    size_t n_holes;
};

static bool place_of_row(const struct rows *r, struct place *out)
{
    struct cidr start;
    if (r->n == 0)
        return false;
    out->subrange = !row_is_null(r, 0, 1);
    out->held = row_bool(r, 0, 3);
    out->start = 0;
    if (!pool_of_row(r, 0, out->subrange ? 1 : 0, &out->block))
        return false;
    if (row_is_null(r, 0, 2))
        return true;
    if (!pool_of_row(r, 0, 2, &start))
        return false;
    out->start = mesh_range_of(&start).first;
    return true;
}

/* The flat pool must not give away what belongs to a Project. */
static bool holes_of_rows(const struct rows *r, struct place *out)
{
    struct cidr block;
    out->n_holes = out->subrange ? 0 : (size_t)r->n;
    out->holes = arena_alloc_array(r->arena, out->n_holes + 1, sizeof *out->holes);
    for (size_t i = 0; i < out->n_holes; i++) {
        if (!pool_of_row(r, (int)i, 0, &block))
            return false;
        out->holes[i] = mesh_range_of(&block);
    }
    return true;
}

/* The first gap: the range's own first address, or the one behind the first allocation that has
 * no neighbour. Walks the primary key from the range's start, so a search costs what lies between
 * there and the gap, never the size of the range. */
static enum sql_result first_gap(struct tx *tx, const struct uuid *domain, struct mesh_range range,
                                 bool *found, mesh_number *out)
{
    static const struct statement gap = {
        "mesh_pool_gap",
        "SELECT inet_send(c.address) FROM ("
        " SELECT $2::text::inet AS address WHERE NOT EXISTS ("
        "  SELECT FROM plexsphere.mesh_ip_allocations"
        "  WHERE domain_id = $1::uuid AND address = $2::text::inet)"
        " UNION ALL ("
        "  SELECT a.address + 1 FROM plexsphere.mesh_ip_allocations a"
        "  WHERE a.domain_id = $1::uuid AND a.address >= $2::text::inet"
        "  AND a.address < $3::text::inet AND NOT EXISTS ("
        "   SELECT FROM plexsphere.mesh_ip_allocations b"
        "   WHERE b.domain_id = a.domain_id AND b.address = a.address + 1)"
        "  ORDER BY a.address LIMIT 1)"
        ") c ORDER BY c.address LIMIT 1",
    };
    struct arena *a = tx_arena(tx);
    struct rows r;
    struct cidr address;
    *found = false;
    enum sql_result result =
        SQL(tx, &gap, &r, p_uuid(domain), p_text(mesh_address_text(a, range.bits, range.first)),
            p_text(mesh_address_text(a, range.bits, range.last)));
    if (result != SQL_OK || r.n == 0)
        return result;
    if (!pool_of_row(&r, 0, 0, &address))
        return SQL_FAILED;
    *found = true;
    *out = mesh_range_of(&address).first;
    return SQL_OK;
}

static enum sql_result search(struct tx *tx, const struct uuid *domain,
                              const struct mesh_range *pieces, size_t n, mesh_number start,
                              bool *found, mesh_number *out)
{
    *found = false;
    for (size_t i = 0; i < n && !*found; i++) {
        struct mesh_range piece = pieces[i];
        if (piece.last < start)
            continue;
        if (piece.first < start)
            piece.first = start;
        enum sql_result result = first_gap(tx, domain, piece, found, out);
        if (result != SQL_OK)
            return result;
    }
    return SQL_OK;
}

/* Who moves a range locks its Project and then its Domain (tenancy). In the same order here, until
 * the Node's row is there: else a range could leave the address we are about to give out. */
static const struct statement ranges_stay = {
    "mesh_pool_ranges_stay",
    "SELECT 1 FROM plexsphere.projects p JOIN plexsphere.domains d ON d.id = p.domain_id "
    "WHERE p.id = $1 FOR KEY SHARE OF p FOR SHARE OF d",
};

static const struct statement load_place = {
    "mesh_pool_place",
    "SELECT inet_send(d.mesh_cidr), inet_send(own.sub_range), inet_send(p.search_from), "
    "coalesce(p.held, false) FROM plexsphere.domains d "
    "LEFT JOIN plexsphere.project_mesh_ip_reservations own ON own.project_id = $2::uuid "
    "LEFT JOIN plexsphere.mesh_pools p "
    "ON p.scope_id = CASE WHEN own.sub_range IS NULL THEN d.id ELSE $2::uuid END "
    "WHERE d.id = $1::uuid",
};

static const struct statement load_holes = {
    "mesh_pool_holes",
    "SELECT inet_send(sub_range) FROM plexsphere.project_mesh_ip_reservations "
    "WHERE domain_id = $1",
};

static enum mesh_result lock_and_load(struct tx *tx, const struct uuid *domain,
                                      const struct uuid *project, struct place *place,
                                      struct mesh_grant *grant)
{
    const struct param ids[] = { p_uuid(domain), p_uuid(project) };
    struct rows at, holes;
    struct sql_call calls[] = {
        { .statement = &ranges_stay, .params = &ids[1], .n_params = 1 },
        { .statement = &load_place, .rows = &at, .params = ids, .n_params = 2 },
        { .statement = &load_holes, .rows = &holes, .params = ids, .n_params = 1 },
    };
    enum sql_result result = sql_run_all(tx, calls, ARRAY_LEN(calls));
    if (result == SQL_BUSY)
        return MESH_CONTENTION;
    if (result != SQL_OK || !place_of_row(&at, place) || !holes_of_rows(&holes, place))
        return MESH_FAILED;
    grant->domain = *domain;
    grant->scope = place->subrange ? *project : *domain;
    grant->domain_cidr = pool_text(&at, 0, 0);
    return MESH_OK;
}

enum mesh_result mesh_pool_find(struct tx *tx, const struct uuid *domain,
                                const struct uuid *project, struct mesh_grant *out)
{
    struct place place;
    struct mesh_range usable;
    bool found;
    mesh_number address = 0;

    enum mesh_result loaded = lock_and_load(tx, domain, project, &place, out);
    if (loaded != MESH_OK)
        return loaded;
    enum mesh_result exhausted = place.subrange ? MESH_SUBRANGE_EXHAUSTED : MESH_POOL_EXHAUSTED;
    struct mesh_range block = mesh_range_of(&place.block);
    if (place.held || !mesh_range_usable(block, &usable))
        return exhausted;
    struct mesh_range *pieces = arena_alloc_array(tx_arena(tx), place.n_holes + 1, sizeof *pieces);
    size_t n = mesh_range_without(usable, place.holes, place.n_holes, pieces);

    if (search(tx, domain, pieces, n, place.start, &found, &address) != SQL_OK)
        return MESH_FAILED;
    /* What became free below the start is found when nothing above it is. */
    if (!found && place.start > usable.first &&
        search(tx, domain, pieces, n, 0, &found, &address) != SQL_OK)
        return MESH_FAILED;
    if (!found)
        return exhausted;
    out->address = mesh_address_text(tx_arena(tx), usable.bits, address);
    return MESH_OK;
}

enum sql_result mesh_pool_record(struct tx *tx, const struct mesh_grant *grant,
                                 const struct uuid *node)
{
    static const struct statement record = {
        "mesh_pool_record",
        "WITH taken AS ("
        " INSERT INTO plexsphere.mesh_ip_allocations (domain_id, address, node_id)"
        " VALUES ($1::uuid, $3::text::inet, $4::uuid)) "
        "INSERT INTO plexsphere.mesh_pools (scope_id, domain_id, search_from) "
        "VALUES ($2::uuid, $1::uuid, $3::text::inet) "
        "ON CONFLICT (scope_id) DO UPDATE SET search_from = excluded.search_from",
    };
    return SQL_LATER(tx, &record, p_uuid(&grant->domain), p_uuid(&grant->scope),
                     p_text(grant->address), p_uuid(node));
}

enum sql_result mesh_pool_hold(struct tx *tx, const struct uuid *domain, const struct uuid *scope,
                               bool held)
{
    static const struct statement hold = {
        "mesh_pool_hold",
        "INSERT INTO plexsphere.mesh_pools (scope_id, domain_id, held) VALUES ($1, $2, $3) "
        "ON CONFLICT (scope_id) DO UPDATE SET held = excluded.held",
    };
    return SQL(tx, &hold, NULL, p_uuid(scope), p_uuid(domain), p_bool(held));
}

enum sql_result mesh_pool_is_subrange(struct tx *tx, const struct uuid *project, bool *out)
{
    static const struct statement find = {
        "mesh_pool_is_subrange",
        "SELECT 1 FROM plexsphere.project_mesh_ip_reservations WHERE project_id = $1",
    };
    struct rows r;
    enum sql_result result = SQL(tx, &find, &r, p_uuid(project));
    *out = result == SQL_OK && r.n > 0;
    return result;
}
