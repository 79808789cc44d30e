#include "reference/plexsphere/integrity/service.h"

#include "common/arena.h"
#include "reference/plexsphere/authz/visible.h"
#include "reference/plexsphere/events/outbox.h"

/* INT-015: one alert a batch. It is for operators: a Node has no use for it. */
static enum sql_result alert(struct request *rq, size_t n)
{
    json_t *payload = json_object();
    json_object_set_new(payload, "node_id", json_string(uuid_text(rq->arena, &rq->node.node_id)));
    json_object_set_new(payload, "violation_count", json_integer((json_int_t)n));
    return outbox_append(rq->tx, "integrity_alert", &rq->node.domain_id, &rq->node.node_id, rq->now,
                         payload);
}

enum integrity_result integrity_record(struct request *rq, const struct violation *violations,
                                       size_t n)
{
    switch (violations_insert(rq->tx, &rq->node, violations, n, rq->now)) {
    case SQL_OK: break;
    case SQL_FOREIGN_KEY: return INTEGRITY_NODE_GONE;
    default: return INTEGRITY_FAILED;
    }
    return alert(rq, n) == SQL_OK ? INTEGRITY_OK : INTEGRITY_FAILED;
}

/* INT-027: the entry joins the chain of the Domain whose Node it is about, and names the row. */
static void point_audit_at(struct request *rq, const struct violation_row *row)
{
    rq->object = (struct object_ref){ "integrity-violation", row->id };
    rq->audit_domain = arena_copy(rq->arena, &row->domain_id, sizeof row->domain_id);
}

enum integrity_result integrity_acknowledge(struct request *rq, const struct uuid *id,
                                            const char *reason, struct violation_row *out)
{
    const char *subject = arena_printf(rq->arena, "%s:%s", caller_subject_type(&rq->caller),
                                       uuid_text(rq->arena, &rq->caller.id));
    switch (violation_acknowledge(rq->tx, id, subject, reason, rq->now, out)) {
    case FOUND: point_audit_at(rq, out); return INTEGRITY_OK;
    case NOT_FOUND: break;
    case FIND_FAILED: return INTEGRITY_FAILED;
    }
    switch (violation_exists(rq->tx, id)) {
    case FOUND: return INTEGRITY_NOT_OPEN;
    case NOT_FOUND: return INTEGRITY_NOT_FOUND;
    case FIND_FAILED: break;
    }
    return INTEGRITY_FAILED;
}

enum integrity_result integrity_list(struct request *rq, const struct violation_filter *f,
                                     const struct uuid *after, struct violation_page *out)
{
    size_t n;
    *out = (struct violation_page){ .more = false };
    if (violation_window(rq->tx, f, after, rq->page.limit + 1, &out->items, &n) != SQL_OK)
        return INTEGRITY_FAILED;
    out->more = n > (size_t)rq->page.limit;
    n -= out->more;
    if (out->more)
        out->last = out->items[n - 1].id;
    const bool *visible = VISIBLE_ROWS(rq, "read", "domain", out->items, n, domain_id);
    if (!visible)
        return INTEGRITY_AUTHZ_UNAVAILABLE;
    for (size_t i = 0; i < n; i++)
        if (visible[i])
            out->items[out->n_items++] = out->items[i];
    return INTEGRITY_OK;
}
