#include "reference/plexsphere/peers/store.h"

#include "common/arena.h"

#define PEER_COLUMNS                                                                               \
    "n.id, n.domain_id, host(n.mesh_ip), n.public_key, n.drained_at IS NULL, e.address, e.port "
#define PEER_SELECT                                                                                \
    "SELECT " PEER_COLUMNS "FROM plexsphere.nodes n LEFT JOIN plexsphere.node_endpoints e "        \
    "ON e.node_id = n.id AND e.stale_at IS NULL WHERE n.id = $1"

static void peer_of_row(const struct rows *r, int row, struct peer *out)
{
    const char *address = row_text(r, row, 5);
    *out = (struct peer){
        .id = row_uuid(r, row, 0),
        .domain_id = row_uuid(r, row, 1),
        .mesh_ip = row_text(r, row, 2),
        .public_key = row_bytes(r, row, 3),
        .live = row_bool(r, row, 4),
        .endpoint = address ? endpoint_text(r->arena, address, (int)row_int(r, row, 6)) : NULL,
    };
}

static enum found found_of(enum sql_result result, const struct rows *r)
{
    if (result != SQL_OK)
        return FIND_FAILED;
    return r->n > 0 ? FOUND : NOT_FOUND;
}

static enum found one_peer(enum sql_result result, const struct rows *r, struct peer *out)
{
    enum found found = found_of(result, r);
    if (found == FOUND)
        peer_of_row(r, 0, out);
    return found;
}

enum found peer_find(struct tx *tx, const struct uuid *node, struct peer *out)
{
    static const struct statement find = { "peer_find", PEER_SELECT };
    struct rows r;
    return one_peer(SQL(tx, &find, &r, p_uuid(node)), &r, out);
}

/* NO KEY: a row that refers to the Node may be written meanwhile, as a registration does under the
 * Domain's lock, for which the holder of this one may be waiting. */
enum found peer_lock(struct tx *tx, const struct uuid *node, struct peer *out)
{
    static const struct statement lock = {
        "peer_lock",
        PEER_SELECT " FOR NO KEY UPDATE OF n",
    };
    struct rows r;
    return one_peer(SQL(tx, &lock, &r, p_uuid(node)), &r, out);
}

enum sql_result peer_set_key(struct tx *tx, const struct uuid *node, const unsigned char key[32])
{
    static const struct statement set = {
        "peer_set_key",
        "UPDATE plexsphere.nodes SET public_key = $2 WHERE id = $1",
    };
    return SQL(tx, &set, NULL, p_uuid(node), p_bytes(key, 32));
}

enum sql_result peer_drain(struct tx *tx, const struct uuid *node, int64_t now)
{
    static const struct statement drain = {
        "peer_drain",
        "UPDATE plexsphere.nodes SET drained_at = $2 WHERE id = $1",
    };
    return SQL(tx, &drain, NULL, p_uuid(node), p_time(now));
}

enum sql_result peer_free_address(struct tx *tx, const struct uuid *node)
{
    static const struct statement free_address = {
        "peer_free_address",
        "DELETE FROM plexsphere.mesh_ip_allocations WHERE node_id = $1",
    };
    return SQL(tx, &free_address, NULL, p_uuid(node));
}

enum found endpoint_find(struct tx *tx, const struct uuid *node, struct endpoint_row *out)
{
    static const struct statement find = {
        "endpoint_find",
        "SELECT address, port, stale_after, stale_at IS NOT NULL FROM plexsphere.node_endpoints "
        "WHERE node_id = $1",
    };
    struct rows r;
    enum found found = found_of(SQL(tx, &find, &r, p_uuid(node)), &r);
    if (found == FOUND)
        *out = (struct endpoint_row){ row_text(&r, 0, 0), (int)row_int(&r, 0, 1),
                                      row_time(&r, 0, 2), row_bool(&r, 0, 3) };
    return found;
}

enum sql_result endpoint_put(struct tx *tx, const struct uuid *node,
                             const struct endpoint_report *report, int64_t now, int64_t stale_after)
{
    static const struct statement put = {
        "endpoint_put",
        "INSERT INTO plexsphere.node_endpoints "
        "(node_id, address, port, nat_type, reported_at, accepted_at, stale_after) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (node_id) DO UPDATE SET "
        "address = excluded.address, port = excluded.port, nat_type = excluded.nat_type, "
        "reported_at = excluded.reported_at, accepted_at = excluded.accepted_at, "
        "stale_after = excluded.stale_after, stale_at = NULL",
    };
    return SQL(tx, &put, NULL, p_uuid(node), p_text(report->address), p_int(report->port),
               p_text(report->nat_type), p_time(report->reported_at), p_time(now),
               p_time(stale_after));
}

enum sql_result endpoint_forget(struct tx *tx, const struct uuid *node)
{
    static const struct statement forget = {
        "endpoint_forget",
        "DELETE FROM plexsphere.node_endpoints WHERE node_id = $1",
    };
    return SQL(tx, &forget, NULL, p_uuid(node));
}

