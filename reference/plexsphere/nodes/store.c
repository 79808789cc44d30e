#include "reference/plexsphere/nodes/store.h"

#include "common/arena.h"
#include "common/buffer.h"
#include "common/text.h"
#include "reference/plexsphere/peers/endpoint.h"
#include "reference/plexsphere/ports/relations.h"

/* NOD-017: the Project above it yields what operators may do, itself is its own agent. */
static enum sql_result relate(struct tx *tx, const struct relations *relations,
                              const struct node *node)
{
    const struct tuple above = { { "node", node->id }, "parent", { "project", node->project_id } };
    const struct tuple agent = { { "node", node->id }, "agent", { "node", node->id } };
    enum sql_result r = relations->write(tx, &above, node->registered_at);
    return r == SQL_OK ? relations->write(tx, &agent, node->registered_at) : r;
}

enum sql_result node_create(struct tx *tx, const struct relations *relations,
                            const struct node *node)
{
    static const struct statement insert = {
        "node_insert",
        "INSERT INTO plexsphere.nodes (id, domain_id, project_id, resource_id, kind, public_key, "
        "mesh_ip, registered_at, dialect) VALUES ($1, $2, $3, $4, $5, $6, $7::text::inet, $8, $9)",
    };
    enum sql_result r =
        SQL_LATER(tx, &insert, p_uuid(&node->id), p_uuid(&node->domain_id),
                  p_uuid(&node->project_id), p_uuid(&node->resource_id), p_text(node->kind),
                  p_bytes(node->public_key, sizeof node->public_key), p_text(node->mesh_ip),
                  p_time(node->registered_at), p_text(node->mvp ? "mvp" : "v1"));
    return r == SQL_OK ? relate(tx, relations, node) : r;
}

struct node_peer node_peer_of_row(const struct rows *r, int row)
{
    const char *address = row_text(r, row, 3);
    return (struct node_peer){
        .id = row_uuid(r, row, 0),
        .mesh_ip = row_text(r, row, 1),
        .public_key = row_bytes(r, row, 2),
        .endpoint = address ? endpoint_text(r->arena, address, (int)row_int(r, row, 4)) : NULL,
    };
}

enum sql_result node_peers(struct tx *tx, const struct uuid *domain, const struct uuid *but,
                           struct node_peer **out, size_t *n)
{
    static const struct statement peers = {
        "node_peers",
        "SELECT n.id, host(n.mesh_ip), n.public_key, e.address, e.port FROM plexsphere.nodes n "
        "LEFT JOIN plexsphere.node_endpoints e ON e.node_id = n.id AND e.stale_at IS NULL "
        "WHERE n.domain_id = $1 AND n.id <> $2 AND n.drained_at IS NULL ORDER BY n.id",
    };
    struct rows r;
    enum sql_result result = SQL(tx, &peers, &r, p_uuid(domain), p_uuid(but));
    if (result != SQL_OK)
        return result;
    *n = (size_t)r.n;
    *out = arena_alloc_array(tx_arena(tx), *n + 1, sizeof **out);
    for (int i = 0; i < r.n; i++)
        (*out)[i] = node_peer_of_row(&r, i);
    return SQL_OK;
}

enum sql_result nsk_insert(struct tx *tx, const struct nsk_row *row, int64_t now)
{
    static const struct statement insert = {
        "nsk_insert",
        "INSERT INTO plexsphere.node_secret_keys (id, node_id, digest, wrapped, issued_at) "
        "VALUES ($1, $2, $3, $4, $5)",
    };
    return SQL_LATER(tx, &insert, p_uuid(&row->id), p_uuid(&row->node_id),
                     p_bytes(row->digest, sizeof row->digest),
                     p_bytes(row->wrapped.data, row->wrapped.len), p_time(now));
}

