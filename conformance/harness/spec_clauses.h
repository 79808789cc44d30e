/* harness/spec_clauses.h — the numbered clauses of SPEC.md as data.
 *
 * A clause is a list item on one line, optionally continued by indented lines:
 *
 *     - **REG-014** MUST (contract: node-surfaces 7.5) A bootstrap token registers one node, once.
 *
 * Id: upper-case words and a number, joined by dashes. Level: MUST, MUST NOT, SHOULD, SHOULD NOT,
 * MAY. Source: contract, seed or ruling, then where in it. Every other line is prose. A line that
 * begins like a clause and is none is an error, so that a slip of the pen never loses one. */
#ifndef HARNESS_SPEC_CLAUSES_H
#define HARNESS_SPEC_CLAUSES_H

#include <jansson.h>

#include "common/arena.h"
#include "common/base.h"
#include "common/error.h"

/* Gives [{id, level, source, where, text}] in the order of the text, owned by the arena. Errors say
 * "line N: …". */
MUST_CHECK bool spec_clauses_parse(struct arena *a, struct bytes text, json_t **out,
                                   struct error *e);

#endif
