#include "common/arena.h"
#include "common/timestamp.h"
#include "reference/plexsphere/authz/visible.h"
#include "reference/plexsphere/events/outbox.h"
#include "reference/plexsphere/events/signing_keys.h"
#include "reference/plexsphere/http/request.h"
#include "reference/plexsphere/ports/relations.h"
#include "reference/plexsphere/tenancy/domain.h"

static struct object_ref domain_object(const struct uuid *id)
{
    return (struct object_ref){ "domain", *id };
}

json_t *domain_view(struct arena *a, const struct domain *d)
{
    json_t *view = json_object();
    json_object_set_new(view, "id", json_string(uuid_text(a, &d->id)));
    json_object_set_new(view, "name", json_string(d->name));
    json_object_set_new(view, "slug", json_string(d->slug));
    json_object_set_new(view, "description", json_string(d->description));
    if (*d->region) /* DOM-014: an unpinned Domain has no region member */
        json_object_set_new(view, "region", json_string(d->region));
    json_object_set_new(view, "mesh_cidr", json_string(d->mesh_cidr));
    json_object_set_new(view, "reachability", reachability_view(a, &d->reachability));
    json_object_set_new(view, "created_at", json_string(timestamp_format(a, d->created_at)));
    json_object_set_new(view, "updated_at", json_string(timestamp_format(a, d->updated_at)));
    return view;
}

static void domain_of_fields(struct request *rq, const struct domain_fields *f, struct domain *out)
{
    *out = (struct domain){
        .id = uuid_v7(rq->now),
        .name = f->name,
        .slug = f->slug,
        .description = f->description ? f->description : "",
        .region = f->region ? f->region : "",
        .mesh_cidr = f->mesh_cidr,
        .reachability = f->has_reachability ? f->reachability : REACHABILITY_DEFAULT,
        .created_at = rq->now,
        .updated_at = rq->now,
    };
}

static enum domain_result conflict_of(enum sql_result result)
{
    switch (result) {
    case SQL_OK: return DOMAIN_OK;
    case SQL_UNIQUE: return DOMAIN_SLUG_CONFLICT;
    case SQL_EXCLUSION: return DOMAIN_MESH_OVERLAP;
    default: return DOMAIN_FAILED;
    }
}

/* DOM-009: whoever makes a Domain is its first admin, as of the same commit. */
static enum sql_result grant_creator(struct request *rq, const struct uuid *id)
{
    struct tuple owner = {
        .object = domain_object(id),
        .relation = "admin",
        .subject = { caller_subject_type(&rq->caller), rq->caller.id },
    };
    return rq->app->relations->write(rq->tx, &owner, rq->now);
}

/* DOM-003 to DOM-005 [OPEN-12]: both uniqueness rules are constraints, and the index of the slug is
 * older than the one of the pool (0002_tenancy.sql), so a request that breaks both hears of the
 * slug. */
enum domain_result domain_create(struct request *rq, const struct domain_draft *draft,
                                 struct domain *out, const char **why)
{
    struct domain_fields fields;
    enum domain_result result = domain_draft_check(rq->arena, draft, &fields, why);
    if (result != DOMAIN_OK)
        return result;
    domain_of_fields(rq, &fields, out);
    if (domain_pools_lock(rq->tx) != SQL_OK)
        return DOMAIN_FAILED;
    result = conflict_of(domain_insert(rq->tx, out));
    if (result != DOMAIN_OK)
        return result;
    if (outbox_append(rq->tx, "DomainCreated", &out->id, &out->id, rq->now,
                      domain_view(rq->arena, out)) != SQL_OK ||
        grant_creator(rq, &out->id) != SQL_OK ||
        signing_domain_made(rq->tx, rq->app->signing, &out->id, rq->now) != SQL_OK)
        return DOMAIN_FAILED;
    return DOMAIN_OK;
}

static enum domain_result result_of(enum found found)
{
    switch (found) {
    case FOUND: return DOMAIN_OK;
    case NOT_FOUND: return DOMAIN_NOT_FOUND;
    case FIND_FAILED: return DOMAIN_FAILED;
    }
    return DOMAIN_FAILED;
}

enum domain_result domain_get(struct tx *tx, const struct uuid *id, struct domain *out)
{
    return result_of(domain_find(tx, id, out));
}

