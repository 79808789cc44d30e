/* suites/common/pages.h — walking lists that come in pages. Every request of a walk is judged by
 * the contract's rules; none of them is marked as judged. What is returned lives as long as the
 * case. */
#ifndef SUITES_COMMON_PAGES_H
#define SUITES_COMMON_PAGES_H

#include <jansson.h>

#include "harness/judge.h"
#include "harness/world.h"

/* One page. `list` may carry a query; `limit` 0 and `cursor` NULL leave theirs out. */
struct exchange *page(struct world *w, const struct credential *as, const char *list, int limit,
                      const char *cursor);
/* The page's next_cursor, which must be text and not empty, or NULL at the end. */
const char *next_cursor(struct world *w, struct reply *page);
/* A next_cursor from the list's first page of one row; the list must go on behind it. */
const char *first_cursor(struct world *w, const struct credential *as, const char *list);

/* All items, by following next_cursor from the beginning to the end. */
json_t *walk(struct world *w, const struct credential *as, const char *list, int limit);
/* The item whose `member` is that text; NULL when there is none. The whole list is walked; a second
 * one fails the case. */
json_t *listed(struct world *w, const struct credential *as, const char *list, const char *member,
               const char *value);
/* The list's path with one more query parameter. */
char *asking(struct world *w, const char *list, const char *name, const char *value);

#endif
