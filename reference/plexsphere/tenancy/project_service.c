#include "common/arena.h"
#include "common/timestamp.h"
#include "reference/plexsphere/authz/visible.h"
#include "reference/plexsphere/events/outbox.h"
#include "reference/plexsphere/http/request.h"
#include "reference/plexsphere/ports/relations.h"
#include "reference/plexsphere/tenancy/domain.h"
#include "reference/plexsphere/tenancy/project.h"

static struct object_ref project_object(const struct uuid *id)
{
    return (struct object_ref){ "project", *id };
}

json_t *project_view(struct arena *a, const struct project *p)
{
    json_t *view = json_object();
    json_object_set_new(view, "id", json_string(uuid_text(a, &p->id)));
    json_object_set_new(view, "domain_id", json_string(uuid_text(a, &p->domain_id)));
    json_object_set_new(view, "name", json_string(p->name));
    json_object_set_new(view, "slug", json_string(p->slug));
    json_object_set_new(view, "description", json_string(p->description));
    if (p->sub_range) /* PRJ-012: a Project without a reservation has no such member */
        json_object_set_new(view, "sub_range_cidr", json_string(p->sub_range));
    json_object_set_new(view, "created_at", json_string(timestamp_format(a, p->created_at)));
    json_object_set_new(view, "updated_at", json_string(timestamp_format(a, p->updated_at)));
    return view;
}

static enum project_result conflict_of(enum sql_result result)
{
    switch (result) {
    case SQL_OK: return PROJECT_OK;
    case SQL_UNIQUE: return PROJECT_SLUG_CONFLICT;
    case SQL_EXCLUSION: return PROJECT_SUBRANGE_OVERLAP;
    case SQL_FOREIGN_KEY: return PROJECT_PARENT_MISSING;
    default: return PROJECT_FAILED;
    }
}

/* PRJ-014 [OPEN-17]: a range outside the Domain's pool breaks an invariant of the Project: 400
 * invalid_project. The pool is locked against change until the reservation is committed (DOM-034).
 */
static enum project_result within_pool(struct request *rq, const struct uuid *domain,
                                       const struct cidr *range, const char **why)
{
    struct cidr pool;
    switch (domain_pool(rq->tx, domain, &pool)) {
    case FOUND: break;
    case NOT_FOUND: return PROJECT_PARENT_MISSING;
    case FIND_FAILED: return PROJECT_FAILED;
    }
    if (cidr_contains(&pool, range))
        return PROJECT_OK;
    *why = "sub_range_cidr must lie within the mesh_cidr of the Domain.";
    return PROJECT_INVALID;
}

/* PRJ-005: the Project hangs below its Domain, and its maker is its first admin, as of the same
 * commit. */
static enum sql_result write_tuples(struct request *rq, const struct project *p)
{
    struct tuple parent = { project_object(&p->id), "parent", { "domain", p->domain_id } };
    struct tuple owner = {
        .object = project_object(&p->id),
        .relation = "admin",
        .subject = { caller_subject_type(&rq->caller), rq->caller.id },
    };
    enum sql_result result = rq->app->relations->write(rq->tx, &parent, rq->now);
    return result == SQL_OK ? rq->app->relations->write(rq->tx, &owner, rq->now) : result;
}

static void project_of_fields(struct request *rq, const struct uuid *domain,
                              const struct project_fields *f, struct project *out)
{
    *out = (struct project){
        .id = uuid_v7(rq->now),
        .domain_id = *domain,
        .name = f->name,
        .slug = f->slug,
        .description = f->description ? f->description : "",
        .sub_range = f->sub_range,
        .created_at = rq->now,
        .updated_at = rq->now,
    };
}

/* PRJ-016 [OPEN-12]: the row comes before its reservation, so a request that breaks both hears of
 * the slug. */
static enum project_result insert_project(struct request *rq, const struct project *p)
{
    enum project_result result = conflict_of(project_insert(rq->tx, p));
    if (result == PROJECT_OK && p->sub_range)
        result = conflict_of(project_reserve(rq->tx, &p->id, &p->domain_id, p->sub_range));
    return result;
}

