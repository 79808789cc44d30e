#include "reference/plexsphere/capabilities/store.h"

#include "common/arena.h"
#include "reference/plexsphere/capabilities/capabilities.h"

enum found capabilities_hold_node(struct tx *tx, const struct uuid *node)
{
    static const struct statement hold = {
        "capabilities_hold_node",
        "SELECT id FROM plexsphere.nodes WHERE id = $1 FOR NO KEY UPDATE",
    };
    struct rows r;
    if (SQL(tx, &hold, &r, p_uuid(node)) != SQL_OK)
        return FIND_FAILED;
    return r.n > 0 ? FOUND : NOT_FOUND;
}

enum sql_result capabilities_differences(struct tx *tx, const struct uuid *node,
                                         const struct manifest *m, bool differs[CAPABILITY_FIELDS])
{
    /* One row, whether or not the Node reported before: what it never said is NULL, or no hooks. */
    static const struct statement compare = {
        "capabilities_differences",
        "SELECT c.binary_checksum IS DISTINCT FROM $2, c.binary_version IS DISTINCT FROM $3, "
        "coalesce(c.declared_hooks, '{}') <> $4::text::jsonb, "
        "coalesce(h.by_name, '{}') <> $5::text::jsonb, "
        "c.ssh_host_key_fingerprint IS DISTINCT FROM $6 "
        "FROM (SELECT $1::uuid AS id) n "
        "LEFT JOIN plexsphere.node_capabilities c ON c.node_id = n.id "
        "LEFT JOIN LATERAL (SELECT jsonb_object_agg(name, jsonb_build_object("
        "'image_digest', image_digest, 'parameters', parameters, "
        "'timeout_seconds', timeout_seconds, 'sandbox', sandbox)) AS by_name "
        "FROM plexsphere.discovered_hooks d WHERE d.node_id = n.id) h ON true",
    };
    struct rows r;
    enum sql_result result =
        SQL(tx, &compare, &r, p_uuid(node), p_bytes(m->binary_checksum, CHECKSUM_LEN),
            p_text(m->binary_version), p_text(m->declared_hooks), p_text(m->plexd_hooks),
            p_text(m->ssh_host_key_fingerprint));
    for (int i = 0; result == SQL_OK && i < CAPABILITY_FIELDS; i++)
        differs[i] = row_bool(&r, 0, i);
    return result;
}

enum sql_result capabilities_store(struct tx *tx, const struct uuid *node, const struct manifest *m,
                                   int64_t now)
{
    static const struct statement upsert = {
        "capabilities_store",
        "INSERT INTO plexsphere.node_capabilities (node_id, binary_checksum, binary_version, "
        "declared_hooks, ssh_host_key_fingerprint, reported_at) "
        "VALUES ($1, $2, $3, $4::text::jsonb, $5, $6) "
        "ON CONFLICT (node_id) DO UPDATE SET binary_checksum = excluded.binary_checksum, "
        "binary_version = excluded.binary_version, declared_hooks = excluded.declared_hooks, "
        "ssh_host_key_fingerprint = excluded.ssh_host_key_fingerprint, "
        "reported_at = excluded.reported_at",
    };
    return SQL(tx, &upsert, NULL, p_uuid(node), p_bytes(m->binary_checksum, CHECKSUM_LEN),
               p_text(m->binary_version), p_text(m->declared_hooks),
               p_text(m->ssh_host_key_fingerprint), p_time(now));
}

enum sql_result discovered_hooks_replace(struct tx *tx, const struct uuid *node,
                                         const struct manifest *m)
{
    static const struct statement clear = {
        "discovered_hooks_clear",
        "DELETE FROM plexsphere.discovered_hooks WHERE node_id = $1",
    };
    static const struct statement add = {
        "discovered_hooks_add",
        "INSERT INTO plexsphere.discovered_hooks (node_id, position, name, image_digest, "
        "parameters, timeout_seconds, sandbox) "
        "SELECT $1, row_number() OVER (ORDER BY h.key COLLATE \"C\"), h.key, "
        "h.value->>'image_digest', h.value->'parameters', (h.value->>'timeout_seconds')::bigint, "
        "(h.value->>'sandbox')::boolean FROM jsonb_each($2::text::jsonb) h",
    };
    enum sql_result result = SQL(tx, &clear, NULL, p_uuid(node));
    return result == SQL_OK ? SQL(tx, &add, NULL, p_uuid(node), p_text(m->plexd_hooks)) : result;
}

static void capability_of_row(const struct rows *r, int row, struct capability_row *out)
{
    *out = (struct capability_row){
        .node_id = row_uuid(r, row, 0),
        .domain_id = row_uuid(r, row, 1),
        .binary_version = row_text(r, row, 2),
        .binary_checksum = row_bytes(r, row, 3),
        .reported_at = row_time(r, row, 4),
        .status = row_text(r, row, 5),
    };
}

enum sql_result capability_window(struct tx *tx, const struct capability_filter *f,
                                  const struct uuid *after, int limit, struct capability_row **out,
                                  size_t *n)
{
    /* CAP-021: bool_or() over no row is NULL: nothing is known of that version. */
    static const struct statement window = {
        "capability_window",
        "SELECT id, domain_id, version, checksum, reported_at, status FROM ("
        "SELECT n.id, n.domain_id, coalesce(c.binary_version, '') AS version, "
        "c.binary_checksum AS checksum, coalesce(c.reported_at, n.registered_at) AS reported_at, "
        "CASE k.good WHEN true THEN 'match' WHEN false THEN 'drift' ELSE 'unknown' END AS status "
        "FROM plexsphere.nodes n "
        "LEFT JOIN plexsphere.node_capabilities c ON c.node_id = n.id "
        "LEFT JOIN LATERAL (SELECT bool_or(g.checksum = c.binary_checksum) AS good "
        "FROM plexsphere.known_good_checksums g WHERE g.version = c.binary_version) k ON true "
        "WHERE n.project_id = $1 AND n.id > $2 AND ($3::uuid IS NULL OR n.id = $3)) row "
        "WHERE $4::text IS NULL OR status = $4 ORDER BY id LIMIT $5",
    };
    struct rows r;
    enum sql_result result = SQL(tx, &window, &r, p_uuid(&f->project_id), p_uuid(after),
                                 p_uuid(f->node_id), p_text(f->status), p_int(limit));
    if (result != SQL_OK)
        return result;
    *n = (size_t)r.n;
    *out = arena_alloc_array(tx_arena(tx), *n + 1, sizeof **out);
    for (int i = 0; i < r.n; i++)
        capability_of_row(&r, i, &(*out)[i]);
    return SQL_OK;
}

enum sql_result capabilities_know_good(struct tx *tx, const char *version,
                                       const unsigned char checksum[32])
{
    static const struct statement add = {
        "capabilities_know_good",
        "INSERT INTO plexsphere.known_good_checksums (version, checksum) VALUES ($1, $2) "
        "ON CONFLICT DO NOTHING",
    };
    return SQL(tx, &add, NULL, p_text(version), p_bytes(checksum, CHECKSUM_LEN));
}
