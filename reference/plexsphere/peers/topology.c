#include "reference/plexsphere/peers/topology.h"

#include "common/timestamp.h"
#include "reference/plexsphere/nodes/node_reachability.h"
#include "reference/plexsphere/peers/store.h"

static json_t *node_view(struct arena *a, const struct heard_node *node,
                         const struct reachability *policy, int64_t now)
{
    struct node_heard heard = { node->created_at, node->last_heartbeat };
    return json_pack("{s:s, s:s, s:s}", "node_id", uuid_text(a, &node->id), "mesh_ip",
                     node->mesh_ip, "reachability", node_reachability(&heard, policy, now).state);
}

/* MSH-034: no Node reports handshakes, and what was never heard of is unreachable. MSH-033: no edge
 * is relayed, which a null says. */
static json_t *edge_view(struct arena *a, const struct uuid *source, const struct uuid *target)
{
    return json_pack("{s:s, s:s, s:s, s:n, s:s}", "source_node_id", uuid_text(a, source),
                     "target_node_id", uuid_text(a, target), "mode", "direct", "relay_node_id",
                     "status", "unreachable");
}

enum found mesh_topology(struct tx *tx, const struct uuid *domain, int64_t now, json_t **out)
{
    struct arena *a = tx_arena(tx);
    struct reachability policy;
    struct heard_node *nodes;
    size_t n;
    enum found found = tenancy_reachability(tx, domain, &policy);
    if (found != FOUND)
        return found;
    if (heard_nodes(tx, domain, &nodes, &n) != SQL_OK)
        return FIND_FAILED;
    json_t *node_views = json_array(), *edges = json_array();
    for (size_t i = 0; i < n; i++) {
        json_array_append_new(node_views, node_view(a, &nodes[i], &policy, now));
        for (size_t k = 0; k < n; k++)
            if (k != i)
                json_array_append_new(edges, edge_view(a, &nodes[i].id, &nodes[k].id));
    }
    *out = json_pack("{s:s, s:s, s:o, s:o}", "domain_id", uuid_text(a, domain), "generated_at",
                     timestamp_format(a, now), "nodes", node_views, "edges", edges);
    return FOUND;
}
