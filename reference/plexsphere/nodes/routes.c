#include <string.h>

#include "common/memory.h"
#include "common/timestamp.h"
#include "reference/plexsphere/authz/visible.h"
#include "reference/plexsphere/http/cursor.h"
#include "reference/plexsphere/http/request.h"
#include "reference/plexsphere/nodes/config.h"
#include "reference/plexsphere/nodes/store.h"

/* PostNodeHeartbeat */

static struct answer decode_heartbeat(struct request *rq)
{
    struct heartbeat *h = arena_alloc(rq->arena, sizeof *h);
    const char *why = NULL;
    rq->input = h;
    switch (rq->node.mvp ? heartbeat_read_mvp(rq->arena, rq->json, rq->now, h, &why)
                         : heartbeat_read(rq->arena, rq->json, rq->now, h, &why)) {
    case HEARTBEAT_OK: return answer_go_on();
    case HEARTBEAT_MALFORMED:
        return answer_problem_with(rq, PROBLEM_MALFORMED_HEARTBEAT_REQUEST, why, NULL);
    case HEARTBEAT_SKEWED: return answer_problem(rq, PROBLEM_CLOCK_SKEW);
    case HEARTBEAT_NO_CHECKSUM: return answer_problem(rq, PROBLEM_BINARY_CHECKSUM_EMPTY);
    case HEARTBEAT_NO_VERSION: return answer_problem(rq, PROBLEM_BINARY_VERSION_EMPTY);
    }
    return answer_internal(rq);
}

/* HBT-003: `reconcile` stays false until something detects divergence. */
static struct answer accept_heartbeat(struct request *rq)
{
    bool rotate_keys;
    switch (heartbeat_store(rq->tx, &rq->node.node_id, rq->now, rq->input, &rotate_keys)) {
    case SQL_OK: break;
    /* The Node went away behind its own credential. */
    case SQL_FOREIGN_KEY: return answer_problem(rq, PROBLEM_NSK_INVALID);
    /* jsonb refuses what JSON allows: numbers beyond its range. */
    case SQL_CHECK: return answer_problem(rq, PROBLEM_MALFORMED_HEARTBEAT_REQUEST);
    default: return answer_internal(rq);
    }
    json_t *body = json_object();
    if (!rq->node.mvp)
        json_object_set_new(body, "accepted_at", json_string(timestamp_format(rq->arena, rq->now)));
    json_object_set_new(body, "reconcile", json_false());
    json_object_set_new(body, "rotate_keys", json_boolean(rotate_keys));
    return answer_json(rq, 200, body);
}

/* Not `writes`: a heartbeat is one statement, which is its own transaction and needs no BEGIN. */
static const struct operation heartbeat_operations[] = {
    { .id = OP_PostNodeHeartbeat,
      .auth = AUTH_NODE,
      .steps = STEPS_GATE_FIRST,
      .body_cap = 16 * 1024,
      .too_large = PROBLEM_MALFORMED_HEARTBEAT_REQUEST,
      .undecodable = PROBLEM_MALFORMED_HEARTBEAT_REQUEST,
      .decode = decode_heartbeat,
      .handle = accept_heartbeat },
};

static enum configured configure_heartbeat(struct app *app, void **state, struct error *e)
{
    struct heartbeat_config config = { 0 };
    enum configured result =
        production_heartbeat_config_from_env(app->arena, &app->env, &config, e);
    struct nsk_gate *gate = arena_alloc(app->arena, sizeof *gate);
    memcpy(gate->wrap_key, config.nsk_wrap_key, sizeof gate->wrap_key);
    mem_wipe(&config, sizeof config);
    *state = gate;
    return result;
}

const struct surface surface_heartbeat = {
    .name = "heartbeat",
    .configure = configure_heartbeat,
    .operations = heartbeat_operations,
    .n_operations = ARRAY_LEN(heartbeat_operations),
};

/* ListNodes */

/* NOD-005, NOD-006: the filter is read before anything is listed; without it the list spans every
 * Domain. */
static struct answer read_filter(struct request *rq)
{
    const char *text = request_query(rq, "domain_id");
    if (!text)
        return answer_go_on();
    struct uuid *domain = arena_alloc(rq->arena, sizeof *domain);
    if (!uuid_parse(text, domain) || uuid_is_nil(domain))
        return answer_problem_detail(rq, PROBLEM_INVALID_DOMAIN_FILTER,
                                     "domain_id must be a UUID and not the nil UUID.");
    rq->input = domain;
    return answer_go_on();
}

static const char *filters_text(struct request *rq)
{
    const struct uuid *domain = rq->input;
    return domain ? arena_printf(rq->arena, "domain_id=%s", uuid_text(rq->arena, domain)) : "";
}

static json_t *summary_view(struct request *rq, const struct node_summary *node)
{
    json_t *view = json_object();
    json_object_set_new(view, "id", json_string(uuid_text(rq->arena, &node->id)));
    json_object_set_new(view, "domain_id", json_string(uuid_text(rq->arena, &node->domain_id)));
    if (node->name)
        json_object_set_new(view, "name", json_string(node->name));
    if (node->kind)
        json_object_set_new(view, "kind", json_string(node->kind));
    json_object_set_new(view, "created_at",
                        json_string(timestamp_format(rq->arena, node->registered_at)));
    return view;
}

/* NOD-015: the page is cut before rows are filtered: a filtered page may be short, or empty, and
 * still carry the way on. */
static struct answer list_nodes(struct request *rq)
{
    const struct nodes_config *config = rq->state;
    struct node_summary *nodes;
    struct uuid after;
    size_t n;

    struct answer refused = cursor_open_id(rq, &config->cursor, filters_text(rq), &after);
    if (refused.status != 0)
        return refused;
    if (node_window(rq->tx, rq->input, &after, rq->page.limit + 1, &nodes, &n) != SQL_OK)
        return answer_internal(rq);
    bool more = n > (size_t)rq->page.limit;
    n -= more;
    /* NOD-007: a Node is read by whoever may read its Project. */
    const bool *visible = VISIBLE_ROWS(rq, "read", "project", nodes, n, project_id);
    if (!visible)
        return answer_problem(rq, PROBLEM_AUTHZ_UNAVAILABLE);

    json_t *items = json_array();
    for (size_t i = 0; i < n; i++)
        if (visible[i])
            json_array_append_new(items, summary_view(rq, &nodes[i]));
    json_t *body = json_pack("{s:o}", "items", items);
    if (more)
        json_object_set_new(body, "next_cursor",
                            json_string(cursor_mint_id(rq, &config->cursor, filters_text(rq),
                                                       &nodes[n - 1].id)));
    return answer_json(rq, 200, body);
}

static bool has_cursor_key(const void *state)
{
    const struct nodes_config *config = state;
    return config->cursor.len > 0;
}

static const struct operation nodes_operations[] = {
    { .id = OP_ListNodes,
      .auth = AUTH_OPERATOR,
      .steps = STEPS_GATE_FIRST,
      .paged = true,
      .provisioned = has_cursor_key,
      .query = read_filter,
      .handle = list_nodes },
};

static enum configured configure_nodes(struct app *app, void **state, struct error *e)
{
    struct nodes_config *config = arena_alloc(app->arena, sizeof *config);
    *state = config;
    return production_nodes_config_from_env(app->arena, &app->env, config, e);
}

const struct surface surface_nodes = {
    .name = "nodes",
    .configure = configure_nodes,
    .operations = nodes_operations,
    .n_operations = ARRAY_LEN(nodes_operations),
};