enum sql_result nsk_by_digest(struct tx *tx, const unsigned char digest[32], int64_t now,
                              bool *found, struct nsk_row *out)
{
    static const struct statement find = {
        "nsk_by_digest",
        "SELECT k.id, k.node_id, n.domain_id, n.project_id, k.wrapped, "
        "k.revoked_at IS NOT NULL OR coalesce(k.valid_until <= $2, false), n.dialect = 'mvp', "
        "k.valid_until IS NOT NULL "
        "FROM plexsphere.node_secret_keys k JOIN plexsphere.nodes n ON n.id = k.node_id "
        "WHERE k.digest = $1",
    };
    struct rows r;
    enum sql_result result = SQL(tx, &find, &r, p_bytes(digest, 32), p_time(now));
    *found = result == SQL_OK && r.n > 0;
    if (*found)
        *out = (struct nsk_row){ .id = row_uuid(&r, 0, 0),
                                 .node_id = row_uuid(&r, 0, 1),
                                 .domain_id = row_uuid(&r, 0, 2),
                                 .project_id = row_uuid(&r, 0, 3),
                                 .wrapped = row_bytes(&r, 0, 4),
                                 .revoked = row_bool(&r, 0, 5),
                                 .mvp = row_bool(&r, 0, 6),
                                 .retiring = row_bool(&r, 0, 7) };
    return result;
}

enum sql_result nsk_live(struct tx *tx, const struct uuid *node, bool *found, struct uuid *id,
                         struct bytes *wrapped)
{
    static const struct statement live = {
        "nsk_live",
        "SELECT id, wrapped FROM plexsphere.node_secret_keys "
        "WHERE node_id = $1 AND revoked_at IS NULL AND valid_until IS NULL "
        "ORDER BY id DESC LIMIT 1",
    };
    struct rows r;
    enum sql_result result = SQL(tx, &live, &r, p_uuid(node));
    *found = result == SQL_OK && r.n > 0;
    if (*found) {
        *id = row_uuid(&r, 0, 0);
        *wrapped = row_bytes(&r, 0, 1);
    }
    return result;
}

enum sql_result nsk_retire(struct tx *tx, const struct uuid *node, int64_t until)
{
    static const struct statement retire = {
        "nsk_retire",
        "UPDATE plexsphere.node_secret_keys SET valid_until = $2 "
        "WHERE node_id = $1 AND revoked_at IS NULL AND valid_until IS NULL",
    };
    return SQL(tx, &retire, NULL, p_uuid(node), p_time(until));
}

enum found node_lock(struct tx *tx, const struct uuid *id, struct node_place *out)
{
    static const struct statement lock = {
        "node_lock",
        "SELECT domain_id, project_id, dialect = 'mvp' FROM plexsphere.nodes "
        "WHERE id = $1 AND drained_at IS NULL FOR NO KEY UPDATE",
    };
    struct rows r;
    if (SQL(tx, &lock, &r, p_uuid(id)) != SQL_OK)
        return FIND_FAILED;
    if (r.n == 0)
        return NOT_FOUND;
    *out = (struct node_place){ row_uuid(&r, 0, 0), row_uuid(&r, 0, 1), row_bool(&r, 0, 2) };
    return FOUND;
}

enum sql_result nsk_revoke(struct tx *tx, const struct uuid *node, int64_t now, int *n)
{
    static const struct statement revoke = {
        "nsk_revoke",
        "UPDATE plexsphere.node_secret_keys SET revoked_at = $2 "
        "WHERE node_id = $1 AND revoked_at IS NULL",
    };
    struct rows r;
    tx_revokes(tx);
    enum sql_result result = SQL(tx, &revoke, &r, p_uuid(node), p_time(now));
    *n = result == SQL_OK ? r.n : 0;
    return result;
}

static const char *uuid_array(struct arena *a, const struct uuid *ids, size_t n)
{
    struct buffer b;
    buffer_init_arena(&b, 2 + n * (UUID_TEXT_LEN + 1), a);
    buffer_char(&b, '{');
    for (size_t i = 0; i < n; i++)
        buffer_printf(&b, "%s%s", i > 0 ? "," : "", uuid_text(a, &ids[i]));
    buffer_char(&b, '}');
    return b.data;
}

enum sql_result nsk_dead_among(struct tx *tx, const struct uuid *nsks, size_t n, int64_t now,
                               bool *dead)
{
    static const struct statement find = {
        "nsk_dead_among",
        "SELECT asked.place FROM unnest($1::uuid[]) WITH ORDINALITY AS asked (id, place) "
        "LEFT JOIN plexsphere.node_secret_keys k ON k.id = asked.id "
        "LEFT JOIN plexsphere.nodes n ON n.id = k.node_id "
        "WHERE k.id IS NULL OR k.revoked_at IS NOT NULL OR k.valid_until <= $2 "
        "OR n.drained_at IS NOT NULL",
    };
    struct rows r;
    enum sql_result result =
        SQL(tx, &find, &r, p_text(uuid_array(tx_arena(tx), nsks, n)), p_time(now));
    for (size_t i = 0; i < n; i++)
        dead[i] = false;
    for (int i = 0; result == SQL_OK && i < r.n; i++)
        dead[row_int(&r, i, 0) - 1] = true;
    return result;
}

