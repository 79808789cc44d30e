#include "reference/plexsphere/audit/store.h"

#include <string.h>

#include "common/arena.h"

static const struct statement head_lock = {
    "audit_head_lock",
    "SELECT seq, entry_hash FROM plexsphere.audit_heads WHERE chain = $1 FOR UPDATE"
};
static const struct statement head_read = {
    "audit_head_read", "SELECT seq, entry_hash FROM plexsphere.audit_heads WHERE chain = $1"
};
static const struct statement head_make = {
    "audit_head_make",
    "INSERT INTO plexsphere.audit_heads (chain, seq, entry_hash)"
    " VALUES ($1, 0, decode(repeat('00', 32), 'hex')) ON CONFLICT (chain) DO NOTHING"
};

/* One round trip under the head's lock. AUD-018: who was erased stays unknown, so the mapping is
 * only made for a pseudonym without an erasure; both sides hold the head's lock, so neither can
 * miss the other. */
static const struct statement row_append = {
    "audit_row_append",
    "WITH entry AS ("
    "  INSERT INTO plexsphere.audit_entries (chain, seq, occurred_at, reason, subject, relation,"
    "    object_type, object_id, caveat_context, relation_path, correlation_id, ip, user_agent,"
    "    prev_hash, entry_hash)"
    "  VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)"
    "), who AS ("
    "  INSERT INTO plexsphere.audit_subject_pii (pseudonym, kind, identity_id)"
    "  SELECT $5::bytea, $16::text, $17::uuid WHERE $17::uuid IS NOT NULL"
    "   AND NOT EXISTS (SELECT FROM plexsphere.audit_erasures x WHERE x.pseudonym = $5::bytea)"
    "   AND NOT EXISTS (SELECT FROM plexsphere.audit_subject_pii y WHERE y.pseudonym = $5::bytea)"
    "  ON CONFLICT (pseudonym) DO NOTHING"
    ") UPDATE plexsphere.audit_heads SET seq = $2, entry_hash = $15 WHERE chain = $1"
};

static const struct statement subject_erase = {
    "audit_subject_erase",
    "WITH gone AS (DELETE FROM plexsphere.audit_subject_pii WHERE pseudonym = $1)"
    " INSERT INTO plexsphere.audit_erasures (pseudonym, erased_at) VALUES ($1, $2)"
    " ON CONFLICT (pseudonym) DO NOTHING"
};

#define VIEW_COLUMNS                                                                               \
    "e.chain, e.seq, e.occurred_at, e.reason, e.subject, e.relation, e.object_type, e.object_id,"  \
    " e.caveat_context, e.relation_path, e.correlation_id, e.ip, e.user_agent, e.prev_hash,"       \
    " e.entry_hash, p.identity_id, e.archive_etag, e.archived_at"                                  \
    " FROM plexsphere.audit_entries e"                                                             \
    " LEFT JOIN plexsphere.audit_subject_pii p ON p.pseudonym = e.subject"

static const struct statement rows_list = {
    "audit_rows_list", "SELECT " VIEW_COLUMNS " WHERE e.chain = $1 AND e.seq > $2"
                       " AND ($3::bytea IS NULL OR e.subject = $3)"
                       " AND ($4::text IS NULL OR e.relation = $4)"
                       " AND ($5::text IS NULL OR e.object_type = $5)"
                       " AND ($6::text IS NULL OR e.object_id = $6)"
                       " AND ($7::text IS NULL OR e.reason = $7)"
                       " AND ($8::text IS NULL OR e.correlation_id = $8)"
                       " AND ($9::timestamptz IS NULL OR e.occurred_at >= $9)"
                       " AND ($10::timestamptz IS NULL OR e.occurred_at <= $10)"
                       " ORDER BY e.seq LIMIT $11"
};
static const struct statement row_by_seq = { "audit_row_by_seq",
                                             "SELECT " VIEW_COLUMNS
                                             " WHERE e.chain = $1 AND e.seq = $2" };

/* A hash column of another length was written by somebody else: it can only diverge, so zeros
 * will do. */
static void copy32(const struct rows *rows, int row, int column, unsigned char out[32])
{
    struct bytes value = row_bytes(rows, row, column);
    memset(out, 0, 32);
    if (value.len == 32)
        memcpy(out, value.data, 32);
}

static void head_at(const struct rows *rows, struct audit_head *out)
{
    *out = (struct audit_head){ 0 };
    if (rows->n == 0)
        return;
    out->seq = row_int(rows, 0, 0);
    copy32(rows, 0, 1, out->entry_hash);
}

