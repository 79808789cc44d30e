/* harness/selector.h — which cases a run is about.
 *
 *     expression = both { "or" both }          both = one { "and" one }
 *     one        = "not" one | "(" expression ")" | KEY ":" PATTERN
 *     KEY        = suite | id | clause | feature
 *
 * PATTERN is a name or a shell-style pattern (* and ?); it ends at a space or a parenthesis, or
 * stands in double quotes. A row matches clause: and feature: when one of its clauses or needs
 * does. Everything lives in the arena. */
#ifndef HARNESS_SELECTOR_H
#define HARNESS_SELECTOR_H

#include "common/arena.h"
#include "common/base.h"
#include "common/error.h"
#include "harness/case.h"

struct selector;

/* The error reads "column 7: …", counting characters from 1. */
MUST_CHECK bool selector_parse(struct arena *a, const char *text, const struct selector **out,
                               struct error *e);
/* Ids that match one of the patterns; NULL when there are none. */
const struct selector *selector_of_ids(struct arena *a, char *const *patterns, size_t n);
/* Both; either may be NULL (which selects everything). */
const struct selector *selector_both(struct arena *a, const struct selector *x,
                                     const struct selector *y);

bool selector_matches(const struct selector *s, const struct case_row *row);

#endif
