#include <string.h>

#include "common/encoding.h"
#include "common/memory.h"
#include "common/timestamp.h"
#include "reference/plexsphere/http/body.h"
#include "reference/plexsphere/http/request.h"
#include "reference/plexsphere/nodes/config.h"
#include "reference/plexsphere/nodes/node_reachability.h"
#include "reference/plexsphere/peers/endpoints.h"
#include "reference/plexsphere/peers/rotation.h"
#include "reference/plexsphere/peers/state.h"
#include "reference/plexsphere/peers/store.h"
#include "reference/plexsphere/peers/topology.h"
#include "reference/plexsphere/peers/upkeep.h"

/* PutNodeEndpoint */

static struct answer decode_endpoint(struct request *rq)
{
    struct endpoint_report *report = arena_alloc(rq->arena, sizeof *report);
    const char *why = NULL;
    rq->input = report;
    switch (endpoint_report_read(rq->arena, rq->json, rq->now, report, &why)) {
    case ENDPOINT_READ: return answer_go_on();
    case ENDPOINT_MALFORMED:
        return answer_problem_with(rq, PROBLEM_MALFORMED_ENDPOINT_REQUEST, why, NULL);
    case ENDPOINT_SKEWED: return answer_problem(rq, PROBLEM_ENDPOINT_CLOCK_SKEW);
    case ENDPOINT_UNPARSEABLE: return answer_problem(rq, PROBLEM_ENDPOINT_UNPARSEABLE);
    }
    return answer_internal(rq);
}

static struct answer put_endpoint(struct request *rq)
{
    json_t *body = NULL;
    switch (endpoint_accept(rq->tx, &rq->node.node_id, rq->input, rq->now)) {
    case ENDPOINT_OK: break;
    case ENDPOINT_NO_PEER: return answer_problem(rq, PROBLEM_ENDPOINT_PEER_NOT_FOUND);
    case ENDPOINT_GONE: return answer_problem(rq, PROBLEM_ENDPOINT_PEER_GONE);
    case ENDPOINT_FAILED: return answer_internal(rq);
    }
    body = json_pack("{s:s, s:s}", "accepted_at", timestamp_format(rq->arena, rq->now),
                     "stale_after", timestamp_format(rq->arena, rq->now + ENDPOINT_TTL));
    return answer_json(rq, 200, body);
}

/* What an operator, or the Node itself, asks about one Node */

/* Finds the chain that the decision is audited in; whether the Node exists is not told here. */
static struct answer load_domain(struct request *rq)
{
    struct uuid node = request_id(rq, "id");
    struct uuid *domain = arena_alloc(rq->arena, sizeof *domain);
    switch (node_domain(rq->tx, &node, domain)) {
    case FOUND: rq->audit_domain = domain; return answer_go_on();
    case NOT_FOUND: return answer_go_on();
    case FIND_FAILED: break;
    }
    return answer_internal(rq);
}

static struct answer get_reachability(struct request *rq)
{
    struct uuid id = request_id(rq, "id"), domain;
    struct heard_node node;
    struct reachability policy;
    enum found found = heard_node_find(rq->tx, &id, &domain, &node);
    if (found == NOT_FOUND)
        return answer_problem(rq, PROBLEM_NODE_NOT_FOUND);
    if (found == FIND_FAILED || tenancy_reachability(rq->tx, &domain, &policy) != FOUND)
        return answer_internal(rq);
    struct node_heard heard = { node.created_at, node.last_heartbeat };
    struct node_reachability r = node_reachability(&heard, &policy, rq->now);
    return answer_json(rq, 200, node_reachability_view(rq->arena, &r));
}

static struct answer refused_rotation(struct request *rq, enum rotation_result r,
                                      enum problem no_peer)
{
    switch (r) {
    case ROTATION_NO_PEER: return answer_problem(rq, no_peer);
    case ROTATION_NONE_PENDING: return answer_problem(rq, PROBLEM_KEYS_ROTATE_NO_PENDING_ROTATION);
    case ROTATION_UNCHANGED: return answer_problem(rq, PROBLEM_KEYS_ROTATE_PUBLIC_KEY_UNCHANGED);
    case ROTATION_OK:
    case ROTATION_FAILED: break;
    }
    return answer_internal(rq);
}

