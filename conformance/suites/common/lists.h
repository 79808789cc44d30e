/* suites/common/lists.h — the lists that come in pages, as data: cursors.c has one case per list
 * and rule (CUR-*). */
#ifndef SUITES_COMMON_LISTS_H
#define SUITES_COMMON_LISTS_H

#include "harness/judge.h"
#include "harness/world.h"

/* A list with rows of this case's own behind it. */
struct listing {
    const char *path;      /* with its filters */
    const char *elsewhere; /* the same operation below another parent or with another filter, or
                              another list */
    const struct credential *as;    /* may see every row */
    const struct credential *other; /* somebody else who may, too */
};

struct list {
    const char *operation;
    const char *needs[3]; /* features */
    struct listing (*make)(struct world *w, size_t rows);
    bool shared; /* other cases' rows are in it: its end and its order are judged elsewhere */
    bool bound;  /* its cursors are bound to the caller */
    bool cheap;  /* rows cost little to make */
    const char *changed, *foreign, *end, *each_once,
        *elsewhere; /* clauses of its own area, or NULL */
};

extern const struct list lists[];
extern const size_t n_lists;

#endif
