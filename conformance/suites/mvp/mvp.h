/* suites/mvp/mvp.h — Nodes of the agent's other dialect (ruling 1). */
#ifndef SUITES_MVP_H
#define SUITES_MVP_H

#include <jansson.h>

#include "harness/judge.h"
#include "suites/nodes/nodes.h"
#include "suites/common/gzip.h"

/* {token, public_key, hostname} as the agent sends it, with an empty map of metadata. */
json_t *mvp_registration(struct world *w, const char *token, const char *hostname);
/* Sends a copy of the body. */
struct exchange *mvp_registering(struct world *w, json_t *body);
/* A Node of that dialect, registered in the Project on a host of its own. */
struct own_node mvp_node_in(struct world *w, const char *project);
struct own_node mvp_node(struct world *w);

/* As the shipped agent beats: every member there, and zero. */
json_t *zero_heartbeat(void);
struct exchange *mvp_beating(struct world *w, const struct own_node *node, json_t *body);
/* POST /v1/nodes/{id}/<what> by the Node itself; body NULL: none. */
struct exchange *mvp_posting(struct world *w, const struct own_node *node, const char *what,
                             json_t *body);

#endif
