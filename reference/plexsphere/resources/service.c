#include "common/arena.h"
#include "common/timestamp.h"
#include "reference/plexsphere/authz/visible.h"
#include "reference/plexsphere/http/request.h"
#include "reference/plexsphere/ports/relations.h"
#include "reference/plexsphere/resources/resource.h"

static struct object_ref resource_object(const struct uuid *id)
{
    return (struct object_ref){ "resource", *id };
}

/* RES-018: what only a provisioned Resource has (its phase, its inputs) never shows on an adopted
 * one. */
json_t *resource_view(struct arena *a, const struct resource *r)
{
    json_t *view = json_object();
    json_object_set_new(view, "id", json_string(uuid_text(a, &r->id)));
    json_object_set_new(view, "project_id", json_string(uuid_text(a, &r->project_id)));
    json_object_set_new(view, "domain_id", json_string(uuid_text(a, &r->domain_id)));
    json_object_set_new(view, "kind", json_string(r->kind));
    json_object_set_new(view, "origin", json_string(r->origin));
    if (r->external_ref)
        json_object_set_new(view, "external_ref", json_string(r->external_ref));
    json_object_set_new(view, "created_at", json_string(timestamp_format(a, r->created_at)));
    json_object_set_new(view, "updated_at", json_string(timestamp_format(a, r->updated_at)));
    return view;
}

/* RES-016: the row and its place below the Project, which is what permissions on it derive from, in
 * one commit. */
static enum sql_result adopt(struct request *rq, const struct uuid *project,
                             const struct uuid *domain, const char *kind, const char *external_ref,
                             struct resource *out)
{
    *out = (struct resource){
        .id = uuid_v7(rq->now),
        .project_id = *project,
        .domain_id = *domain,
        .origin = "adopted",
        .kind = kind,
        .external_ref = external_ref,
        .created_at = rq->now,
        .updated_at = rq->now,
    };
    struct tuple parent = { resource_object(&out->id), "parent", { "project", *project } };
    enum sql_result result = resource_insert(rq->tx, out);
    return result == SQL_OK ? rq->app->relations->write(rq->tx, &parent, rq->now) : result;
}

enum sql_result resources_adopt(struct request *rq, const struct uuid *project,
                                const struct uuid *domain, const char *kind,
                                const char *external_ref, struct resource_ref *out)
{
    struct resource made;
    enum sql_result result = adopt(rq, project, domain, kind, external_ref, &made);
    *out = (struct resource_ref){ made.id, made.project_id, made.domain_id, made.kind,
                                  made.external_ref };
    return result;
}

/* RES-013: this build holds no blueprints, so every version id is unknown, and that is what is
 * asked first of a provisioned create. RES-005: a Project that went between the check and here
 * answers as one that never was. */
enum resource_result resource_create(struct request *rq, const struct uuid *project,
                                     const struct uuid *domain, const struct resource_draft *draft,
                                     struct resource *out)
{
    if (!draft->adopted)
        return RESOURCE_BLUEPRINT_NOT_FOUND;
    switch (adopt(rq, project, domain, draft->kind, draft->external_ref, out)) {
    case SQL_OK: return RESOURCE_OK;
    case SQL_FOREIGN_KEY: return RESOURCE_NOT_FOUND;
    default: return RESOURCE_FAILED;
    }
}

static enum resource_result result_of(enum found found)
{
    switch (found) {
    case FOUND: return RESOURCE_OK;
    case NOT_FOUND: return RESOURCE_NOT_FOUND;
    case FIND_FAILED: return RESOURCE_FAILED;
    }
    return RESOURCE_FAILED;
}

enum resource_result resource_get(struct tx *tx, const struct uuid *id, struct resource *out)
{
    return result_of(resource_find(tx, id, out));
}

/* RES-033: a Node that was bound to it stays and is bound to none (0008_registration.sql). */
enum resource_result resource_delete(struct request *rq, const struct uuid *id)
{
    enum resource_result result = result_of(resource_remove(rq->tx, id));
    if (result == RESOURCE_OK &&
        rq->app->relations->remove_object(rq->tx, resource_object(id)) != SQL_OK)
        result = RESOURCE_FAILED;
    return result;
}

static enum resource_result keep_observable(struct request *rq, struct resource_page *page)
{
    const bool *visible = VISIBLE_ROWS(rq, "observe", "resource", page->items, page->n_window, id);
    if (visible == NULL)
        return RESOURCE_AUTHZ_UNAVAILABLE;
    for (size_t i = 0; i < page->n_window; i++)
        if (visible[i])
            page->items[page->n_items++] = page->items[i];
    return RESOURCE_OK;
}

/* RES-022: the window is cut before rows are filtered; one row more than asked for tells whether
 * there is more. */
enum resource_result resource_list(struct request *rq, const struct uuid *project,
                                   const struct uuid *after, int limit, struct resource_page *out)
{
    *out = (struct resource_page){ 0 };
    if (resource_window(rq->tx, project, after, limit + 1, &out->items, &out->n_window) != SQL_OK)
        return RESOURCE_FAILED;
    if (out->n_window > (size_t)limit) {
        out->n_window = (size_t)limit;
        out->more = true;
        out->last = out->items[limit - 1].id;
    }
    return keep_observable(rq, out);
}
