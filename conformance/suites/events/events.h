/* suites/events/events.h — a Node that follows its events, in either dialect. */
#ifndef SUITES_EVENTS_H
#define SUITES_EVENTS_H

#include <jansson.h>

#include "harness/case.h"
#include "harness/judge.h"
#include "harness/stream.h"
#include "harness/world.h"

/* Each Node costs a slow hash (ruling 12), on a machine that may be busy. */
#define BUDGET_MS 60000

#define NO_SUCH_ID "0188d0e0-0000-7000-8000-0000000000ff"

/* One body, two rows: the dialect is the row's data. NEEDS is a list in parentheses. */
extern const bool speaks_v1, speaks_mvp;
#define UNPAREN(...) __VA_ARGS__
#define BOTH(case_id, NEEDS, ...)                                                                  \
    BOTH_NUMBERED(CASE_JOIN(both_, __LINE__), case_id, NEEDS, __VA_ARGS__)
#define BOTH_ROW(name, case_id, speaks, body, ...)                                                 \
    static const struct case_row name = { .id = case_id,                                           \
                                          .suite = SUITE,                                          \
                                          .run = body,                                             \
                                          .data = &(speaks),                                       \
                                          .file = __FILE__,                                        \
                                          .line = __LINE__,                                        \
                                          __VA_ARGS__ }
#define BOTH_NUMBERED(name, case_id, NEEDS, ...)                                                   \
    static void CASE_JOIN(name, _body)(struct world * w);                                          \
    BOTH_ROW(CASE_JOIN(name, _v1), case_id, speaks_v1, CASE_JOIN(name, _body),                     \
             .needs = { UNPAREN NEEDS }, __VA_ARGS__);                                             \
    BOTH_ROW(CASE_JOIN(name, _mvp), case_id "/mvp", speaks_mvp, CASE_JOIN(name, _body),            \
             .needs = { "mvp", UNPAREN NEEDS }, __VA_ARGS__);                                      \
    __attribute__((constructor)) static void CASE_JOIN(name, _register)(void)                      \
    {                                                                                              \
        case_register(&CASE_JOIN(name, _v1));                                                      \
        case_register(&CASE_JOIN(name, _mvp));                                                     \
    }                                                                                              \
    static void CASE_JOIN(name, _body)(struct world * w)

struct followed {
    struct world *w;
    struct follower *f;
    const char *id, *nsk, *key, *key_id; /* key_id "" in the MVP dialect */
    const char *project;
    bool mvp;
};
/* A fresh Node in that Project, speaking the case's dialect; nothing is open yet. */
struct followed followed_in(struct world *w, const char *project);
struct followed followed_node(struct world *w); /* in the world's Project */

/* The next frame that is about this very Node: a Domain has events about its peers, too. */
const struct frame *own_frame(struct follower *f);

/* Makes one event for that Node (given.node_metadata), noted in the history; returns the marker. */
const char *publish(struct followed *n);
/* The same without a note: for histories of somebody else. */
const char *change_metadata(struct world *w, const char *node_id);

#endif
