#include "reference/plexsphere/audit/service.h"

#include "common/arena.h"
#include "common/encoding.h"
#include "reference/plexsphere/audit/chain.h"
#include "reference/plexsphere/http/request.h"

enum { BATCH = 500 };

static const unsigned char genesis[32];

/* Gives the connection back and takes one again, so that what the last batch returned can be
 * freed. */
static void renew(struct request *rq, struct arena *scratch)
{
    tx_end(rq->tx);
    if (scratch != rq->arena)
        arena_reset(scratch);
    rq->tx = tx_begin(rq->app->db, scratch);
}

/* The row before the segment says what its first row must name. AUD-032: if it is gone, nothing
 * can be right. */
static enum sql_result anchor_of(struct tx *tx, const struct uuid *chain, int64_t from,
                                 struct audit_walk *out)
{
    *out = audit_walk_begin(from, genesis);
    if (from == 1)
        return SQL_OK;
    struct audit_view before;
    bool found = false;
    enum sql_result r = audit_row_by_seq(tx, chain, from - 1, &before, &found);
    if (r == SQL_OK && found)
        *out = audit_walk_begin(from, before.row.entry_hash);
    return r;
}

/* One batch; *more is false at the segment's end and after a divergence. */
static enum sql_result walk_batch(struct tx *tx, const struct uuid *chain, int64_t *after,
                                  int64_t to, struct audit_walk *w, bool *more)
{
    struct audit_view *rows = NULL;
    int n = 0;
    *more = false;
    enum sql_result r =
        audit_rows_list(tx, chain, *after, &(struct audit_filter){ 0 }, BATCH, &rows, &n);
    if (r != SQL_OK)
        return r;
    for (int i = 0; i < n && rows[i].row.seq <= to; i++) {
        if (!audit_walk_row(w, tx_arena(tx), &rows[i].row))
            return SQL_OK;
        *after = rows[i].row.seq;
    }
    *more = n == BATCH && *after < to;
    return SQL_OK;
}

/* AUD-033: the head closes an open end and cuts one that lies beyond it; a segment wholly beyond
 * the head holds no row and is the single number asked for. */
static void clamp(struct audit_segment *s, int64_t head)
{
    if (s->to == 0 || s->to > head)
        s->to = head;
    if (s->to < s->from)
        s->to = s->from;
}

static enum sql_result verify_with(struct request *rq, struct arena *scratch,
                                   const struct uuid *chain, struct audit_segment *s,
                                   struct audit_walk *out)
{
    struct audit_head head;
    enum sql_result r = audit_head_read(rq->tx, chain, &head);
    if (r != SQL_OK)
        return r;
    clamp(s, head.seq);
    r = anchor_of(rq->tx, chain, s->from, out);

    int64_t after = s->from - 1;
    for (bool more = true; r == SQL_OK && more;) {
        r = walk_batch(rq->tx, chain, &after, s->to, out, &more);
        if (more)
            renew(rq, scratch);
    }
    if (r == SQL_OK && out->ok && s->from <= head.seq && s->to == head.seq &&
        !audit_walk_head(out, head.seq, head.entry_hash))
        return SQL_OK; /* the divergence is in *out */
    return r;
}

enum sql_result audit_verify(struct request *rq, const struct uuid *chain,
                             struct audit_segment *segment, struct audit_walk *out)
{
    struct arena *scratch = arena_create();
    renew(rq, scratch);
    enum sql_result r = verify_with(rq, scratch, chain, segment, out);
    renew(rq, rq->arena);
    arena_destroy(scratch);
    return r;
}

enum sql_result audit_erase(struct request *rq, const struct uuid *chain,
                            const struct uuid *identity, unsigned char pseudonym[32])
{
    struct uuid locked = *chain;
    struct audit_head head;
    enum sql_result r = audit_chain_lock(rq->tx, &locked, &head);
    if (r != SQL_OK)
        return r;
    if (!uuid_equal(&locked, chain))
        return SQL_FAILED; /* the Domain went away between the look-up and the lock */

    audit_pseudonym(rq->app->pepper, chain, identity, pseudonym);
    r = audit_subject_erase(rq->tx, pseudonym, rq->now);
    if (r != SQL_OK)
        return r;
    /* AUD-020: the entry is the caller's deed; the erased pseudonym is what it was done to. */
    return audit_chain_append(rq, chain, &head,
                              &(struct chain_entry){ .relation = "audit.erase-identity",
                                                     .object_type = "audit-subject",
                                                     .object_id =
                                                         hex_encode(rq->arena, pseudonym, 32),
                                                     .decision = DECISION_GRANTED });
}
