/* audit/audit.h — the tamper-evident chain (SPEC AUD-*). Every context may call audit_append().
 *
 * One chain per Domain and one for the platform (anchor: the nil-free constant in audit.c). The
 * head row is locked by audit_append(), so call it last in a transaction: it is the last lock
 * taken. */
#ifndef PLEXSPHERE_AUDIT_H
#define PLEXSPHERE_AUDIT_H

#include "common/base.h"
#include "reference/plexsphere/ports/relations.h"

struct request;

struct audit_entry {
    const struct uuid *domain_id; /* NULL: the platform chain */
    const char *relation;         /* "project.create" or the relation asked for */
    struct object_ref object;
    enum decision decision;
    json_t *relation_path; /* may be NULL */
};

/* Appends for rq's caller (or Node) inside rq->tx, which must be writing. Uses rq->correlation_id,
 * rq->now, rq->remote and the User-Agent. Without a pepper it answers SQL_FAILED: surfaces that
 * audit are off then. */
MUST_CHECK enum sql_result audit_append(struct request *rq, const struct audit_entry *entry);

/* The whole of a denial: its own transaction, written and committed before the answer leaves. */
MUST_CHECK enum sql_result audit_denial(struct request *rq, const struct audit_entry *entry);

#endif
