#include <string.h>

#include "common/encoding.h"
#include "common/memory.h"
#include "common/text.h"
#include "common/timestamp.h"
#include "reference/plexsphere/http/body.h"
#include "reference/plexsphere/mvp/mvp.h"
#include "reference/plexsphere/nodes/nodes.h"
#include "reference/plexsphere/registration/register_body.h"
#include "reference/plexsphere/registration/store.h"

/* Bootstrap tokens */

static struct uuid project_of(const struct request *rq)
{
    return request_id(rq, "project_id");
}

/* BST-014, BST-016: 401, 403, 404, 400. A path id that is no UUID names an unknown object:
 * request_id() gives the nil UUID for it, on which only the platform's own roles bear. */
static const enum step token_steps[] = { STEP_PROVISIONED, STEP_AUTHENTICATE, STEP_CSRF,
                                         STEP_PERMISSION,  STEP_LOAD,         STEP_QUERY,
                                         STEP_SIZE,        STEP_DECODE,       STEP_HANDLE,
                                         STEP_END };

static struct answer require_project(struct request *rq)
{
    struct uuid project = project_of(rq), domain;
    switch (tenancy_domain_of_project(rq->tx, &project, &domain)) {
    case FOUND: return answer_go_on();
    case NOT_FOUND: return answer_problem(rq, PROBLEM_PROJECT_NOT_FOUND);
    case FIND_FAILED: break;
    }
    return answer_internal(rq);
}

static json_t *token_view(struct request *rq, const struct bootstrap_token *t)
{
    struct arena *a = rq->arena;
    json_t *view = json_object();
    json_object_set_new(view, "id", json_string(uuid_text(a, &t->id)));
    json_object_set_new(view, "project_id", json_string(uuid_text(a, &t->project_id)));
    json_object_set_new(view, "kind", json_string(bootstrap_kind_text(t->kind)));
    json_object_set_new(view, "env_prefix", json_string(t->env_prefix));
    json_object_set_new(view, "issued_at", json_string(timestamp_format(a, t->issued_at)));
    json_object_set_new(view, "expires_at", json_string(timestamp_format(a, t->expires_at)));
    if (t->consumed_at)
        json_object_set_new(view, "consumed_at", json_string(timestamp_format(a, t->consumed_at)));
    if (t->revoked_at)
        json_object_set_new(view, "revoked_at", json_string(timestamp_format(a, t->revoked_at)));
    json_object_set_new(view, "issued_by_user_id", json_string(uuid_text(a, &t->issued_by)));
    return view;
}

/* *why becomes the detail of a 400 without a code: the contract names none for these. */
static bool read_order(struct request *rq, struct bootstrap_order *order, const char **why)
{
    const char *kind = "", *env = "";
    if (body_text(rq->arena, rq->json, "kind", &kind, why) == BODY_WRONG ||
        body_text(rq->arena, rq->json, "env_prefix", &env, why) == BODY_WRONG ||
        body_integer(rq->arena, rq->json, "ttl_seconds", &order->ttl_seconds, why) == BODY_WRONG)
        return false;
    *why = "The member 'kind' must be 'node' or 'bridge'.";
    if (!bootstrap_kind_parse(kind, &order->kind))
        return false;
    *why = "The member 'env_prefix' must be 1 to 32 lower-case letters.";
    if (!bootstrap_env_valid(env))
        return false;
    order->env_prefix = env;
    *why = "The member 'ttl_seconds' must be from 300 to 86400.";
    return order->ttl_seconds >= 300 && order->ttl_seconds <= 86400;
}

static struct answer decode_order(struct request *rq)
{
    struct bootstrap_order *order = arena_alloc(rq->arena, sizeof *order);
    const char *why = NULL;
    rq->input = order;
    if (!read_order(rq, order, &why))
        return answer_problem_with(rq, PROBLEM_BAD_REQUEST, why, NULL);
    return answer_go_on();
}

static struct answer issued(struct request *rq, const struct bootstrap_token *t,
                            const char *plaintext)
{
    struct arena *a = rq->arena;
    const char *id = uuid_text(a, &t->id);
    json_t *body = json_object();
    json_object_set_new(body, "token_id", json_string(id));
    json_object_set_new(body, "token", json_string(plaintext));
    json_object_set_new(body, "issued_at", json_string(timestamp_format(a, t->issued_at)));
    json_object_set_new(body, "expires_at", json_string(timestamp_format(a, t->expires_at)));
    const char *location =
        arena_printf(a, "/v1/projects/%s/bootstrap-tokens/%s", uuid_text(a, &t->project_id), id);
    return answer_with_header(answer_json(rq, 201, body), "Location", location);
}