/* DOM-033: a reservation that the new pool would leave outside undoes the change, and the answer
 * names its Project. [OPEN-15]: the guard looks at reservations only; a Node's own address is no
 * obstacle. */
static enum domain_result keeps_reservations(struct request *rq, const struct uuid *id,
                                             const char *pool, const char **why)
{
    struct uuid project;
    switch (domain_stranded_project(rq->tx, id, pool, &project)) {
    case NOT_FOUND: return DOMAIN_OK;
    case FOUND:
        *why = arena_printf(rq->arena, "The new pool would leave out the sub-range of project %s.",
                            uuid_text(rq->arena, &project));
        return DOMAIN_STRANDS_SUBRANGE;
    case FIND_FAILED: break;
    }
    return DOMAIN_FAILED;
}

/* DOM-034 [OPEN-12]: the exclusion against other Domains is met first (the UPDATE), then
 * containment of the own reservations. Reservations are made under a lock of this row, so none can
 * slip in between. */
enum domain_result domain_patch(struct request *rq, const struct uuid *id,
                                const struct domain_draft *draft, struct domain *out,
                                const char **why)
{
    struct domain_fields fields;
    enum sql_result sql;
    enum domain_result result = domain_draft_check(rq->arena, draft, &fields, why);
    if (result != DOMAIN_OK)
        return result;
    if (fields.mesh_cidr && domain_pools_lock(rq->tx) != SQL_OK)
        return DOMAIN_FAILED;
    switch (domain_update(rq->tx, id, &fields, rq->now, out, &sql)) {
    case FOUND: break;
    case NOT_FOUND: return DOMAIN_NOT_FOUND;
    case FIND_FAILED: return conflict_of(sql);
    }
    return fields.mesh_cidr ? keeps_reservations(rq, id, fields.mesh_cidr, why) : DOMAIN_OK;
}

static bool childless(const struct domain_children *c)
{
    return c->projects + c->groups + c->identities + c->idp_bindings + c->nodes == 0;
}

/* DOM-036, DOM-039: the row is locked before its children are counted, so a racing insert either is
 * counted or waits and then finds no parent. What is not counted [OPEN-16]: relation tuples go with
 * the Domain; anything else that still points at it is met as a foreign key and answers the same
 * 409. */
enum domain_result domain_delete(struct request *rq, const struct uuid *id,
                                 struct domain_children *children)
{
    *children = (struct domain_children){ 0 };
    enum domain_result result = result_of(domain_lock(rq->tx, id));
    if (result != DOMAIN_OK)
        return result;
    if (domain_count_children(rq->tx, id, children) != SQL_OK)
        return DOMAIN_FAILED;
    if (!childless(children))
        return DOMAIN_NOT_EMPTY;
    enum sql_result removed = domain_remove(rq->tx, id);
    if (removed == SQL_FOREIGN_KEY)
        return DOMAIN_NOT_EMPTY;
    if (removed != SQL_OK || rq->app->relations->remove_object(rq->tx, domain_object(id)) != SQL_OK)
        return DOMAIN_FAILED;
    return DOMAIN_OK;
}

static enum domain_result keep_readable(struct request *rq, struct domain_page *page)
{
    const bool *visible = VISIBLE_ROWS(rq, "read", "domain", page->items, page->n_window, id);
    if (visible == NULL)
        return DOMAIN_AUTHZ_UNAVAILABLE;
    for (size_t i = 0; i < page->n_window; i++)
        if (visible[i])
            page->items[page->n_items++] = page->items[i];
    return DOMAIN_OK;
}

/* DOM-025: the window is cut before rows are filtered, so its last row, visible or not, is where
 * the next page goes on. One row more than asked for tells whether there is a next page at all. */
enum domain_result domain_list(struct request *rq, const char *after_slug, int limit,
                               struct domain_page *out)
{
    *out = (struct domain_page){ 0 };
    if (domain_window(rq->tx, after_slug, limit + 1, &out->items, &out->n_window) != SQL_OK)
        return DOMAIN_FAILED;
    if (out->n_window > (size_t)limit) {
        out->n_window = (size_t)limit;
        out->last_slug = out->items[limit - 1].slug;
    }
    return keep_readable(rq, out);
}
