#include "suites/mesh/mesh.h"

#include "common/timestamp.h"
#include "suites/registration/registration.h"

struct mesh own_mesh(struct world *w)
{
    struct mesh m = { .domain = own_domain(w, 24) };
    m.project = own_project_in(w, m.domain);
    return m;
}

json_t *endpoint_at(struct world *w, const char *endpoint, int late)
{
    int64_t reported_at = world_now(w) + late * MICROS_PER_SECOND;
    return json_pack("{s:s, s:s, s:s}", "endpoint", endpoint, "nat_type", "unknown", "reported_at",
                     timestamp_format(w->arena, reported_at));
}

json_t *endpoint(struct world *w)
{
    return endpoint_at(w, "192.0.2.7:51820", 0);
}

struct exchange *reporting_endpoint(struct world *w, const struct own_node *node, json_t *body)
{
    return put(w, path(w, "/v1/nodes/%s/endpoint", node->id), .bearer = node->nsk, .json = body);
}

const char *reachability_path(struct world *w, const char *node)
{
    return path(w, "/v1/nodes/%s/reachability", node);
}

struct exchange *reach(struct world *w, const struct credential *who, const char *node)
{
    return get(w, reachability_path(w, node), .as = who);
}

struct exchange *rotation_asked(struct world *w, const struct credential *who, const char *node)
{
    return post(w, path(w, "/v1/nodes/%s/keys/rotate", node), .as = who);
}

struct exchange *previewed(struct world *w, const struct credential *who, const char *node)
{
    return get(w, path(w, "/v1/nodes/%s/keys/rotate/preview", node), .as = who);
}

json_t *new_key(struct world *w, const char *key)
{
    return json_pack("{s:s}", "new_public_key", key ? key : random_key(w));
}

struct exchange *completing(struct world *w, const struct own_node *node, json_t *body)
{
    return post(w, "/v1/keys/rotate", .bearer = node->nsk, .json = body);
}

const char *rotation_pending(struct world *w, const struct own_node *node)
{
    return expect_text(accept(rotation_asked(w, w->platform_manager, node->id), 200),
                       "/rotation_id");
}

struct exchange *topology(struct world *w, const struct credential *who, const char *domain)
{
    return get(w, path(w, "/v1/domains/%s/mesh/topology", domain), .as = who);
}

void drained(struct world *w, const struct own_node *node)
{
    world_given(w, "drained_node", json_pack("{s:s}", "node_id", node->id));
}