enum project_result project_create(struct request *rq, const struct project_draft *draft,
                                   struct project *out, const char **why)
{
    struct project_fields fields;
    enum project_result result = project_draft_check(rq->arena, draft, &fields, why);
    if (result == PROJECT_OK && fields.sub_range)
        result = within_pool(rq, &draft->domain_id, &fields.range, why);
    if (result != PROJECT_OK)
        return result;
    project_of_fields(rq, &draft->domain_id, &fields, out);
    result = insert_project(rq, out);
    if (result != PROJECT_OK)
        return result;
    if (outbox_append(rq->tx, "ProjectCreated", &out->domain_id, &out->id, rq->now,
                      project_view(rq->arena, out)) != SQL_OK ||
        write_tuples(rq, out) != SQL_OK)
        return PROJECT_FAILED;
    return PROJECT_OK;
}

static enum project_result result_of(enum found found)
{
    switch (found) {
    case FOUND: return PROJECT_OK;
    case NOT_FOUND: return PROJECT_NOT_FOUND;
    case FIND_FAILED: return PROJECT_FAILED;
    }
    return PROJECT_FAILED;
}

enum project_result project_get(struct tx *tx, const struct uuid *id, struct project *out)
{
    return result_of(project_find(tx, id, out));
}

/* PRJ-031 [OPEN-20]: a sibling that the transaction can see is named: 422. Changes of one Domain's
 * ranges take turns (within_pool), so it sees each of ours; what another writer puts in between is
 * met by the exclusion constraint, which names nobody: 409. */
static enum project_result no_sibling_there(struct request *rq, const struct project *p,
                                            const char *sub_range, const char **why)
{
    struct uuid sibling;
    const char *range = NULL;
    switch (project_overlapping_sibling(rq->tx, p, sub_range, &sibling, &range)) {
    case NOT_FOUND: return PROJECT_OK;
    case FOUND:
        *why = arena_printf(rq->arena, "The range overlaps %s, which project %s holds.", range,
                            uuid_text(rq->arena, &sibling));
        return PROJECT_INVALIDATES_ALLOCATION;
    case FIND_FAILED: break;
    }
    return PROJECT_FAILED;
}

/* PRJ-033 [OPEN-20]: a range is neither left nor given up while a Node of the Project has an
 * address in the part that would go. `sub_range` NULL gives up all. */
static enum project_result strands_no_node(struct request *rq, const struct project *p,
                                           const char *sub_range, const char **why)
{
    if (!p->sub_range)
        return PROJECT_OK;
    switch (project_stranded_address(rq->tx, p, sub_range)) {
    case NOT_FOUND: return PROJECT_OK;
    case FOUND:
        *why = arena_printf(rq->arena, "Nodes of project %s hold addresses of %s.",
                            uuid_text(rq->arena, &p->id), p->sub_range);
        return PROJECT_INVALIDATES_ALLOCATION;
    case FIND_FAILED: break;
    }
    return PROJECT_FAILED;
}

static enum project_result retarget(struct request *rq, const struct project *p,
                                    const struct project_fields *f, const char **why)
{
    enum project_result result = within_pool(rq, &p->domain_id, &f->range, why);
    if (result == PROJECT_OK)
        result = no_sibling_there(rq, p, f->sub_range, why);
    if (result == PROJECT_OK)
        result = strands_no_node(rq, p, f->sub_range, why);
    if (result == PROJECT_OK)
        result = conflict_of(project_reserve(rq->tx, &p->id, &p->domain_id, f->sub_range));
    return result;
}

/* PRJ-034 [OPEN-19]: releasing what was never reserved changes nothing and is accepted. */
static enum project_result release(struct request *rq, const struct project *p, const char **why)
{
    enum project_result result = strands_no_node(rq, p, NULL, why);
    if (result == PROJECT_OK && project_release(rq->tx, &p->id) != SQL_OK)
        result = PROJECT_FAILED;
    return result;
}

