#include "reference/plexsphere/state/store.h"

#include "common/arena.h"
#include "common/text.h"

static const char *const kind_names[ENTRY_KINDS] = { "metadata", "data", "report" };

#define ENTRY_COLUMNS "key, value, is_json, content_type, version, workload_tag, updated_at"

static struct state_entry entry_of_row(const struct rows *r, int row)
{
    return (struct state_entry){
        .key = row_text(r, row, 0),
        .value = row_text(r, row, 1),
        .is_json = row_bool(r, row, 2),
        .content_type = row_text(r, row, 3),
        .version = row_int(r, row, 4),
        .workload_tag = row_text(r, row, 5),
        .updated_at = row_time(r, row, 6),
    };
}

/* ---- the snapshot ---- */

static const struct statement node_of_snapshot = {
    "state_node",
    "SELECT n.registered_at, h.accepted_at, d.heartbeat_interval_ns, d.stale_after_ns, "
    "d.unreachable_after_ns FROM plexsphere.nodes n "
    "JOIN plexsphere.domains d ON d.id = n.domain_id "
    "LEFT JOIN plexsphere.node_heartbeats h ON h.node_id = n.id "
    "WHERE n.id = $1 AND n.drained_at IS NULL",
};
/* STA-005: those who left are nobody's peers. */
static const struct statement peers_of_snapshot = {
    "state_peers",
    "SELECT p.id, host(p.mesh_ip), p.public_key, e.address, e.port FROM plexsphere.nodes n "
    "JOIN plexsphere.nodes p ON p.domain_id = n.domain_id "
    "LEFT JOIN plexsphere.node_endpoints e ON e.node_id = p.id AND e.stale_at IS NULL "
    "WHERE n.id = $1 AND p.id <> n.id AND p.drained_at IS NULL ORDER BY p.id",
};
static const struct statement entries_of_snapshot = {
    "state_entries",
    "SELECT " ENTRY_COLUMNS ", kind FROM plexsphere.node_state_entries WHERE node_id = $1 "
    "ORDER BY kind, key",
};
static const struct statement secrets_of_snapshot = {
    "state_secrets",
    "SELECT name, current_version FROM plexsphere.node_secrets WHERE node_id = $1 ORDER BY name",
};

static void read_node(const struct rows *r, struct snapshot *out)
{
    out->heard =
        (struct node_heard){ row_time(r, 0, 0), row_is_null(r, 0, 1) ? 0 : row_time(r, 0, 1) };
    out->policy = (struct reachability){ row_int(r, 0, 2), row_int(r, 0, 3), row_int(r, 0, 4) };
}

static void read_peers(struct arena *a, const struct rows *r, struct snapshot *out)
{
    out->n_peers = (size_t)r->n;
    out->peers = arena_alloc_array(a, out->n_peers + 1, sizeof *out->peers);
    for (int i = 0; i < r->n; i++)
        out->peers[i] = node_peer_of_row(r, i);
}

static void read_entries(struct arena *a, const struct rows *r, struct snapshot *out)
{
    for (int kind = 0; kind < ENTRY_KINDS; kind++) {
        struct entry_list *list = &out->entries[kind];
        list->items = arena_alloc_array(a, (size_t)r->n + 1, sizeof *list->items);
        for (int i = 0; i < r->n; i++)
            if (text_equal(row_text(r, i, 7), kind_names[kind]))
                list->items[list->n++] = entry_of_row(r, i);
    }
}

static void read_secrets(struct arena *a, const struct rows *r, struct snapshot *out)
{
    out->n_secrets = (size_t)r->n;
    out->secrets = arena_alloc_array(a, out->n_secrets + 1, sizeof *out->secrets);
    for (int i = 0; i < r->n; i++)
        out->secrets[i] = (struct secret_index_row){ row_text(r, i, 0), row_int(r, i, 1) };
}

