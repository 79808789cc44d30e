/* tenancy/project.h — one Project inside this context: its draft, its rules and its row (SPEC
 * PRJ-*).
 *
 * project_draft.c reads bodies, project_service.c holds rules and order of effects, project_store.c
 * the SQL, project_routes.c the rows of the operation table. All text lives in the request's arena.
 */
#ifndef PLEXSPHERE_TENANCY_PROJECT_H
#define PLEXSPHERE_TENANCY_PROJECT_H

#include <jansson.h>

#include "common/base.h"
#include "reference/plexsphere/store/db.h"
#include "reference/plexsphere/tenancy/cidr.h"
#include "reference/plexsphere/tenancy/tenancy.h"

struct arena;
struct request;

/* A stored Project. */
struct project {
    struct uuid id, domain_id;
    const char *name, *slug;
    const char *description; /* "" when unset */
    const char *sub_range;   /* NULL: no reservation */
    int64_t created_at, updated_at;
};

/* A body as it was sent; NULL members were not. */
struct project_draft {
    struct uuid domain_id; /* create only; nil when it was sent as nil */
    const char *name, *slug, *description, *sub_range;
    bool release;
};

/* The draft after the field rules. */
struct project_fields {
    const char *name, *slug, *description;
    const char *sub_range; /* canonical; NULL: untouched */
    struct cidr range;
    bool release;
};

enum project_result {
    PROJECT_OK,
    PROJECT_INVALID_BODY,
    PROJECT_SLUG_IMMUTABLE,
    PROJECT_EMPTY_PATCH,
    PROJECT_INVALID,
    PROJECT_NOT_FOUND,
    PROJECT_SLUG_CONFLICT,
    PROJECT_SUBRANGE_OVERLAP,
    PROJECT_PARENT_MISSING,
    PROJECT_INVALIDATES_ALLOCATION,
    PROJECT_NOT_EMPTY,
    PROJECT_AUTHZ_UNAVAILABLE,
    PROJECT_FAILED,
};

struct project_children {
    int64_t resources, nodes, relation_tuples;
};

/* project_draft.c: pure. *why is one sentence for the Problem's detail. */
enum project_result project_draft_for_create(struct arena *a, const json_t *body,
                                             struct project_draft *out, const char **why);
enum project_result project_draft_for_patch(struct arena *a, const json_t *body,
                                            struct project_draft *out, const char **why);
enum project_result project_draft_check(struct arena *a, const struct project_draft *draft,
                                        struct project_fields *out, const char **why);

/* project_service.c */
enum project_result project_create(struct request *rq, const struct project_draft *draft,
                                   struct project *out, const char **why);
enum project_result project_get(struct tx *tx, const struct uuid *id, struct project *out);
enum project_result project_patch(struct request *rq, const struct uuid *id,
                                  const struct project_draft *draft, struct project *out,
                                  const char **why);
enum project_result project_delete(struct request *rq, const struct uuid *id,
                                   struct project_children *children);
json_t *project_view(struct arena *a, const struct project *p); /* new reference */

/* Where a page goes on: after this slug and id. */
struct project_position {
    const char *slug;
    struct uuid id;
};
/* One page: what the caller may read of the window, and the window itself. */
struct project_page {
    struct project *items;
    size_t n_items;
    size_t n_window;
    bool more;
    struct project_position last; /* of the window, when there is more */
};
/* `domain` NULL: Projects of every Domain. */
enum project_result project_list(struct request *rq, const struct uuid *domain,
                                 const struct project_position *after, int limit,
                                 struct project_page *out);

/* project_store.c */
enum sql_result project_insert(struct tx *tx, const struct project *p);
enum found project_find(struct tx *tx, const struct uuid *id, struct project *out);
enum found project_lock(struct tx *tx, const struct uuid *id, struct project *out);
enum sql_result project_window(struct tx *tx, const struct uuid *domain,
                               const struct project_position *after, int limit,
                               struct project **out, size_t *n);
enum sql_result project_update(struct tx *tx, const struct uuid *id, const struct project_fields *f,
                               int64_t now);
enum sql_result project_reserve(struct tx *tx, const struct uuid *id, const struct uuid *domain,
                                const char *sub_range);
enum sql_result project_release(struct tx *tx, const struct uuid *id);
/* Another Project of the Domain whose reservation shares an address with `sub_range`. */
enum found project_overlapping_sibling(struct tx *tx, const struct project *p,
                                       const char *sub_range, struct uuid *sibling,
                                       const char **sibling_range);
/* Does a Node of the Project hold an address of the reservation it has now that is not in
 * `sub_range`? NULL: at all. */
enum found project_stranded_address(struct tx *tx, const struct project *p, const char *sub_range);
enum sql_result project_count_children(struct tx *tx, const struct uuid *id,
                                       struct project_children *out);
enum sql_result project_remove(struct tx *tx, const struct uuid *id);

#endif
