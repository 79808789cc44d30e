#include "reference/plexsphere/audit/walk.h"

#include <string.h>

struct audit_walk audit_walk_begin(int64_t from, const unsigned char anchor[32])
{
    struct audit_walk w = { .ok = true, .last = from - 1 };
    memcpy(w.anchor, anchor, sizeof w.anchor);
    return w;
}

static bool diverges(struct audit_walk *w, int64_t seq, const unsigned char expected[32],
                     const unsigned char observed[32])
{
    w->ok = false;
    w->divergent_seq = seq;
    memcpy(w->expected, expected, sizeof w->expected);
    memcpy(w->observed, observed, sizeof w->observed);
    return false;
}

bool audit_walk_row(struct audit_walk *w, struct arena *scratch, const struct audit_row *row)
{
    struct bytes canonical = audit_canonical(scratch, row);
    unsigned char hash[32];

    audit_hash(row->prev_hash, canonical, hash);
    if (memcmp(hash, row->entry_hash, sizeof hash) != 0)
        return diverges(w, row->seq, hash, row->entry_hash);

    if (memcmp(row->prev_hash, w->anchor, sizeof w->anchor) != 0) {
        audit_hash(w->anchor, canonical, hash);
        return diverges(w, row->seq, hash, row->entry_hash);
    }
    w->last = row->seq;
    memcpy(w->anchor, row->entry_hash, sizeof w->anchor);
    return true;
}

bool audit_walk_head(struct audit_walk *w, int64_t head_seq, const unsigned char head_hash[32])
{
    if (memcmp(w->anchor, head_hash, sizeof w->anchor) == 0)
        return true;
    return diverges(w, head_seq, head_hash, w->anchor);
}
