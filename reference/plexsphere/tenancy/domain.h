/* tenancy/domain.h — one Domain inside this context: its draft, its rules and its row (SPEC DOM-*).
 *
 * domain_draft.c reads bodies, domain_service.c holds rules and order of effects, domain_store.c
 * the SQL, domain_routes.c the rows of the operation table. All text lives in the request's arena.
 */
#ifndef PLEXSPHERE_TENANCY_DOMAIN_H
#define PLEXSPHERE_TENANCY_DOMAIN_H

#include <jansson.h>

#include "common/base.h"
#include "reference/plexsphere/store/db.h"
#include "reference/plexsphere/tenancy/cidr.h"
#include "reference/plexsphere/tenancy/reachability.h"
#include "reference/plexsphere/tenancy/tenancy.h"

struct arena;
struct request;

/* A stored Domain. */
struct domain {
    struct uuid id;
    const char *name, *slug;
    const char *description; /* "" when unset */
    const char *region;      /* "" when unpinned */
    const char *mesh_cidr;
    struct reachability reachability;
    int64_t created_at, updated_at;
};

/* A body as it was sent; NULL members were not. */
struct domain_draft {
    const char *name, *slug, *description, *region, *mesh_cidr;
    bool has_reachability;
    const char *heartbeat_interval, *stale_after, *unreachable_after;
};

/* The draft after the field rules; NULL members are left as they are. */
struct domain_fields {
    const char *name, *slug, *description, *region, *mesh_cidr;
    bool has_reachability;
    struct reachability reachability;
};

enum domain_result {
    DOMAIN_OK,
    DOMAIN_INVALID_BODY,
    DOMAIN_SLUG_IMMUTABLE,
    DOMAIN_EMPTY_PATCH,
    DOMAIN_INVALID,
    DOMAIN_INVALID_REACHABILITY,
    DOMAIN_NOT_FOUND,
    DOMAIN_SLUG_CONFLICT,
    DOMAIN_MESH_OVERLAP,
    DOMAIN_STRANDS_SUBRANGE,
    DOMAIN_NOT_EMPTY,
    DOMAIN_AUTHZ_UNAVAILABLE,
    DOMAIN_FAILED,
};

struct domain_children {
    int64_t projects, groups, identities, idp_bindings, nodes;
};

/* domain_draft.c: pure. *why is one sentence for the Problem's detail. */
enum domain_result domain_draft_for_create(struct arena *a, const json_t *body,
                                           struct domain_draft *out, const char **why);
enum domain_result domain_draft_for_patch(struct arena *a, const json_t *body,
                                          struct domain_draft *out, const char **why);
enum domain_result domain_draft_check(struct arena *a, const struct domain_draft *draft,
                                      struct domain_fields *out, const char **why);

/* domain_service.c */
enum domain_result domain_create(struct request *rq, const struct domain_draft *draft,
                                 struct domain *out, const char **why);
enum domain_result domain_get(struct tx *tx, const struct uuid *id, struct domain *out);
enum domain_result domain_patch(struct request *rq, const struct uuid *id,
                                const struct domain_draft *draft, struct domain *out,
                                const char **why);
enum domain_result domain_delete(struct request *rq, const struct uuid *id,
                                 struct domain_children *children);

/* One page: what the caller may read of the window, and the window itself. */
struct domain_page {
    struct domain *items;
    size_t n_items;
    size_t n_window;
    const char *last_slug; /* of the window; NULL when the stream ends with this page */
};
enum domain_result domain_list(struct request *rq, const char *after_slug, int limit,
                               struct domain_page *out);
json_t *domain_view(struct arena *a, const struct domain *d); /* new reference */

/* domain_store.c */
enum sql_result domain_insert(struct tx *tx, const struct domain *d);
enum found domain_find(struct tx *tx, const struct uuid *id, struct domain *out);
enum found domain_lock(struct tx *tx, const struct uuid *id); /* for a delete */
/* Taken before a pool is written, so that two writers never wait for each other. */
enum sql_result domain_pools_lock(struct tx *tx);
/* Locks the Domain's pool, and the right to write sub-ranges of it, until the transaction ends. */
enum found domain_pool(struct tx *tx, const struct uuid *id, struct cidr *out);
/* At most `limit` Domains after a slug, in slug order. */
enum sql_result domain_window(struct tx *tx, const char *after_slug, int limit, struct domain **out,
                              size_t *n);
/* NOT_FOUND leaves *out as it was. *sql tells why it failed. */
enum found domain_update(struct tx *tx, const struct uuid *id, const struct domain_fields *f,
                         int64_t now, struct domain *out, enum sql_result *sql);
/* A Project of the Domain whose reservation lies outside `pool`. */
enum found domain_stranded_project(struct tx *tx, const struct uuid *id, const char *pool,
                                   struct uuid *project);
enum sql_result domain_count_children(struct tx *tx, const struct uuid *id,
                                      struct domain_children *out);
enum sql_result domain_remove(struct tx *tx, const struct uuid *id);

#endif