enum sql_result node_address(struct tx *tx, const struct uuid *node, bool *found,
                             struct node_address *out)
{
    static const struct statement find = {
        "node_address",
        "SELECT domain_id, dialect = 'mvp' FROM plexsphere.nodes "
        "WHERE id = $1 AND drained_at IS NULL",
    };
    struct rows r;
    enum sql_result result = SQL(tx, &find, &r, p_uuid(node));
    *found = result == SQL_OK && r.n > 0;
    if (*found)
        *out = (struct node_address){ row_uuid(&r, 0, 0), row_bool(&r, 0, 1) };
    return result;
}

enum sql_result heartbeat_store(struct tx *tx, const struct uuid *node, int64_t now,
                                const struct heartbeat *h, bool *rotate_keys)
{
    static const struct statement upsert = {
        "heartbeat_upsert",
        "INSERT INTO plexsphere.node_heartbeats AS h "
        "(node_id, accepted_at, client_now, binary_checksum, binary_version, nat_summary) "
        "VALUES ($1, $2, $3, $4, $5, $6::text::jsonb) "
        "ON CONFLICT (node_id) DO UPDATE SET accepted_at = greatest(h.accepted_at, "
        "excluded.accepted_at), client_now = excluded.client_now, "
        "binary_checksum = excluded.binary_checksum, binary_version = excluded.binary_version, "
        "nat_summary = excluded.nat_summary "
        "RETURNING EXISTS (SELECT FROM plexsphere.peer_key_rotations r "
        "WHERE r.node_id = h.node_id AND r.completed_at IS NULL)",
    };
    struct rows r;
    enum sql_result result =
        SQL(tx, &upsert, &r, p_uuid(node), p_time(now), p_time(h->client_now),
            h->has_checksum ? p_bytes(h->checksum, sizeof h->checksum) : p_null(),
            p_text(h->version), p_text(h->nat_summary));
    *rotate_keys = result == SQL_OK && r.n > 0 && row_bool(&r, 0, 0);
    return result;
}

static void summary_of_row(const struct rows *r, int row, struct node_summary *out)
{
    *out = (struct node_summary){
        .id = row_uuid(r, row, 0),
        .domain_id = row_uuid(r, row, 1),
        .project_id = row_uuid(r, row, 2),
        .registered_at = row_time(r, row, 3),
        .kind = row_text(r, row, 4),
        .name = row_text(r, row, 5),
    };
}

/* Two statements, because an index serves only one of the two questions at a time. */
#define WINDOW                                                                                     \
    "SELECT n.id, n.domain_id, n.project_id, n.registered_at, r.kind, r.external_ref "             \
    "FROM plexsphere.nodes n LEFT JOIN plexsphere.resources r ON r.id = n.resource_id "            \
    "WHERE n.id > $1 "

enum sql_result node_window(struct tx *tx, const struct uuid *domain, const struct uuid *after,
                            int limit, struct node_summary **out, size_t *n)
{
    static const struct statement all = {
        "node_window",
        WINDOW "ORDER BY n.id LIMIT $2",
    };
    static const struct statement of_domain = {
        "node_window_of_domain",
        WINDOW "AND n.domain_id = $3 ORDER BY n.id LIMIT $2",
    };
    struct rows r;
    enum sql_result result =
        domain ? SQL(tx, &of_domain, &r, p_uuid(after), p_int(limit), p_uuid(domain))
               : SQL(tx, &all, &r, p_uuid(after), p_int(limit));
    if (result != SQL_OK)
        return result;
    *n = (size_t)r.n;
    *out = arena_alloc_array(tx_arena(tx), *n + 1, sizeof **out);
    for (int i = 0; i < r.n; i++)
        summary_of_row(&r, i, &(*out)[i]);
    return SQL_OK;
}
