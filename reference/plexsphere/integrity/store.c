#include "reference/plexsphere/integrity/store.h"

#include "common/arena.h"

static const char *rows_text(struct arena *a, const struct violation *violations, size_t n,
                             int64_t now)
{
    json_t *rows = json_own(a, json_array());
    for (size_t i = 0; i < n; i++) {
        struct uuid id = uuid_v7(now);
        json_t *row = json_object();
        json_object_set_new(row, "id", json_string(uuid_text(a, &id)));
        json_object_set_new(row, "kind", json_string(violations[i].kind));
        json_object_set_new(row, "detected_by", json_string(violations[i].detected_by));
        json_object_set_new(row, "artifact_id", json_string(violations[i].artifact_id));
        json_object_set_new(row, "observed", json_string(violations[i].observed));
        if (violations[i].expected)
            json_object_set_new(row, "expected", json_string(violations[i].expected));
        json_array_append_new(rows, row);
    }
    return json_dump(a, rows);
}

enum sql_result violations_insert(struct tx *tx, const struct node_caller *node,
                                  const struct violation *violations, size_t n, int64_t now)
{
    static const struct statement insert = {
        "violations_insert",
        "INSERT INTO plexsphere.integrity_violations (id, node_id, domain_id, project_id, kind, "
        "detected_by, artifact_id, observed, expected, detected_at) "
        "SELECT v.id, $1, $2, $3, v.kind, v.detected_by, v.artifact_id, v.observed, v.expected, $4 "
        "FROM jsonb_to_recordset($5::text::jsonb) AS v(id uuid, kind text, detected_by text, "
        "artifact_id text, observed text, expected text)",
    };
    return SQL(tx, &insert, NULL, p_uuid(&node->node_id), p_uuid(&node->domain_id),
               p_uuid(&node->project_id), p_time(now),
               p_text(rows_text(tx_arena(tx), violations, n, now)));
}

#define COLUMNS                                                                                    \
    "id, node_id, domain_id, kind, status, artifact_id, detected_at, acknowledged_at, "            \
    "acknowledged_by_subject, acknowledge_reason "

static void violation_of_row(const struct rows *r, int row, struct violation_row *out)
{
    *out = (struct violation_row){
        .id = row_uuid(r, row, 0),
        .node_id = row_uuid(r, row, 1),
        .domain_id = row_uuid(r, row, 2),
        .kind = row_text(r, row, 3),
        .status = row_text(r, row, 4),
        .artifact_id = row_text(r, row, 5),
        .detected_at = row_time(r, row, 6),
        .acknowledged_at = row_time(r, row, 7),
        .acknowledged_by_subject = row_text(r, row, 8),
        .acknowledge_reason = row_text(r, row, 9),
    };
}

enum sql_result violation_window(struct tx *tx, const struct violation_filter *f,
                                 const struct uuid *after, int limit, struct violation_row **out,
                                 size_t *n)
{
    static const struct statement window = {
        "violation_window",
        "SELECT " COLUMNS "FROM plexsphere.integrity_violations WHERE id > $1 "
        "AND ($2::uuid IS NULL OR domain_id = $2) AND ($3::uuid IS NULL OR project_id = $3) "
        "AND ($4::uuid IS NULL OR node_id = $4) AND ($5::text IS NULL OR kind = $5) "
        "AND ($6::text IS NULL OR status = $6) ORDER BY id LIMIT $7",
    };
    struct rows r;
    enum sql_result result =
        SQL(tx, &window, &r, p_uuid(after), p_uuid(f->domain_id), p_uuid(f->project_id),
            p_uuid(f->node_id), p_text(f->kind), p_text(f->status), p_int(limit));
    if (result != SQL_OK)
        return result;
    *n = (size_t)r.n;
    *out = arena_alloc_array(tx_arena(tx), *n + 1, sizeof **out);
    for (int i = 0; i < r.n; i++)
        violation_of_row(&r, i, &(*out)[i]);
    return SQL_OK;
}

enum found violation_acknowledge(struct tx *tx, const struct uuid *id, const char *subject,
                                 const char *reason, int64_t now, struct violation_row *out)
{
    static const struct statement acknowledge = {
        "violation_acknowledge",
        "UPDATE plexsphere.integrity_violations SET status = 'acknowledged', "
        "acknowledged_at = $2, acknowledged_by_subject = $3, acknowledge_reason = $4 "
        "WHERE id = $1 AND status = 'open' RETURNING " COLUMNS,
    };
    struct rows r;
    if (SQL(tx, &acknowledge, &r, p_uuid(id), p_time(now), p_text(subject), p_text(reason)) !=
        SQL_OK)
        return FIND_FAILED;
    if (r.n == 0)
        return NOT_FOUND;
    violation_of_row(&r, 0, out);
    return FOUND;
}

enum found violation_exists(struct tx *tx, const struct uuid *id)
{
    static const struct statement find = {
        "violation_exists",
        "SELECT id FROM plexsphere.integrity_violations WHERE id = $1",
    };
    struct rows r;
    if (SQL(tx, &find, &r, p_uuid(id)) != SQL_OK)
        return FIND_FAILED;
    return r.n > 0 ? FOUND : NOT_FOUND;
}