/* MSH-007: SKIP LOCKED, so that of several sweepers each endpoint has one. A Node whose report is
 * being written is left to that report. */
enum sql_result endpoints_mark_stale(struct tx *tx, int64_t now, int limit, struct peer **out,
                                     size_t *n)
{
    static const struct statement mark = {
        "endpoints_mark_stale",
        "WITH due AS ("
        " SELECT node_id FROM plexsphere.node_endpoints"
        " WHERE stale_at IS NULL AND stale_after <= $1 ORDER BY stale_after LIMIT $2"
        " FOR UPDATE SKIP LOCKED) "
        "UPDATE plexsphere.node_endpoints e SET stale_at = $1 FROM due, plexsphere.nodes n "
        "WHERE e.node_id = due.node_id AND n.id = e.node_id RETURNING " PEER_COLUMNS,
    };
    struct rows r;
    enum sql_result result = SQL(tx, &mark, &r, p_time(now), p_int(limit));
    if (result != SQL_OK)
        return result;
    *n = (size_t)r.n;
    *out = arena_alloc_array(tx_arena(tx), *n + 1, sizeof **out);
    for (int i = 0; i < r.n; i++)
        peer_of_row(&r, i, &(*out)[i]);
    return SQL_OK;
}

enum found rotation_pending(struct tx *tx, const struct uuid *node, struct uuid *id)
{
    static const struct statement find = {
        "rotation_pending",
        "SELECT id FROM plexsphere.peer_key_rotations "
        "WHERE node_id = $1 AND completed_at IS NULL",
    };
    struct rows r;
    enum found found = found_of(SQL(tx, &find, &r, p_uuid(node)), &r);
    if (found == FOUND)
        *id = row_uuid(&r, 0, 0);
    return found;
}

enum found rotation_completed(struct tx *tx, const struct uuid *node, struct rotation *out)
{
    static const struct statement find = {
        "rotation_completed",
        "SELECT id, kid, wrap_key_version, public_key FROM plexsphere.peer_key_rotations "
        "WHERE node_id = $1 AND completed_at IS NOT NULL ORDER BY completed_at DESC, id DESC "
        "LIMIT 1",
    };
    struct rows r;
    enum found found = found_of(SQL(tx, &find, &r, p_uuid(node)), &r);
    if (found == FOUND)
        *out = (struct rotation){ .id = row_uuid(&r, 0, 0),
                                  .kid = row_uuid(&r, 0, 1),
                                  .wrap_key_version = row_int(&r, 0, 2),
                                  .public_key = row_bytes(&r, 0, 3) };
    return found;
}

enum sql_result rotation_insert(struct tx *tx, const struct uuid *id, const struct uuid *node,
                                int64_t now)
{
    static const struct statement insert = {
        "rotation_insert",
        "INSERT INTO plexsphere.peer_key_rotations (id, node_id, requested_at) "
        "VALUES ($1, $2, $3)",
    };
    return SQL(tx, &insert, NULL, p_uuid(id), p_uuid(node), p_time(now));
}

enum sql_result rotation_complete(struct tx *tx, const struct rotation *rotation, int64_t now)
{
    static const struct statement complete = {
        "rotation_complete",
        "UPDATE plexsphere.peer_key_rotations SET completed_at = $2, public_key = $3, kid = $4, "
        "wrap_key_version = $5 WHERE id = $1",
    };
    return SQL(tx, &complete, NULL, p_uuid(&rotation->id), p_time(now),
               p_bytes(rotation->public_key.data, rotation->public_key.len), p_uuid(&rotation->kid),
               p_int(rotation->wrap_key_version));
}

/* MSH-062: of a pair's two shares the one that was issued later names the PSK. */
enum sql_result psk_edges(struct tx *tx, const struct uuid *node, struct psk_edge **out, size_t *n)
{
    static const struct statement edges = {
        "psk_edges",
        "SELECT n.id, CASE WHEN s.number > own.number THEN s.kid ELSE own.kid END, "
        "CASE WHEN s.number > own.number THEN s.wrap_key_version ELSE own.wrap_key_version END "
        "FROM plexsphere.node_psk_shares own JOIN plexsphere.nodes self ON self.id = own.node_id "
        "JOIN plexsphere.nodes n ON n.domain_id = self.domain_id AND n.id <> self.id "
        "JOIN plexsphere.node_psk_shares s ON s.node_id = n.id AND s.retired_at IS NULL "
        "WHERE own.node_id = $1 AND own.retired_at IS NULL ORDER BY n.id",
    };
    struct rows r;
    enum sql_result result = SQL(tx, &edges, &r, p_uuid(node));
    if (result != SQL_OK)
        return result;
    *n = (size_t)r.n;
    *out = arena_alloc_array(tx_arena(tx), *n + 1, sizeof **out);
    for (int i = 0; i < r.n; i++)
        (*out)[i] = (struct psk_edge){ row_uuid(&r, i, 0), row_uuid(&r, i, 1), row_int(&r, i, 2) };
    return SQL_OK;
}

