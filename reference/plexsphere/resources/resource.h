/* resources/resource.h — one Resource inside this context: its draft, its rules and its row (SPEC
 * RES-*).
 *
 * draft.c reads bodies, service.c holds rules and order of effects, store.c the SQL, routes.c the
 * rows of the operation table. All text lives in the request's arena. */
#ifndef PLEXSPHERE_RESOURCES_RESOURCE_H
#define PLEXSPHERE_RESOURCES_RESOURCE_H

#include <jansson.h>

#include "common/base.h"
#include "reference/plexsphere/resources/resources.h"

struct arena;
struct request;

/* A stored Resource. */
struct resource {
    struct uuid id, project_id, domain_id;
    const char *origin, *kind;
    const char *external_ref; /* NULL: none */
    int64_t created_at, updated_at;
};

/* A body after the rules of its flow. */
struct resource_draft {
    bool adopted;
    const char *kind, *external_ref;
};

enum resource_result {
    RESOURCE_OK,
    RESOURCE_INVALID_BODY,
    RESOURCE_INVALID_ORIGIN,
    RESOURCE_NOT_FOUND,
    RESOURCE_BLUEPRINT_NOT_FOUND,
    RESOURCE_AUTHZ_UNAVAILABLE,
    RESOURCE_FAILED,
};

/* draft.c: pure. *why is one sentence for the Problem's detail. */
enum resource_result resource_draft_read(struct arena *a, const json_t *body,
                                         struct resource_draft *out, const char **why);

/* service.c */
enum resource_result resource_create(struct request *rq, const struct uuid *project,
                                     const struct uuid *domain, const struct resource_draft *draft,
                                     struct resource *out);
enum resource_result resource_get(struct tx *tx, const struct uuid *id, struct resource *out);
enum resource_result resource_delete(struct request *rq, const struct uuid *id);
json_t *resource_view(struct arena *a, const struct resource *r); /* new reference */

/* One page: what the caller may observe of the window. */
struct resource_page {
    struct resource *items;
    size_t n_items;
    size_t n_window;
    bool more;
    struct uuid last; /* of the window, when there is more */
};
enum resource_result resource_list(struct request *rq, const struct uuid *project,
                                   const struct uuid *after, int limit, struct resource_page *out);

/* store.c */
enum sql_result resource_insert(struct tx *tx, const struct resource *r);
enum found resource_find(struct tx *tx, const struct uuid *id, struct resource *out);
/* At most `limit` Resources of a Project after an id, oldest first. */
enum sql_result resource_window(struct tx *tx, const struct uuid *project, const struct uuid *after,
                                int limit, struct resource **out, size_t *n);
enum found resource_remove(struct tx *tx, const struct uuid *id);

#endif
