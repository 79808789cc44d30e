/* audit/service.h — what can be asked of a chain. Only files of this folder include it. */
#ifndef PLEXSPHERE_AUDIT_SERVICE_H
#define PLEXSPHERE_AUDIT_SERVICE_H

#include "reference/plexsphere/audit/store.h"
#include "reference/plexsphere/audit/walk.h"

struct request;

struct audit_segment {
    int64_t from, to; /* asked for: to 0 is the head. Answered: the bounds really walked */
};

/* Walks the segment in batches; memory does not grow with the chain. Any rows read from rq->tx
 * before are gone. */
MUST_CHECK enum sql_result audit_verify(struct request *rq, const struct uuid *chain,
                                        struct audit_segment *segment, struct audit_walk *out);

/* Forgets who the identity's pseudonym on this chain is and appends the entry that tells so, in
 * rq->tx. */
MUST_CHECK enum sql_result audit_erase(struct request *rq, const struct uuid *chain,
                                       const struct uuid *identity, unsigned char pseudonym[32]);

#endif
