/* suites/events/events.h — a Node that follows its events, in either dialect. */
#ifndef SUITES_EVENTS_H
#define SUITES_EVENTS_H

#include "harness/judge.h"
#include "harness/stream.h"
#include "harness/world.h"
#include "suites/common/both.h"
#include "suites/registration/registration.h"

/* Each Node costs a slow hash (ruling 12), on a machine that may be busy. */
#define STREAM_BUDGET_MS 60000
#define FOLLOWS                                                                                    \
    .needs = { "events", "node-state", "registration", "bootstrap-tokens", "resources" },          \
    .budget_ms = STREAM_BUDGET_MS

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
