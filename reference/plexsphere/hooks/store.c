#include "reference/plexsphere/hooks/store.h"

#include "common/arena.h"

static void hook_of_row(const struct rows *r, int row, struct hook_row *out)
{
    *out = (struct hook_row){
        .node_id = row_uuid(r, row, 0),
        .domain_id = row_uuid(r, row, 1),
        .position = row_int(r, row, 2),
        .name = row_text(r, row, 3),
        .image_digest = row_text(r, row, 4),
        .image_digest_match = row_bool(r, row, 5),
    };
}

enum sql_result hook_window(struct tx *tx, const struct hook_filter *f,
                            const struct hook_place *after, int limit, struct hook_row **out,
                            size_t *n)
{
    /* CAP-027: a match is an image that the Domain declares for a hook of that name. */
    static const struct statement window = {
        "hook_window",
        "SELECT node_id, domain_id, position, name, image_digest, matches FROM ("
        "SELECT h.node_id, n.domain_id, h.position, h.name, h.image_digest, "
        "EXISTS (SELECT FROM plexsphere.declared_hook_images i WHERE i.domain_id = n.domain_id "
        "AND i.name = h.name AND i.image_digest = h.image_digest) AS matches "
        "FROM plexsphere.discovered_hooks h JOIN plexsphere.nodes n ON n.id = h.node_id "
        "WHERE (h.node_id, h.position) > ($1, $2::smallint) "
        "AND ($3::uuid IS NULL OR n.domain_id = $3) AND ($4::uuid IS NULL OR n.project_id = $4)"
        ") row WHERE $5::boolean IS NULL OR matches = $5 ORDER BY node_id, position LIMIT $6",
    };
    struct rows r;
    enum sql_result result =
        SQL(tx, &window, &r, p_uuid(&after->node_id), p_int(after->position), p_uuid(f->domain_id),
            p_uuid(f->project_id), p_text(f->image_digest_match), p_int(limit));
    if (result != SQL_OK)
        return result;
    *n = (size_t)r.n;
    *out = arena_alloc_array(tx_arena(tx), *n + 1, sizeof **out);
    for (int i = 0; i < r.n; i++)
        hook_of_row(&r, i, &(*out)[i]);
    return SQL_OK;
}
