/* The embedded adapter: tuples in Postgres, one statement a check, the rules in model.c. */
#include "reference/plexsphere/authz/verdict.h"

#include <string.h>

#include "common/arena.h"
#include "common/buffer.h"

/* $1, $2 subject; $3 object type; $4 object ids as an array's text.
 *
 * `who` is the subject and every group it is in; `place` the objects, their ancestors by
 * "parent" tuples with the links walked so far, and the platform, which is above everything. The
 * depth bound ends a loop that somebody wrote into the tuples. */
static const struct statement bindings_of_subject = {
    "relations_bindings",
    "WITH RECURSIVE who (type, id) AS ("
    "  SELECT $1::text, $2::uuid"
    "  UNION"
    "  SELECT t.object_type, t.object_id FROM who"
    "  JOIN plexsphere.relation_tuples t ON t.subject_type = who.type AND t.subject_id = who.id"
    "   AND t.object_type = 'group' AND t.relation = 'member' AND t.caveat_name IS NULL"
    "), place (object, type, id, depth, links) AS ("
    "  SELECT o, $3::text, o, 0, ''::text FROM unnest(($4::text)::uuid[]) o"
    "  UNION ALL"
    "  SELECT p.object, t.subject_type, t.subject_id, p.depth + 1,"
    "         p.type || ':' || p.id || '#parent'"
    "           || CASE WHEN p.links = '' THEN '' ELSE ' ' || p.links END"
    "  FROM place p"
    "  JOIN plexsphere.relation_tuples t ON t.object_type = p.type AND t.object_id = p.id"
    "   AND t.relation = 'parent' AND t.caveat_name IS NULL"
    "  WHERE p.depth < 8"
    "), reach AS ("
    "  SELECT object, type, id, depth, links FROM place"
    "  UNION ALL"
    "  SELECT o, 'platform', '00000000-0000-0000-0000-000000000000'::uuid, 9, ''"
    "  FROM unnest(($4::text)::uuid[]) o WHERE $3::text <> 'platform'"
    ") "
    "SELECT r.object, r.type, r.id, t.relation, r.links, t.caveat_name IS NOT NULL "
    "FROM reach r "
    "JOIN plexsphere.relation_tuples t ON t.object_type = r.type AND t.object_id = r.id "
    "JOIN who ON t.subject_type = who.type AND t.subject_id = who.id "
    "WHERE t.relation <> 'parent' "
    "ORDER BY r.object, r.depth, t.relation"
};

static const struct statement tuple_insert = {
    "relations_tuple_insert",
    "INSERT INTO plexsphere.relation_tuples"
    " (object_type, object_id, relation, subject_type, subject_id, created_at)"
    " VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING"
};

static const struct statement tuple_delete = {
    "relations_tuple_delete",
    "DELETE FROM plexsphere.relation_tuples WHERE object_type = $1 AND object_id = $2"
    " AND relation = $3 AND subject_type = $4 AND subject_id = $5"
};

static const struct statement object_delete = {
    "relations_object_delete",
    "DELETE FROM plexsphere.relation_tuples WHERE (object_type = $1 AND object_id = $2)"
    " OR (subject_type = $1 AND subject_id = $2)"
};

static bool ids_text(struct arena *a, const struct uuid *ids, size_t n, const char **out)
{
    struct buffer b;
    buffer_init_arena(&b, n * (UUID_TEXT_LEN + 1) + 2, a);
    buffer_char(&b, '{');
    for (size_t i = 0; i < n; i++) {
        char text[UUID_TEXT_LEN + 1];
        uuid_format(&ids[i], text);
        if (i > 0)
            buffer_char(&b, ',');
        buffer_text(&b, text);
    }
    buffer_char(&b, '}');
    *out = b.data;
    return !b.overflow;
}

static enum sql_result load_bindings(struct tx *tx, struct subject_ref subject, const char *type,
                                     const struct uuid *ids, size_t n, struct rows *rows)
{
    const char *list;
    if (!ids_text(tx_arena(tx), ids, n, &list))
        return SQL_FAILED;
    return SQL(tx, &bindings_of_subject, rows, p_text(subject.type), p_uuid(&subject.id),
               p_text(type), p_text(list));
}