static enum project_result change_range(struct request *rq, const struct project *p,
                                        const struct project_fields *f, const char **why)
{
    if (f->sub_range)
        return retarget(rq, p, f, why);
    return f->release ? release(rq, p, why) : PROJECT_OK;
}

/* PRJ-030: a range and its release in one patch contradict each other. It is a rule about state of
 * the range, so it is asked after the field rules and after the Project was found. */
static enum project_result contradiction(const struct project *p, struct arena *a, const char **why)
{
    *why = arena_printf(a,
                        "sub_range_cidr and release_sub_range exclude each other (project %s, "
                        "sub-range %s).",
                        uuid_text(a, &p->id), p->sub_range ? p->sub_range : "none");
    return PROJECT_INVALIDATES_ALLOCATION;
}

enum project_result project_patch(struct request *rq, const struct uuid *id,
                                  const struct project_draft *draft, struct project *out,
                                  const char **why)
{
    struct project_fields fields;
    enum project_result result = project_draft_check(rq->arena, draft, &fields, why);
    if (result == PROJECT_OK)
        result = result_of(project_lock(rq->tx, id, out));
    if (result == PROJECT_OK && fields.sub_range && fields.release)
        result = contradiction(out, rq->arena, why);
    if (result == PROJECT_OK)
        result = change_range(rq, out, &fields, why);
    if (result == PROJECT_OK && project_update(rq->tx, id, &fields, rq->now) != SQL_OK)
        result = PROJECT_FAILED;
    return result == PROJECT_OK ? project_get(rq->tx, id, out) : result;
}

/* PRJ-039: once the Project is gone nothing leads from it to its Domain's audit chain, so the way
 * is kept. */
static enum project_result chain_of_domain(struct request *rq, const struct uuid *domain)
{
    rq->audit_domain = arena_copy(rq->arena, domain, sizeof *domain);
    return PROJECT_OK;
}

/* PRJ-036, PRJ-038: the row is locked before its children are counted, so a racing insert either is
 * counted or waits and then finds no parent. A foreign key that still points at it answers the same
 * 409. */
enum project_result project_delete(struct request *rq, const struct uuid *id,
                                   struct project_children *children)
{
    struct project p;
    *children = (struct project_children){ 0 };
    enum project_result result = result_of(project_lock(rq->tx, id, &p));
    if (result != PROJECT_OK)
        return result;
    if (project_count_children(rq->tx, id, children) != SQL_OK)
        return PROJECT_FAILED;
    if (children->resources + children->nodes + children->relation_tuples > 0)
        return PROJECT_NOT_EMPTY;
    enum sql_result removed = project_remove(rq->tx, id);
    if (removed == SQL_FOREIGN_KEY)
        return PROJECT_NOT_EMPTY;
    if (removed != SQL_OK ||
        rq->app->relations->remove_object(rq->tx, project_object(id)) != SQL_OK)
        return PROJECT_FAILED;
    return chain_of_domain(rq, &p.domain_id);
}

static enum project_result keep_readable(struct request *rq, struct project_page *page)
{
    const bool *visible = VISIBLE_ROWS(rq, "read", "project", page->items, page->n_window, id);
    if (visible == NULL)
        return PROJECT_AUTHZ_UNAVAILABLE;
    for (size_t i = 0; i < page->n_window; i++)
        if (visible[i])
            page->items[page->n_items++] = page->items[i];
    return PROJECT_OK;
}

/* PRJ-023: the window is cut before rows are filtered, so its last row, visible or not, is where
 * the next page goes on. One row more than asked for tells whether there is a next page at all. */
enum project_result project_list(struct request *rq, const struct uuid *domain,
                                 const struct project_position *after, int limit,
                                 struct project_page *out)
{
    *out = (struct project_page){ 0 };
    if (project_window(rq->tx, domain, after, limit + 1, &out->items, &out->n_window) != SQL_OK)
        return PROJECT_FAILED;
    if (out->n_window > (size_t)limit) {
        out->n_window = (size_t)limit;
        out->more = true;
        out->last =
            (struct project_position){ out->items[limit - 1].slug, out->items[limit - 1].id };
    }
    return keep_readable(rq, out);
}