enum sql_result psk_share_insert(struct tx *tx, const struct uuid *node, const struct uuid *kid,
                                 int64_t wrap_key_version, struct bytes wrapped, int64_t now)
{
    static const struct statement insert = {
        "psk_share_insert",
        "INSERT INTO plexsphere.node_psk_shares "
        "(node_id, kid, wrap_key_version, wrapped, issued_at) VALUES ($1, $2, $3, $4, $5)",
    };
    return SQL_LATER(tx, &insert, p_uuid(node), p_uuid(kid), p_int(wrap_key_version),
                     p_bytes(wrapped.data, wrapped.len), p_time(now));
}

enum sql_result psk_share_retire(struct tx *tx, const struct uuid *node, int64_t now)
{
    static const struct statement retire = {
        "psk_share_retire",
        "UPDATE plexsphere.node_psk_shares SET retired_at = $2 "
        "WHERE node_id = $1 AND retired_at IS NULL",
    };
    return SQL(tx, &retire, NULL, p_uuid(node), p_time(now));
}

enum found psk_shares_of_pair(struct tx *tx, const struct uuid *one, const struct uuid *other,
                              struct sealed_share out[2])
{
    static const struct statement find = {
        "psk_shares_of_pair",
        "SELECT node_id, kid, wrapped FROM plexsphere.node_psk_shares "
        "WHERE node_id IN ($1, $2) AND retired_at IS NULL",
    };
    struct rows r;
    if (SQL(tx, &find, &r, p_uuid(one), p_uuid(other)) != SQL_OK)
        return FIND_FAILED;
    if (r.n != 2)
        return NOT_FOUND;
    for (int i = 0; i < 2; i++)
        out[i] =
            (struct sealed_share){ row_uuid(&r, i, 0), row_uuid(&r, i, 1), row_bytes(&r, i, 2) };
    return FOUND;
}

/* SKIP LOCKED: of several processes each Node has one, and a Node that rotates gets its share so.
 */
enum sql_result psk_lock_without_share(struct tx *tx, int limit, struct uuid **out, size_t *n)
{
    static const struct statement find = {
        "psk_lock_without_share",
        "SELECT n.id FROM plexsphere.nodes n WHERE n.drained_at IS NULL AND NOT EXISTS ("
        " SELECT FROM plexsphere.node_psk_shares s"
        " WHERE s.node_id = n.id AND s.retired_at IS NULL) "
        "ORDER BY n.id LIMIT $1 FOR NO KEY UPDATE OF n SKIP LOCKED",
    };
    struct rows r;
    *n = 0;
    enum sql_result result = SQL(tx, &find, &r, p_int(limit));
    if (result != SQL_OK)
        return result;
    *n = (size_t)r.n;
    *out = arena_alloc_array(tx_arena(tx), *n + 1, sizeof **out);
    for (int i = 0; i < r.n; i++)
        (*out)[i] = row_uuid(&r, i, 0);
    return SQL_OK;
}

#define HEARD_SELECT                                                                               \
    "SELECT n.id, host(n.mesh_ip), n.registered_at, h.accepted_at, n.domain_id "                   \
    "FROM plexsphere.nodes n LEFT JOIN plexsphere.node_heartbeats h ON h.node_id = n.id "

static void heard_of_row(const struct rows *r, int row, struct heard_node *out)
{
    *out = (struct heard_node){ row_uuid(r, row, 0), row_text(r, row, 1), row_time(r, row, 2),
                                row_is_null(r, row, 3) ? 0 : row_time(r, row, 3) };
}

enum found heard_node_find(struct tx *tx, const struct uuid *node, struct uuid *domain,
                           struct heard_node *out)
{
    static const struct statement find = { "heard_node_find", HEARD_SELECT "WHERE n.id = $1" };
    struct rows r;
    enum found found = found_of(SQL(tx, &find, &r, p_uuid(node)), &r);
    if (found != FOUND)
        return found;
    heard_of_row(&r, 0, out);
    *domain = row_uuid(&r, 0, 4);
    return FOUND;
}

enum sql_result heard_nodes(struct tx *tx, const struct uuid *domain, struct heard_node **out,
                            size_t *n)
{
    static const struct statement all = {
        "heard_nodes",
        HEARD_SELECT "WHERE n.domain_id = $1 AND n.drained_at IS NULL ORDER BY n.id",
    };
    struct rows r;
    enum sql_result result = SQL(tx, &all, &r, p_uuid(domain));
    if (result != SQL_OK)
        return result;
    *n = (size_t)r.n;
    *out = arena_alloc_array(tx_arena(tx), *n + 1, sizeof **out);
    for (int i = 0; i < r.n; i++)
        heard_of_row(&r, i, &(*out)[i]);
    return SQL_OK;
}

enum found node_domain(struct tx *tx, const struct uuid *node, struct uuid *domain)
{
    static const struct statement find = {
        "node_domain",
        "SELECT domain_id FROM plexsphere.nodes WHERE id = $1",
    };
    struct rows r;
    enum found found = found_of(SQL(tx, &find, &r, p_uuid(node)), &r);
    if (found == FOUND)
        *domain = row_uuid(&r, 0, 0);
    return found;
}
