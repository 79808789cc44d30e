/* plexd/diff.h — what differs between two desired states (SPEC ARC-*; plexd-facts 5.2, 5.4). Pure.
 */
#ifndef PLEXD_DIFF_H
#define PLEXD_DIFF_H

#include "common/arena.h"
#include "common/base.h"
#include "reference/plexd/wire.h"

enum category {
    CHANGED_PEERS = 1,
    CHANGED_POLICIES = 2,
    CHANGED_SIGNING = 4,
    CHANGED_METADATA = 8,
    CHANGED_DATA = 16,
    CHANGED_SECRETS = 32,
    CHANGED_EVERYTHING = 63,
};

struct diff {
    unsigned changed; /* of enum category */
    /* What a drift report says, in its order: peers added, removed, updated; policies added,
     * removed, updated; then one line per other category. */
    struct correction *corrections;
    size_t n;
};

struct diff diff_states(struct arena *a, const struct desired *before, const struct desired *now);

#endif