enum found snapshot_read(struct tx *tx, const struct uuid *node, struct snapshot *out)
{
    const struct param id = p_uuid(node);
    struct rows found, peers, entries, secrets;
    struct sql_call calls[] = {
        { &node_of_snapshot, &found, &id, 1, SQL_OK },
        { &peers_of_snapshot, &peers, &id, 1, SQL_OK },
        { &entries_of_snapshot, &entries, &id, 1, SQL_OK },
        { &secrets_of_snapshot, &secrets, &id, 1, SQL_OK },
    };
    *out = (struct snapshot){ .node_id = *node };
    if (sql_run_all(tx, calls, ARRAY_LEN(calls)) != SQL_OK)
        return FIND_FAILED;
    if (found.n == 0)
        return NOT_FOUND;
    read_node(&found, out);
    read_peers(tx_arena(tx), &peers, out);
    read_entries(tx_arena(tx), &entries, out);
    read_secrets(tx_arena(tx), &secrets, out);
    return FOUND;
}

/* ---- entries ---- */

enum sql_result entries_of(struct tx *tx, const struct uuid *node, enum entry_kind kind,
                           struct entry_list *out)
{
    static const struct statement list = {
        "state_entries_of_kind",
        "SELECT " ENTRY_COLUMNS " FROM plexsphere.node_state_entries "
        "WHERE node_id = $1 AND kind = $2 ORDER BY key",
    };
    struct rows r;
    enum sql_result result = SQL(tx, &list, &r, p_uuid(node), p_text(kind_names[kind]));
    if (result != SQL_OK)
        return result;
    out->n = (size_t)r.n;
    out->items = arena_alloc_array(tx_arena(tx), out->n + 1, sizeof *out->items);
    for (int i = 0; i < r.n; i++)
        out->items[i] = entry_of_row(&r, i);
    return SQL_OK;
}

/* STA-029: only an entry that is new can be one too many. */
enum sql_result entry_put(struct tx *tx, const struct uuid *node, enum entry_kind kind,
                          const struct state_entry *entry, int64_t most, int64_t now, bool *stored)
{
    static const struct statement upsert = {
        "state_entry_put",
        "INSERT INTO plexsphere.node_state_entries AS e "
        "(node_id, kind, key, value, is_json, content_type, version, workload_tag, updated_at) "
        "SELECT $1::uuid, $2::text, $3::text, $4::text, $5::boolean, $6::text, "
        "coalesce(nullif($7::integer, 0), 1), $8::text, $9::timestamptz "
        "WHERE EXISTS (SELECT FROM plexsphere.node_state_entries o WHERE o.node_id = $1 "
        "AND o.kind = $2 AND o.key = $3) OR (SELECT count(*) FROM plexsphere.node_state_entries o "
        "WHERE o.node_id = $1 AND o.kind = $2) < $10 "
        "ON CONFLICT (node_id, kind, key) DO UPDATE SET value = excluded.value, "
        "is_json = excluded.is_json, content_type = excluded.content_type, "
        "version = coalesce(nullif($7::integer, 0), e.version + 1), "
        "workload_tag = excluded.workload_tag, updated_at = excluded.updated_at",
    };
    struct rows r;
    enum sql_result result =
        SQL(tx, &upsert, &r, p_uuid(node), p_text(kind_names[kind]), p_text(entry->key),
            p_text(entry->value), p_bool(entry->is_json), p_text(entry->content_type),
            p_int(entry->version), p_text(entry->workload_tag), p_time(now), p_int(most));
    *stored = result == SQL_OK && r.n > 0;
    return result;
}

enum sql_result entry_delete(struct tx *tx, const struct uuid *node, enum entry_kind kind,
                             const char *key, bool *found)
{
    static const struct statement delete = {
        "state_entry_delete",
        "DELETE FROM plexsphere.node_state_entries WHERE node_id = $1 AND kind = $2 AND key = $3",
    };
    struct rows r;
    enum sql_result result =
        SQL(tx, &delete, &r, p_uuid(node), p_text(kind_names[kind]), p_text(key));
    *found = result == SQL_OK && r.n > 0;
    return result;
}

enum sql_result entries_keep(struct tx *tx, const struct uuid *node, enum entry_kind kind,
                             const char *keys)
{
    static const struct statement keep = {
        "state_entries_keep",
        "DELETE FROM plexsphere.node_state_entries WHERE node_id = $1 AND kind = $2 "
        "AND key NOT IN (SELECT jsonb_array_elements_text($3::text::jsonb))",
    };
    return SQL(tx, &keep, NULL, p_uuid(node), p_text(kind_names[kind]), p_text(keys));
}
