/* Values in Postgres (ruling 32). Each is sealed under a key derived from an NSK of its Node and
 * says which one; the NSK itself lies there sealed under the wrap key. Who has the database alone
 * has nothing. */
#include "reference/plexsphere/secrets/postgres_store.h"

#include <string.h>

#include "common/arena.h"
#include "common/memory.h"
#include "reference/plexsphere/crypto/crypto.h"
#include "reference/plexsphere/nodes/nodes.h"
#include "reference/plexsphere/ports/secret_store.h"

static const char at_rest_label[] = "plexsphere node secret at rest";

/* A value belongs to its secret, its version and the key it was sealed for: none can be swapped for
 * another. */
struct value_id {
    unsigned char bytes[16 + 8 + 16];
};

static struct value_id value_id_of(const struct uuid *secret, int64_t version,
                                   const struct uuid *nsk)
{
    struct value_id id;
    memcpy(id.bytes, secret->b, 16);
    for (int i = 0; i < 8; i++)
        id.bytes[16 + i] = (unsigned char)((uint64_t)version >> (56 - 8 * i));
    memcpy(id.bytes + 24, nsk->b, 16);
    return id;
}

static bool seal_value(struct arena *a, const struct nsk *nsk, const struct uuid *secret,
                       int64_t version, struct bytes plain, struct bytes *sealed)
{
    unsigned char key[32];
    struct value_id id = value_id_of(secret, version, &nsk->id);
    hkdf_sha256((struct bytes){ nsk->key, sizeof nsk->key }, at_rest_label, key);
    bool ok = seal(a, key, (struct bytes){ id.bytes, sizeof id.bytes }, plain, sealed);
    mem_wipe(key, sizeof key);
    return ok;
}

static bool open_value(struct arena *a, const struct nsk *nsk, const struct uuid *secret,
                       int64_t version, struct bytes sealed, struct bytes *plain)
{
    unsigned char key[32];
    struct value_id id = value_id_of(secret, version, &nsk->id);
    hkdf_sha256((struct bytes){ nsk->key, sizeof nsk->key }, at_rest_label, key);
    bool ok = seal_open(a, key, (struct bytes){ id.bytes, sizeof id.bytes }, sealed, plain);
    mem_wipe(key, sizeof key);
    return ok;
}

/* A row of node_secret_values with the sealed key it names. */
#define VALUE_COLUMNS "v.secret_id, v.version, v.nsk_id, v.sealed, k.wrapped"

struct value_row {
    struct uuid secret_id, nsk_id;
    int64_t version;
    struct bytes sealed, wrapped;
};

static struct value_row value_of_row(const struct rows *r, int row)
{
    return (struct value_row){ .secret_id = row_uuid(r, row, 0),
                               .version = row_int(r, row, 1),
                               .nsk_id = row_uuid(r, row, 2),
                               .sealed = row_bytes(r, row, 3),
                               .wrapped = row_bytes(r, row, 4) };
}

static bool open_row(struct arena *a, const unsigned char wrap_key[32], const struct uuid *node,
                     const struct value_row *row, struct bytes *plain)
{
    struct nsk nsk = { .id = row->nsk_id };
    bool ok = nsk_unwrap(a, wrap_key, node, row->wrapped, nsk.key) &&
              open_value(a, &nsk, &row->secret_id, row->version, row->sealed, plain);
    mem_wipe(&nsk, sizeof nsk);
    return ok;
}

static void wipe(struct bytes plain)
{
    if (plain.data)
        mem_wipe((void *)(uintptr_t)plain.data, plain.len);
}

/* One row whatever is there, so that one statement tells "sealed" from "no such version". */
static enum secret_outcome read_value(struct tx *tx, const unsigned char wrap_key[32],
                                      const struct secret_place *place, int64_t version,
                                      struct secret_value *out)
{
    static const struct statement find = {
        "secret_value_find",
        "SELECT " VALUE_COLUMNS ", b.sealed FROM plexsphere.secret_backend b "
        "LEFT JOIN LATERAL (SELECT * FROM plexsphere.node_secret_values n "
        "WHERE n.secret_id = $1 AND (n.version = $2 OR $2 = 0) "
        "ORDER BY n.version DESC LIMIT 1) v ON true "
        "LEFT JOIN plexsphere.node_secret_keys k ON k.id = v.nsk_id",
    };
    struct rows r;
    enum sql_result result = SQL(tx, &find, &r, p_uuid(&place->secret_id), p_int(version));
    if (result != SQL_OK || r.n == 0)
        return result == SQL_UNAVAILABLE ? SECRET_UNAVAILABLE : SECRET_FAILED;
    if (row_bool(&r, 0, 5))
        return SECRET_UNAVAILABLE;
    if (row_is_null(&r, 0, 0))
        return SECRET_NO_VERSION;
    struct value_row row = value_of_row(&r, 0);
    out->version = row.version;
    return open_row(tx_arena(tx), wrap_key, &place->node_id, &row, &out->plain) ? SECRET_OK
                                                                                : SECRET_FAILED;
}

