/* audit/walk.h — verifying a run of rows, row by row (operations-surfaces 3.7; SPEC AUD-*).
 * Pure. */
#ifndef PLEXSPHERE_AUDIT_WALK_H
#define PLEXSPHERE_AUDIT_WALK_H

#include "reference/plexsphere/audit/canonical.h"

struct audit_walk {
    bool ok;
    int64_t last;             /* seq of the last row that was good; from - 1 before any */
    unsigned char anchor[32]; /* its entry_hash: what the next row must name */
    /* When not ok: */
    int64_t divergent_seq;
    unsigned char expected[32], observed[32];
};

/* `anchor` is the entry_hash of row from - 1, zeros for the first. */
struct audit_walk audit_walk_begin(int64_t from, const unsigned char anchor[32]);
/* False when the row diverges: the walk is over. */
MUST_CHECK bool audit_walk_row(struct audit_walk *w, struct arena *scratch,
                               const struct audit_row *row);
/* AUD-034: the head remembers what the last row was; false when the tail was cut or rewritten. */
MUST_CHECK bool audit_walk_head(struct audit_walk *w, int64_t head_seq,
                                const unsigned char head_hash[32]);

#endif