enum sql_result audit_head_lock(struct tx *tx, const struct uuid *chain, struct audit_head *out,
                                bool *known)
{
    struct rows rows = { 0 };
    enum sql_result r = SQL(tx, &head_lock, &rows, p_uuid(chain));
    if (r != SQL_OK)
        return r;
    *known = rows.n > 0;
    head_at(&rows, out);
    return SQL_OK;
}

enum sql_result audit_head_make(struct tx *tx, const struct uuid *chain)
{
    return SQL(tx, &head_make, NULL, p_uuid(chain));
}

enum sql_result audit_head_read(struct tx *tx, const struct uuid *chain, struct audit_head *out)
{
    struct rows rows = { 0 };
    enum sql_result r = SQL(tx, &head_read, &rows, p_uuid(chain));
    if (r == SQL_OK)
        head_at(&rows, out);
    return r;
}

enum sql_result audit_row_append(struct tx *tx, const struct audit_row *row,
                                 const char *subject_kind, const struct uuid *identity)
{
    return SQL_LATER(tx, &row_append, p_uuid(&row->chain), p_int(row->seq),
                     p_time(row->occurred_at), p_text(row->reason), p_bytes(row->subject, 32),
                     p_text(row->relation), p_text(row->object_type), p_text(row->object_id),
                     p_text(row->caveat_context), p_text(row->relation_path),
                     p_text(row->correlation_id), p_text(row->ip), p_text(row->user_agent),
                     p_bytes(row->prev_hash, 32), p_bytes(row->entry_hash, 32),
                     p_text(subject_kind), p_uuid(identity));
}

enum sql_result audit_subject_erase(struct tx *tx, const unsigned char pseudonym[32], int64_t now)
{
    return SQL(tx, &subject_erase, NULL, p_bytes(pseudonym, 32), p_time(now));
}

static struct audit_view view_at(const struct rows *rows, int i)
{
    struct audit_view v = { .row = { .chain = row_uuid(rows, i, 0),
                                     .seq = row_int(rows, i, 1),
                                     .occurred_at = row_time(rows, i, 2),
                                     .reason = row_text(rows, i, 3),
                                     .relation = row_text(rows, i, 5),
                                     .object_type = row_text(rows, i, 6),
                                     .object_id = row_text(rows, i, 7),
                                     .caveat_context = row_text(rows, i, 8),
                                     .relation_path = row_text(rows, i, 9),
                                     .correlation_id = row_text(rows, i, 10),
                                     .ip = row_text(rows, i, 11),
                                     .user_agent = row_text(rows, i, 12) },
                            .identified = !row_is_null(rows, i, 15),
                            .identity = row_uuid(rows, i, 15),
                            .archive_etag = row_text(rows, i, 16),
                            .archived_at = row_time(rows, i, 17) };
    copy32(rows, i, 4, v.row.subject);
    copy32(rows, i, 13, v.row.prev_hash);
    copy32(rows, i, 14, v.row.entry_hash);
    return v;
}

static struct param p_maybe_time(const int64_t *micros)
{
    return micros ? p_time(*micros) : p_null();
}

enum sql_result audit_rows_list(struct tx *tx, const struct uuid *chain, int64_t after,
                                const struct audit_filter *f, int limit, struct audit_view **out,
                                int *n)
{
    struct rows rows = { 0 };
    enum sql_result r =
        SQL(tx, &rows_list, &rows, p_uuid(chain), p_int(after),
            f->subject ? p_bytes(f->subject, 32) : p_null(), p_text(f->relation),
            p_text(f->object_type), p_text(f->object_id), p_text(f->reason),
            p_text(f->correlation_id), p_maybe_time(f->from), p_maybe_time(f->to), p_int(limit));
    if (r != SQL_OK)
        return r;
    *n = rows.n;
    *out = arena_alloc_array(tx_arena(tx), (size_t)(rows.n > 0 ? rows.n : 1), sizeof **out);
    for (int i = 0; i < rows.n; i++)
        (*out)[i] = view_at(&rows, i);
    return SQL_OK;
}

enum sql_result audit_row_by_seq(struct tx *tx, const struct uuid *chain, int64_t seq,
                                 struct audit_view *out, bool *found)
{
    struct rows rows = { 0 };
    enum sql_result r = SQL(tx, &row_by_seq, &rows, p_uuid(chain), p_int(seq));
    if (r != SQL_OK)
        return r;
    *found = rows.n > 0;
    if (*found)
        *out = view_at(&rows, 0);
    return SQL_OK;
}
