/* capabilities/service.h — what happens when a manifest comes, and what is shown of it. */
#ifndef PLEXSPHERE_CAPABILITIES_SERVICE_H
#define PLEXSPHERE_CAPABILITIES_SERVICE_H

#include "reference/plexsphere/capabilities/store.h"
#include "reference/plexsphere/http/request.h"

enum capabilities_result {
    CAPABILITIES_OK,
    CAPABILITIES_NODE_GONE,
    CAPABILITIES_AUTHZ_UNAVAILABLE,
    CAPABILITIES_FAILED,
};

struct capabilities_change {
    const char *fields[CAPABILITY_FIELDS];
    size_t n_fields;
    bool host_key;
};
/* The Node is rq->node. */
enum capabilities_result capabilities_replace(struct request *rq, const struct manifest *m,
                                              struct capabilities_change *out);

/* One page: the rows of the window whose Domain the caller may see. */
struct capability_page {
    struct capability_row *items;
    size_t n_items;
    bool more;
    struct uuid last; /* of the window, when there is more */
};
enum capabilities_result capabilities_list(struct request *rq, const struct capability_filter *f,
                                           const struct uuid *after, struct capability_page *out);

#endif