static struct binding binding_at(const struct rows *rows, int row)
{
    return (struct binding){ .role_type = row_text(rows, row, 1),
                             .role_id = row_text(rows, row, 2),
                             .role = row_text(rows, row, 3),
                             .links = row_text(rows, row, 4),
                             .caveated = row_bool(rows, row, 5) };
}

/* How many rows from `first` on speak of the same object. */
static int rows_of_object(const struct rows *rows, int first)
{
    struct uuid object = row_uuid(rows, first, 0);
    int n = 1;
    while (first + n < rows->n) {
        struct uuid next = row_uuid(rows, first + n, 0);
        if (!uuid_equal(&object, &next))
            break;
        n++;
    }
    return n;
}

static struct binding *bindings_from(struct arena *a, const struct rows *rows, int first, int n)
{
    struct binding *list = arena_alloc_array(a, (size_t)(n > 0 ? n : 1), sizeof *list);
    for (int i = 0; i < n; i++)
        list[i] = binding_at(rows, first + i);
    return list;
}

static struct verdict embedded_check(struct tx *tx, struct subject_ref subject,
                                     const char *relation, struct object_ref object)
{
    struct arena *a = tx_arena(tx);
    struct rows rows = { 0 };
    /* REL-020: what cannot be asked is not granted. */
    if (load_bindings(tx, subject, object.type, &object.id, 1, &rows) != SQL_OK)
        return (struct verdict){ DECISION_UNAVAILABLE,
                                 verdict_path(a, object.type, relation, DECISION_UNAVAILABLE, NULL,
                                              0) };
    size_t n = (size_t)rows.n;
    struct binding *bindings = bindings_from(a, &rows, 0, rows.n);
    enum decision d = verdict_decide(object.type, relation, bindings, n);
    return (struct verdict){ d, verdict_path(a, object.type, relation, d, bindings, n) };
}

static void mark(const struct uuid *ids, size_t n, struct uuid object, bool *allowed)
{
    for (size_t i = 0; i < n; i++)
        if (uuid_equal(&ids[i], &object))
            allowed[i] = true;
}

static enum decision embedded_check_many(struct tx *tx, struct subject_ref subject,
                                         const char *relation, const char *type,
                                         const struct uuid *ids, size_t n, bool *allowed)
{
    memset(allowed, 0, n * sizeof *allowed);
    if (n == 0)
        return DECISION_GRANTED;
    struct rows rows = { 0 };
    if (load_bindings(tx, subject, type, ids, n, &rows) != SQL_OK)
        return DECISION_UNAVAILABLE;
    for (int first = 0, count; first < rows.n; first += count) {
        count = rows_of_object(&rows, first);
        struct binding *bindings = bindings_from(tx_arena(tx), &rows, first, count);
        if (verdict_decide(type, relation, bindings, (size_t)count) == DECISION_GRANTED)
            mark(ids, n, row_uuid(&rows, first, 0), allowed);
    }
    return DECISION_GRANTED;
}

static enum sql_result embedded_write(struct tx *tx, const struct tuple *t, int64_t now)
{
    return SQL_LATER(tx, &tuple_insert, p_text(t->object.type), p_uuid(&t->object.id),
                     p_text(t->relation), p_text(t->subject.type), p_uuid(&t->subject.id),
                     p_time(now));
}

static enum sql_result embedded_remove(struct tx *tx, const struct tuple *t)
{
    tx_revokes(tx);
    return SQL(tx, &tuple_delete, NULL, p_text(t->object.type), p_uuid(&t->object.id),
               p_text(t->relation), p_text(t->subject.type), p_uuid(&t->subject.id));
}

static enum sql_result embedded_remove_object(struct tx *tx, struct object_ref object)
{
    tx_revokes(tx);
    return SQL(tx, &object_delete, NULL, p_text(object.type), p_uuid(&object.id));
}

const struct relations relations_embedded = {
    .check = embedded_check,
    .check_many = embedded_check_many,
    .write = embedded_write,
    .remove = embedded_remove,
    .remove_object = embedded_remove_object,
};