/* MSH-015: a Node's Peer has the Node's id. */
static struct answer post_rotation(struct request *rq)
{
    struct uuid node = request_id(rq, "id"), rotation;
    bool pending;
    enum rotation_result r = rotation_request(rq->tx, &node, rq->now, &rotation, &pending);
    if (r != ROTATION_OK)
        return refused_rotation(rq, r, PROBLEM_NODE_NOT_FOUND);
    json_t *body = json_pack("{s:s, s:s, s:b}", "rotation_id", uuid_text(rq->arena, &rotation),
                             "peer_id", uuid_text(rq->arena, &node), "already_pending", pending);
    return answer_json(rq, 200, body);
}

static json_t *edges_view(struct request *rq, const struct rotation_impact *impact)
{
    json_t *edges = json_array();
    for (size_t i = 0; i < impact->n_edges; i++) {
        const struct psk_edge *e = &impact->edges[i];
        json_array_append_new(edges,
                              json_pack("{s:s, s:s, s:I}", "peer_node_id",
                                        uuid_text(rq->arena, &e->peer), "current_kid",
                                        uuid_text(rq->arena, &e->kid), "current_wrap_key_version",
                                        (json_int_t)e->wrap_key_version));
    }
    return edges;
}

static struct answer preview_rotation(struct request *rq)
{
    struct uuid node = request_id(rq, "id");
    struct rotation_impact impact;
    enum rotation_result r = rotation_preview(rq->tx, &node, &impact);
    if (r != ROTATION_OK)
        return refused_rotation(rq, r, PROBLEM_NODE_NOT_FOUND);
    const char *id = uuid_text(rq->arena, &node);
    json_t *body = json_pack("{s:s, s:s, s:I, s:o, s:b, s:I}", "node_id", id, "peer_id", id,
                             "affected_peer_count", (json_int_t)impact.n_edges, "affected_edges",
                             edges_view(rq, &impact), "already_pending", impact.already_pending,
                             "estimated_duration_seconds", (json_int_t)impact.estimated_seconds);
    return answer_json(rq, 200, body);
}

/* PostKeysRotate */

/* MSH-024: the key alone names the Node, so it is the subject and the object that is asked about.
 */
static struct answer load_self(struct request *rq)
{
    rq->caller = (struct caller){ .kind = CALLER_NODE,
                                  .id = rq->node.node_id,
                                  .domain_id = rq->node.domain_id };
    rq->object = (struct object_ref){ "node", rq->node.node_id };
    rq->audit_domain = &rq->node.domain_id;
    return answer_go_on();
}

/* MSH-025: another type breaks the shape; whatever text is no key, also none, is an invalid one. */
static struct answer decode_key(struct request *rq)
{
    static const char *const known[] = { "new_public_key", NULL };
    static const unsigned char zero[32];
    const char *text = "", *why = NULL;
    struct bytes key;
    if (!body_only(rq->arena, rq->json, known, &why) ||
        body_text(rq->arena, rq->json, "new_public_key", &text, &why) == BODY_WRONG)
        return answer_problem_with(rq, PROBLEM_MALFORMED_KEYS_ROTATE_REQUEST, why, NULL);
    if (!base64_decode(rq->arena, BASE64_STANDARD, text, strlen(text), &key) ||
        key.len != sizeof zero || memcmp(key.data, zero, sizeof zero) == 0)
        return answer_problem(rq, PROBLEM_KEYS_ROTATE_PUBLIC_KEY_INVALID);
    rq->input = arena_alloc(rq->arena, key.len);
    memcpy(rq->input, key.data, key.len);
    return answer_go_on();
}

static struct answer complete_rotation(struct request *rq)
{
    const struct mesh_state *state = rq->state;
    struct rotation receipt;
    enum rotation_result r = rotation_finish(rq->tx, state->gate.wrap_key, &rq->node.node_id,
                                             rq->input, rq->now, &receipt);
    if (r != ROTATION_OK)
        return refused_rotation(rq, r, PROBLEM_KEYS_ROTATE_PEER_NOT_FOUND);
    json_t *body = json_pack("{s:s, s:s, s:I}", "rotation_id", uuid_text(rq->arena, &receipt.id),
                             "kid", uuid_text(rq->arena, &receipt.kid), "wrap_key_version",
                             (json_int_t)receipt.wrap_key_version);
    return answer_json(rq, 200, body);
}

