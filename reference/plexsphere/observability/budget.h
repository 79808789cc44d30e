/* observability/budget.h — byte budgets: a bucket a Node and a bucket a Domain (SPEC ING-020 to
 * ING-025).
 *
 * A bucket holds `burst` bytes and fills by `rate` a second. What it holds pays for a request, so
 * does a full one for a request that is heavier than it can ever hold: the rest is owed. Kept in
 * this process alone: replicas count each for itself. A bucket that is full again is forgotten.
 * Thread-safe. */
#ifndef PLEXSPHERE_OBSERVABILITY_BUDGET_H
#define PLEXSPHERE_OBSERVABILITY_BUDGET_H

#include "common/base.h"
#include "common/uuid.h"

/* Rate and burst at most, so that sums stay far from the end of their type. */
#define BUDGET_MOST INT64_C(1000000000000)

struct budget_size {
    int64_t rate, burst;
};

struct budgets;
struct budgets *budgets_create(struct budget_size of_node, struct budget_size of_domain);
void budgets_destroy(struct budgets *b);

enum budget_result { BUDGET_PAID, BUDGET_NODE_EXHAUSTED, BUDGET_DOMAIN_EXHAUSTED };
/* The Node pays first and gets it back when its Domain cannot. Otherwise *retry_after_s is when it
 * could, 1 at least. `now` in microseconds; a clock that goes back fills nothing. */
enum budget_result budgets_charge(struct budgets *b, const struct uuid *node,
                                  const struct uuid *domain, int64_t bytes, int64_t now,
                                  int64_t *retry_after_s);
/* How many buckets are kept. */
size_t budgets_kept(struct budgets *b);

#endif