static struct answer issue_token(struct request *rq)
{
    struct uuid project = project_of(rq);
    struct bootstrap_token token;
    char *plaintext;
    switch (bootstrap_issue(rq, &project, rq->input, &token, &plaintext)) {
    case BOOTSTRAP_OK: return issued(rq, &token, plaintext);
    case BOOTSTRAP_NOT_FOUND: return answer_problem(rq, PROBLEM_PROJECT_NOT_FOUND);
    case BOOTSTRAP_SPENT:
    case BOOTSTRAP_FAILED: break;
    }
    return answer_internal(rq);
}

static struct answer get_token(struct request *rq)
{
    struct uuid project = project_of(rq), id = request_id(rq, "id");
    struct bootstrap_token token;
    switch (bootstrap_find(rq->tx, &project, &id, &token)) {
    case FOUND: return answer_json(rq, 200, token_view(rq, &token));
    case NOT_FOUND: return answer_problem(rq, PROBLEM_NOT_FOUND);
    case FIND_FAILED: break;
    }
    return answer_internal(rq);
}

static struct answer revoke_token(struct request *rq)
{
    struct uuid project = project_of(rq), id = request_id(rq, "id");
    switch (bootstrap_revoke(rq, &project, &id)) {
    case BOOTSTRAP_OK: return answer_no_content();
    case BOOTSTRAP_NOT_FOUND: return answer_problem(rq, PROBLEM_NOT_FOUND);
    case BOOTSTRAP_SPENT:
        return answer_problem_detail(rq, PROBLEM_CONFLICT,
                                     "The token was consumed or revoked before.");
    case BOOTSTRAP_FAILED: break;
    }
    return answer_internal(rq);
}

static struct answer list_tokens(struct request *rq)
{
    const struct registration_state *state = rq->state;
    struct uuid project = project_of(rq), after;
    struct bootstrap_token *tokens;
    size_t n;

    struct answer refused = cursor_open_id(rq, &state->cursor, "", &after);
    if (refused.status != 0)
        return refused;
    if (bootstrap_window(rq->tx, &project, &after, rq->page.limit + 1, &tokens, &n) != SQL_OK)
        return answer_internal(rq);
    bool more = n > (size_t)rq->page.limit;
    n -= more;
    json_t *items = json_array();
    for (size_t i = 0; i < n; i++)
        json_array_append_new(items, token_view(rq, &tokens[i]));
    json_t *body = json_pack("{s:o}", "items", items);
    if (more)
        json_object_set_new(body, "next_cursor",
                            json_string(cursor_mint_id(rq, &state->cursor, "", &tokens[n - 1].id)));
    return answer_json(rq, 200, body);
}

/* Registration */

static struct answer decode_registration(struct request *rq)
{
    struct registration *order = arena_alloc(rq->arena, sizeof *order);
    const char *why = NULL;
    rq->input = order;
    switch (register_body_read(rq->arena, rq->json, order, &why)) {
    case REGISTER_BODY_OK: return answer_go_on();
    case REGISTER_BODY_INVALID: return answer_problem_with(rq, PROBLEM_UNPROCESSABLE, why, NULL);
    case REGISTER_BODY_BAD_KEY: return answer_problem(rq, PROBLEM_PUBLIC_KEY_INVALID);
    }
    return answer_internal(rq);
}

static json_t *peers_view(struct request *rq, const struct registered *r)
{
    json_t *peers = json_array();
    for (size_t i = 0; i < r->n_peers; i++) {
        const struct node_peer *p = &r->peers[i];
        json_t *peer = json_object();
        json_object_set_new(peer, "node_id", json_string(uuid_text(rq->arena, &p->id)));
        json_object_set_new(peer, "mesh_ip", json_string(p->mesh_ip));
        json_object_set_new(peer, "public_key",
                            json_string(base64_encode(rq->arena, BASE64_STANDARD,
                                                      p->public_key.data, p->public_key.len)));
        json_array_append_new(peers, peer);
    }
    return peers;
}

/* MVP-005 */
static struct answer registered_mvp(struct request *rq, const struct registered *r,
                                    const char *signing_key)
{
    json_t *peers = json_array();
    for (size_t i = 0; i < r->n_peers; i++)
        json_array_append_new(peers, mvp_peer_view(rq->arena, &r->peers[i]));
    json_t *body = json_object();
    json_object_set_new(body, "node_id", json_string(uuid_text(rq->arena, &r->node_id)));
    json_object_set_new(body, "mesh_ip", json_string(r->mesh_ip));
    json_object_set_new(body, "signing_public_key", json_string(signing_key));
    json_object_set_new(body, "node_secret_key", json_string(r->nsk));
    json_object_set_new(body, "peers", peers);
    return answer_json(rq, 201, body);
}