/* GetDomainMeshTopology */

static struct answer get_topology(struct request *rq)
{
    struct uuid domain = request_id(rq, "domain_id");
    json_t *body;
    switch (mesh_topology(rq->tx, &domain, rq->now, &body)) {
    case FOUND: return answer_json(rq, 200, body);
    case NOT_FOUND: return answer_problem(rq, PROBLEM_DOMAIN_NOT_FOUND);
    case FIND_FAILED: break;
    }
    return answer_internal(rq);
}

/* The surface */

static bool can_audit(const void *state)
{
    const struct mesh_state *s = state;
    return s->has_pepper;
}

static const struct operation operations[] = {
    { .id = OP_PutNodeEndpoint,
      .auth = AUTH_NODE,
      .steps = STEPS_GATE_FIRST,
      .writes = true,
      .body_cap = 4096,
      .too_large = PROBLEM_ENDPOINT_BODY_TOO_LARGE,
      .undecodable = PROBLEM_MALFORMED_ENDPOINT_REQUEST,
      .decode = decode_endpoint,
      .handle = put_endpoint },
    { .id = OP_GetNodeReachability,
      .auth = AUTH_NODE_OR_OPERATOR,
      .permission = { "node", "agent", .object = "id" },
      .denied = PROBLEM_INSUFFICIENT_RELATION,
      .steps = STEPS_ROW_FIRST,
      .provisioned = can_audit,
      .load = load_domain,
      .handle = get_reachability },
    { .id = OP_PostNodeKeysRotate,
      .auth = AUTH_OPERATOR,
      .permission = { "node", "operate", .object = "id" },
      .denied_alike = true,
      .audit = "node.rotate_keys",
      .steps = STEPS_ROW_FIRST,
      .writes = true,
      .provisioned = can_audit,
      .load = load_domain,
      .handle = post_rotation },
    { .id = OP_GetNodeKeysRotatePreview,
      .auth = AUTH_OPERATOR,
      .permission = { "node", "operate", .object = "id" },
      .denied_alike = true,
      .steps = STEPS_ROW_FIRST,
      .provisioned = can_audit,
      .load = load_domain,
      .handle = preview_rotation },
    { .id = OP_PostKeysRotate,
      .auth = AUTH_NODE,
      .permission = { "node", "agent" },
      .steps = STEPS_ROW_FIRST,
      .writes = true,
      .body_cap = 4096,
      .too_large = PROBLEM_KEYS_ROTATE_BODY_TOO_LARGE,
      .undecodable = PROBLEM_MALFORMED_KEYS_ROTATE_REQUEST,
      .provisioned = can_audit,
      .load = load_self,
      .decode = decode_key,
      .handle = complete_rotation },
    { .id = OP_GetDomainMeshTopology,
      .auth = AUTH_OPERATOR,
      .permission = { "domain", "read", .object = "domain_id" },
      .steps = STEPS_GATE_FIRST,
      .provisioned = can_audit,
      .handle = get_topology },
};

static enum configured configure(struct app *app, void **state, struct error *e)
{
    struct mesh_state *s = arena_alloc(app->arena, sizeof *s);
    struct heartbeat_config keys = { 0 };
    enum configured keyed = production_heartbeat_config_from_env(app->arena, &app->env, &keys, e);
    memcpy(s->gate.wrap_key, keys.nsk_wrap_key, sizeof s->gate.wrap_key);
    mem_wipe(&keys, sizeof keys);
    s->has_pepper = app->pepper != NULL;
    *state = s;
    return env_and(keyed, production_peers_config_from_env(app->arena, &app->env, &s->config, e));
}

const struct surface surface_peers = {
    .name = "peers",
    .configure = configure,
    .operations = operations,
    .n_operations = ARRAY_LEN(operations),
    .background = mesh_upkeep,
};
