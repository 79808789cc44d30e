/* audit/store.h — the tables of the chains. Only files of this folder include it. */
#ifndef PLEXSPHERE_AUDIT_STORE_H
#define PLEXSPHERE_AUDIT_STORE_H

#include "reference/plexsphere/audit/canonical.h"
#include "reference/plexsphere/store/db.h"

struct audit_head {
    int64_t seq; /* 0: the chain has no entry */
    unsigned char entry_hash[32];
};

/* Locks the chain's head until the transaction ends and reads it; `known` false: there is none,
 * nothing is locked. */
MUST_CHECK enum sql_result audit_head_lock(struct tx *tx, const struct uuid *chain,
                                           struct audit_head *out, bool *known);
/* Makes an empty chain; fine when another transaction was first. */
MUST_CHECK enum sql_result audit_head_make(struct tx *tx, const struct uuid *chain);
/* Reads the head without a lock; seq 0 when there is none. */
MUST_CHECK enum sql_result audit_head_read(struct tx *tx, const struct uuid *chain,
                                           struct audit_head *out);

/* Writes the entry, moves the head onto it and notes who the subject is (NULL identity: nobody's
 * business). */
MUST_CHECK enum sql_result audit_row_append(struct tx *tx, const struct audit_row *row,
                                            const char *subject_kind, const struct uuid *identity);

/* The pseudonym is resolved no more, now and later. */
MUST_CHECK enum sql_result audit_subject_erase(struct tx *tx, const unsigned char pseudonym[32],
                                               int64_t now);

struct audit_filter {
    const unsigned char *subject; /* 32 bytes; NULL: any. So are the others. */
    const char *relation, *object_type, *object_id, *reason, *correlation_id;
    const int64_t *from, *to; /* inclusive */
};

/* A row as the list and the proof show it. */
struct audit_view {
    struct audit_row row;
    bool identified;
    struct uuid identity;     /* when identified */
    const char *archive_etag; /* NULL: not archived */
    int64_t archived_at;
};

/* Entries with seq in after+1…, ascending, at most `limit`. The array is the tx's arena's. */
MUST_CHECK enum sql_result audit_rows_list(struct tx *tx, const struct uuid *chain, int64_t after,
                                           const struct audit_filter *filter, int limit,
                                           struct audit_view **out, int *n);
MUST_CHECK enum sql_result audit_row_by_seq(struct tx *tx, const struct uuid *chain, int64_t seq,
                                            struct audit_view *out, bool *found);

#endif
