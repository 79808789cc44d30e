/* suites/common/both.h — one body, two rows: a case that is judged in v1 and in the agent's other
 * dialect (ruling 1).
 *
 *     BOTH("HBT-008", .clauses = { "HBT-008" }, BEATS, .title = "…")
 *     { … own_node(w) speaks the row's dialect, and so do its requests … }
 *
 * registers HBT-008 and HBT-008/mvp, which also needs the feature `mvp`. What a Node sends and
 * reads in each dialect stands in suites/nodes/nodes.h and harness/node_dialect.h. */
#ifndef SUITES_COMMON_BOTH_H
#define SUITES_COMMON_BOTH_H

#include "harness/case.h"

/* Whether the running case's row is the one of the MVP dialect. */
bool speaks_mvp(const struct world *w);

void both_register(const struct case_row *v1, struct case_row *mvp);

#define BOTH(case_id, ...) BOTH_NUMBERED(CASE_JOIN(both_, __LINE__), case_id, __VA_ARGS__)
#define BOTH_ROW(case_id, body, ...)                                                               \
    {                                                                                              \
        .id = case_id, .suite = SUITE, .run = body, .file = __FILE__, .line = __LINE__,            \
        __VA_ARGS__                                                                                \
    }
#define BOTH_NUMBERED(name, case_id, ...)                                                          \
    static void CASE_JOIN(name, _body)(struct world * w);                                          \
    static const struct case_row CASE_JOIN(name, _v1) =                                            \
        BOTH_ROW(case_id, CASE_JOIN(name, _body), __VA_ARGS__);                                    \
    static struct case_row CASE_JOIN(name, _mvp) =                                                 \
        BOTH_ROW(case_id "/mvp", CASE_JOIN(name, _body), __VA_ARGS__);                             \
    __attribute__((constructor)) static void CASE_JOIN(name, _register)(void)                      \
    {                                                                                              \
        both_register(&CASE_JOIN(name, _v1), &CASE_JOIN(name, _mvp));                              \
    }                                                                                              \
    static void CASE_JOIN(name, _body)(struct world * w UNUSED)

#endif
