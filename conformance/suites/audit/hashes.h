/* suites/audit/hashes.h — the chain recomputed by the judge, with OpenSSL. */
#ifndef SUITES_AUDIT_HASHES_H
#define SUITES_AUDIT_HASHES_H

#include "suites/audit/audit.h"

/* The canonical bytes of a proof. */
struct bytes canonical_of(struct world *w, struct reply *proof);
/* Hex of SHA-256(prev_hash ‖ SHA-256(canonical)). */
const char *chained_hash(struct world *w, const char *prev_hash_hex, struct bytes canonical);
/* AUD-005: the proof's hashes are the entry's, and the last one is what the judge computes. */
void expect_proof(struct world *w, struct reply *proof);

/* The fields of canonical bytes of version 1, in order; `absent` fields have no bytes. */
enum { CANONICAL_FIELDS = 13 };
struct canonical_field {
    struct bytes bytes;
    bool absent;
};
void read_canonical(struct world *w, struct bytes canonical,
                    struct canonical_field out[CANONICAL_FIELDS]);

#endif
