/* integrity/service.h — from a batch to rows and an alert, and from open to acknowledged. */
#ifndef PLEXSPHERE_INTEGRITY_SERVICE_H
#define PLEXSPHERE_INTEGRITY_SERVICE_H

#include "reference/plexsphere/integrity/store.h"

enum integrity_result {
    INTEGRITY_OK,
    INTEGRITY_NODE_GONE,
    INTEGRITY_NOT_FOUND,
    INTEGRITY_NOT_OPEN,
    INTEGRITY_AUTHZ_UNAVAILABLE,
    INTEGRITY_FAILED,
};

/* The Node is rq->node. */
enum integrity_result integrity_record(struct request *rq, const struct violation *violations,
                                       size_t n);
enum integrity_result integrity_acknowledge(struct request *rq, const struct uuid *id,
                                            const char *reason, struct violation_row *out);

/* One page: the rows of the window whose Domain the caller may see. */
struct violation_page {
    struct violation_row *items;
    size_t n_items;
    bool more;
    struct uuid last; /* of the window, when there is more */
};
enum integrity_result integrity_list(struct request *rq, const struct violation_filter *f,
                                     const struct uuid *after, struct violation_page *out);

#endif
