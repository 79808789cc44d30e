#include "reference/plexsphere/authz/visible.h"

const bool *visible_rows(struct request *rq, const char *relation, const char *type,
                         const void *rows, size_t n, size_t size, size_t id_offset)
{
    struct uuid *ids = arena_alloc_array(rq->arena, n + 1, sizeof *ids);
    bool *allowed = arena_alloc_array(rq->arena, n + 1, sizeof *allowed);
    struct subject_ref subject = { caller_subject_type(&rq->caller), rq->caller.id };
    if (n == 0)
        return allowed;
    for (size_t i = 0; i < n; i++)
        ids[i] = *(const struct uuid *)((const char *)rows + i * size + id_offset);
    if (rq->app->relations->check_many(rq->tx, subject, relation, type, ids, n, allowed) ==
        DECISION_UNAVAILABLE)
        return NULL;
    return allowed;
}