static struct answer registered(struct request *rq, const struct registered *r)
{
    const struct registration *order = rq->input;
    const struct signing_key *key = &r->signing_key;
    const char *public_key =
        base64_encode(rq->arena, BASE64_STANDARD, key->public_key, sizeof key->public_key);
    if (order->mvp)
        return registered_mvp(rq, r, public_key);
    json_t *body = json_object();
    json_object_set_new(body, "node_id", json_string(uuid_text(rq->arena, &r->node_id)));
    json_object_set_new(body, "mesh_ip", json_string(r->mesh_ip));
    json_object_set_new(body, "signing_public_key", json_string(public_key));
    json_object_set_new(body, "signing_key_id", json_string(key->key_id));
    json_object_set_new(body, "nsk", json_string(r->nsk));
    json_object_set_new(body, "peer_snapshot", peers_view(rq, r));
    json_object_set_new(body, "domain_mesh_cidr", json_string(r->mesh_cidr));
    return answer_json(rq, 201, body);
}

static struct answer post_register(struct request *rq)
{
    struct registered r;
    switch (register_node(rq, rq->input, &r)) {
    case REGISTER_OK: return registered(rq, &r);
    case REGISTER_TOKEN_INVALID: return answer_problem(rq, PROBLEM_TOKEN_INVALID);
    case REGISTER_TOKEN_REVOKED: return answer_problem(rq, PROBLEM_TOKEN_REVOKED);
    case REGISTER_TOKEN_CONSUMED: return answer_problem(rq, PROBLEM_TOKEN_CONSUMED);
    case REGISTER_TOKEN_EXPIRED: return answer_problem(rq, PROBLEM_TOKEN_EXPIRED);
    case REGISTER_PROJECT_MISMATCH: return answer_problem(rq, PROBLEM_PROJECT_MISMATCH);
    case REGISTER_NONCE_COLLISION: return answer_problem(rq, PROBLEM_NONCE_COLLISION);
    case REGISTER_PROJECT_NOT_FOUND: return answer_problem(rq, PROBLEM_PROJECT_NOT_FOUND);
    case REGISTER_RESOURCE_NOT_FOUND: return answer_problem(rq, PROBLEM_RESOURCE_NOT_FOUND);
    case REGISTER_KIND_MISMATCH: return answer_problem(rq, PROBLEM_KIND_MISMATCH);
    case REGISTER_CONTENTION: return answer_problem(rq, PROBLEM_ALLOCATOR_CONTENTION);
    case REGISTER_POOL_EXHAUSTED: return answer_problem(rq, PROBLEM_POOL_EXHAUSTED);
    case REGISTER_SUBRANGE_EXHAUSTED: return answer_problem(rq, PROBLEM_SUBRANGE_EXHAUSTED);
    case REGISTER_FAILED: break;
    }
    return answer_internal(rq);
}

/* The surface */

/* Ruling 12: without a pepper no token is issued or redeemed. Reading and revoking need it too:
 * cursors are keyed by it, and a decision could not be audited. */
static bool tokens_on(const void *state)
{
    const struct registration_state *s = state;
    return s->has_pepper;
}

static bool register_on(const void *state)
{
    const struct registration_state *s = state;
    return s->has_pepper && s->config.can_register;
}

static const struct operation operations[] = {
    { .id = OP_IssueBootstrapToken,
      .auth = AUTH_OPERATOR,
      .permission = { "project", "manage", .object = "project_id" },
      .audit = "bootstrap_token.issue",
      .steps = token_steps,
      .writes = true,
      .provisioned = tokens_on,
      .load = require_project,
      .decode = decode_order,
      .handle = issue_token },
    { .id = OP_ListBootstrapTokens,
      .auth = AUTH_OPERATOR,
      .permission = { "project", "observe", .object = "project_id" },
      .steps = token_steps,
      .paged = true,
      .provisioned = tokens_on,
      .load = require_project,
      .handle = list_tokens },
    { .id = OP_GetBootstrapTokenMetadata,
      .auth = AUTH_OPERATOR,
      .permission = { "project", "observe", .object = "project_id" },
      .steps = token_steps,
      .provisioned = tokens_on,
      .load = require_project,
      .handle = get_token },
    { .id = OP_RevokeBootstrapToken,
      .auth = AUTH_OPERATOR,
      .permission = { "project", "manage", .object = "project_id" },
      .audit = "bootstrap_token.revoke",
      .steps = token_steps,
      .writes = true,
      .provisioned = tokens_on,
      .load = require_project,
      .handle = revoke_token },
    { .id = OP_PostRegister,
      .auth = AUTH_NONE,
      .steps = STEPS_ANONYMOUS,
      .writes = true,
      .gzip = true,
      .undecodable = PROBLEM_BAD_REQUEST,
      .provisioned = register_on,
      .decode = decode_registration,
      .handle = post_register },
};

static enum configured configure(struct app *app, void **state, struct error *e)
{
    struct registration_state *s = arena_alloc(app->arena, sizeof *s);
    *state = s;
    s->has_pepper = app->pepper != NULL;
    if (s->has_pepper)
        cursor_key_derive(app->pepper, "bootstrap-tokens-cursor", &s->cursor);
    return production_registration_config_from_env(app->arena, &app->env, &s->config, e);
}

const struct surface surface_registration = {
    .name = "registration",
    .configure = configure,
    .operations = operations,
    .n_operations = ARRAY_LEN(operations),
};
