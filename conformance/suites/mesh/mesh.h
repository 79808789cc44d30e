/* suites/mesh/mesh.h — a Domain's mesh as its Nodes and operators see it. */
#ifndef SUITES_MESH_H
#define SUITES_MESH_H

#include <jansson.h>

#include "harness/judge.h"
#include "suites/common/both.h"
#include "suites/nodes/nodes.h"

/* A Project in a Domain of the case's own: nobody else joins its mesh. */
struct mesh {
    const char *domain, *project;
};
struct mesh own_mesh(struct world *w);

/* {endpoint, nat_type unknown, reported_at now + late seconds}; a new reference. */
json_t *endpoint_at(struct world *w, const char *endpoint, int late);
json_t *endpoint(struct world *w);
struct exchange *reporting_endpoint(struct world *w, const struct own_node *node, json_t *body);

const char *reachability_path(struct world *w, const char *node);
struct exchange *reach(struct world *w, const struct credential *who, const char *node);

struct exchange *rotation_asked(struct world *w, const struct credential *who, const char *node);
struct exchange *previewed(struct world *w, const struct credential *who, const char *node);
/* {new_public_key}; NULL gives a fresh one. A new reference. */
json_t *new_key(struct world *w, const char *key);
struct exchange *completing(struct world *w, const struct own_node *node, json_t *body);
/* A set-up request: a pending rotation; its id. */
const char *rotation_pending(struct world *w, const struct own_node *node);

struct exchange *topology(struct world *w, const struct credential *who, const char *domain);

void drained(struct world *w, const struct own_node *node);

#endif