static enum secret_outcome is_sealed(struct tx *tx)
{
    static const struct statement state = {
        "secret_backend_state",
        "SELECT sealed FROM plexsphere.secret_backend",
    };
    struct rows r;
    if (sql_run(tx, &state, &r, NULL, 0) != SQL_OK || r.n == 0)
        return SECRET_FAILED;
    return row_bool(&r, 0, 0) ? SECRET_UNAVAILABLE : SECRET_OK;
}

static enum secret_outcome current_key(struct tx *tx, const unsigned char wrap_key[32],
                                       const struct uuid *node, struct nsk *out)
{
    bool found;
    if (nsk_current(tx, wrap_key, node, &found, out) != SQL_OK || !found)
        return SECRET_FAILED;
    return is_sealed(tx);
}

static enum sql_result insert_value(struct tx *tx, const struct uuid *secret, int64_t version,
                                    const struct uuid *nsk, struct bytes sealed, int64_t now)
{
    static const struct statement insert = {
        "secret_value_insert",
        "INSERT INTO plexsphere.node_secret_values "
        "(secret_id, version, nsk_id, sealed, created_at) VALUES ($1, $2, $3, $4, $5)",
    };
    return SQL(tx, &insert, NULL, p_uuid(secret), p_int(version), p_uuid(nsk),
               p_bytes(sealed.data, sealed.len), p_time(now));
}

static enum sql_result next_version(struct tx *tx, const struct uuid *secret, int64_t *out)
{
    static const struct statement next = {
        "secret_value_next",
        "SELECT coalesce(max(version), 0) + 1 FROM plexsphere.node_secret_values "
        "WHERE secret_id = $1",
    };
    struct rows r;
    enum sql_result result = SQL(tx, &next, &r, p_uuid(secret));
    *out = result == SQL_OK ? row_int(&r, 0, 0) : 0;
    return result;
}

static enum secret_outcome write_value(struct tx *tx, const unsigned char wrap_key[32],
                                       const struct secret_place *place, struct bytes plain,
                                       int64_t now, int64_t *version)
{
    struct nsk nsk = { .id = { { 0 } } };
    struct bytes sealed;
    enum secret_outcome outcome = current_key(tx, wrap_key, &place->node_id, &nsk);
    if (outcome == SECRET_OK &&
        (next_version(tx, &place->secret_id, version) != SQL_OK ||
         !seal_value(tx_arena(tx), &nsk, &place->secret_id, *version, plain, &sealed) ||
         insert_value(tx, &place->secret_id, *version, &nsk.id, sealed, now) != SQL_OK))
        outcome = SECRET_FAILED;
    mem_wipe(&nsk, sizeof nsk);
    return outcome;
}

static bool rewrap_row(struct tx *tx, const unsigned char wrap_key[32], const struct uuid *node,
                       const struct nsk *nsk, const struct value_row *row)
{
    static const struct statement update = {
        "secret_value_rewrap",
        "UPDATE plexsphere.node_secret_values SET nsk_id = $3, sealed = $4 "
        "WHERE secret_id = $1 AND version = $2",
    };
    struct bytes plain = { NULL, 0 }, sealed;
    bool ok = open_row(tx_arena(tx), wrap_key, node, row, &plain) &&
              seal_value(tx_arena(tx), nsk, &row->secret_id, row->version, plain, &sealed) &&
              SQL(tx, &update, NULL, p_uuid(&row->secret_id), p_int(row->version), p_uuid(&nsk->id),
                  p_bytes(sealed.data, sealed.len)) == SQL_OK;
    wipe(plain);
    return ok;
}

static enum secret_outcome rewrap_values(struct tx *tx, const unsigned char wrap_key[32],
                                         const struct uuid *node)
{
    static const struct statement list = {
        "secret_values_of_node",
        "SELECT " VALUE_COLUMNS " FROM plexsphere.node_secrets s "
        "JOIN plexsphere.node_secret_values v ON v.secret_id = s.id "
        "JOIN plexsphere.node_secret_keys k ON k.id = v.nsk_id WHERE s.node_id = $1 "
        "ORDER BY v.secret_id, v.version FOR UPDATE OF v",
    };
    struct rows r;
    struct nsk nsk = { .id = { { 0 } } };
    enum secret_outcome outcome = current_key(tx, wrap_key, node, &nsk);
    if (outcome == SECRET_OK && SQL(tx, &list, &r, p_uuid(node)) != SQL_OK)
        outcome = SECRET_FAILED;
    for (int i = 0; outcome == SECRET_OK && i < r.n; i++) {
        struct value_row row = value_of_row(&r, i);
        if (!rewrap_row(tx, wrap_key, node, &nsk, &row))
            outcome = SECRET_FAILED;
    }
    mem_wipe(&nsk, sizeof nsk);
    return outcome;
}

enum sql_result secret_backend_seal(struct tx *tx, bool sealed)
{
    static const struct statement update = {
        "secret_backend_seal",
        "UPDATE plexsphere.secret_backend SET sealed = $1",
    };
    return SQL(tx, &update, NULL, p_bool(sealed));
}

const struct secret_store secret_store_postgres = {
    .read = read_value,
    .write = write_value,
    .rewrap = rewrap_values,
};
