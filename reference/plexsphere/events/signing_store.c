#include "reference/plexsphere/events/signing_store.h"

#include <string.h>

#include "common/arena.h"
#include "reference/plexsphere/events/node_events.h"
#include "reference/plexsphere/events/signing_keys.h"

/* A number of our own among the database's advisory locks. */
#define PUBLISHER_LOCK "7306362540"

static const struct statement lock = {
    .name = "publisher_lock",
    .sql = "SELECT pg_advisory_xact_lock(" PUBLISHER_LOCK ")",
};

enum sql_result publisher_lock(struct tx *tx)
{
    return sql_run(tx, &lock, NULL, NULL, 0);
}

static const struct statement load_keys = {
    .name = "signing_keys_load",
    .sql = "WITH own AS (SELECT * FROM plexsphere.signing_keys WHERE domain_id = $1)"
           " SELECT id, domain_id, key_id, public_key, sealed_seed, since_event,"
           " transition_expires FROM ("
           "SELECT * FROM own UNION ALL SELECT * FROM plexsphere.signing_keys"
           " WHERE domain_id IS NULL AND NOT EXISTS (SELECT FROM own)) AS chain"
           " ORDER BY transition_expires IS NULL DESC, since_event DESC, created_at DESC",
};

static struct stored_key key_of_row(const struct rows *rows, int row)
{
    struct stored_key key = {
        .id = row_uuid(rows, row, 0),
        .domain_id = row_uuid(rows, row, 1),
        .key_id = row_text(rows, row, 2),
        .sealed_seed = row_bytes(rows, row, 4),
        .since_event = row_int(rows, row, 5),
        .transition_expires = row_is_null(rows, row, 6) ? 0 : row_time(rows, row, 6),
    };
    struct bytes public_key = row_bytes(rows, row, 3);
    memcpy(key.public_key, public_key.data,
           sizeof key.public_key); /* the table checks its length */
    return key;
}

enum sql_result signing_keys_load(struct tx *tx, const struct uuid *domain, struct stored_key **out,
                                  size_t *n)
{
    struct rows rows;
    enum sql_result result = SQL(tx, &load_keys, &rows, p_uuid(domain));
    if (result != SQL_OK)
        return result;
    *n = (size_t)rows.n;
    *out = arena_alloc_array(tx_arena(tx), *n + 1, sizeof(**out));
    for (int i = 0; i < rows.n; i++)
        (*out)[i] = key_of_row(&rows, i);
    return SQL_OK;
}

static const struct statement insert_key = {
    .name = "signing_key_insert",
    .sql = "INSERT INTO plexsphere.signing_keys (id, domain_id, key_id, public_key, sealed_seed,"
           " since_event, created_at, transition_expires) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
};

enum sql_result signing_key_insert(struct tx *tx, const struct stored_key *key, int64_t now)
{
    return SQL(tx, &insert_key, NULL, p_uuid(&key->id),
               p_uuid(uuid_is_nil(&key->domain_id) ? NULL : &key->domain_id), p_text(key->key_id),
               p_bytes(key->public_key, sizeof key->public_key),
               p_bytes(key->sealed_seed.data, key->sealed_seed.len), p_int(key->since_event),
               p_time(now), key->transition_expires ? p_time(key->transition_expires) : p_null());
}

static const struct statement retire_key = {
    .name = "signing_key_retire",
    .sql = "UPDATE plexsphere.signing_keys SET transition_expires = $2 WHERE id = $1",
};

enum sql_result signing_key_retire(struct tx *tx, const struct uuid *id, int64_t transition_expires)
{
    return SQL(tx, &retire_key, NULL, p_uuid(id), p_time(transition_expires));
}

static enum sql_result ask(struct tx *tx, const struct statement *s, struct param about,
                           bool *answer)
{
    struct rows rows;
    enum sql_result result = SQL(tx, s, &rows, about);
    *answer = result == SQL_OK && rows.n == 1 && row_bool(&rows, 0, 0);
    return result;
}

static const struct statement key_known = {
    .name = "signing_key_known",
    .sql = "SELECT EXISTS (SELECT FROM plexsphere.signing_keys"
           " WHERE domain_id IS NULL AND public_key = $1)",
};

enum sql_result signing_key_known(struct tx *tx, const unsigned char public_key[32], bool *known)
{
    return ask(tx, &key_known, p_bytes(public_key, 32), known);
}

static const struct statement domain_has_nodes = {
    .name = "signing_domain_has_nodes",
    .sql = "SELECT EXISTS (SELECT FROM plexsphere.nodes WHERE domain_id = $1)",
};

enum sql_result signing_domain_has_nodes(struct tx *tx, const struct uuid *domain, bool *has)
{
    return ask(tx, &domain_has_nodes, p_uuid(domain), has);
}

static const struct statement announce = {
    .name = "signing_announce",
    .sql = "WITH added AS (INSERT INTO plexsphere.outbox_events"
           " (type, domain_id, for_nodes, payload, created_at)"
           " SELECT '" SIGNING_KEY_ROTATED "', d.id, true,"
           " jsonb_build_object('canonical', $2::text), $3 FROM plexsphere.domains d"
           " WHERE CASE WHEN $1::uuid IS NOT NULL THEN d.id = $1 ELSE NOT EXISTS"
           " (SELECT FROM plexsphere.signing_keys k WHERE k.domain_id = d.id) END"
           " AND EXISTS (SELECT FROM plexsphere.nodes n WHERE n.domain_id = d.id)"
           " RETURNING id)"
           " SELECT COALESCE(max(id), 0), pg_notify('" NODE_EVENTS_CHANNEL "', '') FROM added",
};

enum sql_result signing_announce(struct tx *tx, const struct uuid *domain, const char *payload,
                                 int64_t now, int64_t *last)
{
    struct rows rows;
    enum sql_result result =
        SQL(tx, &announce, &rows, p_uuid(domain), p_text(payload), p_time(now));
    *last = result == SQL_OK ? row_int(&rows, 0, 0) : 0;
    return result;
}
