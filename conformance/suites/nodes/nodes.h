/* suites/nodes/nodes.h — a Node of the case's own, its heartbeats, and how it is listed.
 *
 * In a case that is judged in both dialects (suites/common/both.h) own_node() and heartbeat() are
 * of the row's dialect; everywhere else they are v1's. */
#ifndef SUITES_NODES_H
#define SUITES_NODES_H

#include <jansson.h>

#include "harness/judge.h"
#include "harness/world.h"

struct own_node {
    const char *id, *nsk, *project;
    const char *resource;     /* NULL in the MVP dialect */
    const char *key, *key_id; /* what signs its events; key_id "" in the MVP dialect */
    bool mvp;
};
struct own_node own_node_in(struct world *w, const char *project);
struct own_node v1_node_in(struct world *w, const char *project); /* whatever the row speaks */
struct own_node own_node(struct world *w);                        /* in the world's Project */
/* Peers that a Node which joins in the row's dialect is told of; judged. */
size_t peers_told_to_a_new_node(struct world *w, const char *project);

const char *heartbeat_path(struct world *w, const char *node);
/* A heartbeat that is accepted; `late` shifts its client_now by that many seconds (v1 alone). A new
 * reference. */
json_t *heartbeat_at(struct world *w, int late);
json_t *heartbeat(struct world *w);
/* The Node's own heartbeat; steals the body. */
struct exchange *beating(struct world *w, const struct own_node *node, json_t *body);
/* A member that is an instant, in microseconds. */
int64_t instant_in(struct world *w, struct reply *r, const char *pointer);
/* What the target's clock says: accepted_at of a heartbeat of that Node, judged. */
int64_t target_time(struct world *w, const struct own_node *node);

#endif
