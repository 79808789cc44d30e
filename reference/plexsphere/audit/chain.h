/* audit/chain.h — the chain from inside: which one, under which name, one more entry. Only files
 * of this folder include it; others call audit.h. */
#ifndef PLEXSPHERE_AUDIT_CHAIN_H
#define PLEXSPHERE_AUDIT_CHAIN_H

#include "reference/plexsphere/audit/audit.h"
#include "reference/plexsphere/audit/canonical.h"
#include "reference/plexsphere/audit/store.h"
#include "reference/plexsphere/crypto/pepper.h"

/* AUD-004: the platform chain's anchor, a version 8 UUID that no Domain can be given. */
extern const struct uuid audit_platform_anchor;

/* AUD-014: the name of an identity (or Node) on one chain. */
void audit_pseudonym(const struct pepper *pepper, const struct uuid *chain,
                     const struct uuid *identity, unsigned char out[32]);

/* What is written of an entry beside the request's own facts. */
struct chain_entry {
    const char *relation;
    const char *object_type, *object_id;
    enum decision decision;
    json_t *relation_path; /* may be NULL */
};

/* Locks the head of the chain; a Domain that does not exist has none, and *chain becomes the
 * platform's. */
MUST_CHECK enum sql_result audit_chain_lock(struct tx *tx, struct uuid *chain,
                                            struct audit_head *head);
/* Appends under that lock and moves *head on. */
MUST_CHECK enum sql_result audit_chain_append(struct request *rq, const struct uuid *chain,
                                              struct audit_head *head,
                                              const struct chain_entry *entry);

#endif
