#include <string.h>

#include "common/memory.h"
#include "common/random.h"
#include "common/text.h"
#include "common/timestamp.h"
#include "reference/plexsphere/crypto/crypto.h"
#include "reference/plexsphere/crypto/pepper.h"
#include "reference/plexsphere/events/outbox.h"
#include "reference/plexsphere/nodes/nodes.h"
#include "reference/plexsphere/peers/membership.h"
#include "reference/plexsphere/registration/mesh_pool.h"
#include "reference/plexsphere/registration/store.h"
#include "reference/plexsphere/resources/resources.h"

/* REG-013: a token is found by an HMAC under the pepper, so that an unknown text costs no hash. */
static void lookup_digest(const struct request *rq, const char *token, unsigned char out[32])
{
    const struct pepper *pepper = rq->app->pepper;
    hmac_sha256((struct bytes){ pepper->bootstrap_lookup, sizeof pepper->bootstrap_lookup },
                BYTES_OF_TEXT(token), out);
}

enum bootstrap_result bootstrap_issue(struct request *rq, const struct uuid *project,
                                      const struct bootstrap_order *order,
                                      struct bootstrap_token *out, char **plaintext)
{
    struct bootstrap_parts parts = { .project = *project, .kind = order->kind };
    unsigned char lookup[32];
    char *hash;
    memcpy(parts.env, order->env_prefix, strlen(order->env_prefix) + 1);
    *plaintext = bootstrap_token_make(rq->arena, &parts);
    *out = (struct bootstrap_token){
        .id = uuid_v7(rq->now),
        .project_id = *project,
        .issued_by = rq->caller.id,
        .kind = order->kind,
        .env_prefix = order->env_prefix,
        .issued_at = rq->now,
        .expires_at = rq->now + order->ttl_seconds * MICROS_PER_SECOND,
    };
    lookup_digest(rq, *plaintext, lookup);
    if (!password_hash(rq->arena, BYTES_OF_TEXT(*plaintext), &hash))
        return BOOTSTRAP_FAILED;
    switch (bootstrap_insert(rq->tx, out, lookup, hash)) {
    case SQL_OK: return BOOTSTRAP_OK;
    case SQL_FOREIGN_KEY: return BOOTSTRAP_NOT_FOUND; /* the Project went away meanwhile */
    default: return BOOTSTRAP_FAILED;
    }
}

/* BST-022: the row is locked, so that a revocation and a redemption never both win. */
enum bootstrap_result bootstrap_revoke(struct request *rq, const struct uuid *project,
                                       const struct uuid *id)
{
    struct bootstrap_token token;
    switch (bootstrap_lock(rq->tx, id, &token)) {
    case FOUND: break;
    case NOT_FOUND: return BOOTSTRAP_NOT_FOUND;
    case FIND_FAILED: return BOOTSTRAP_FAILED;
    }
    if (!uuid_equal(&token.project_id, project))
        return BOOTSTRAP_NOT_FOUND;
    if (token.consumed_at || token.revoked_at)
        return BOOTSTRAP_SPENT;
    return bootstrap_mark_revoked(rq->tx, id, rq->now) == SQL_OK ? BOOTSTRAP_OK : BOOTSTRAP_FAILED;
}

/* One registration on its way: what is known so far. */
struct course {
    struct request *rq;
    const struct registration_config *config;
    const struct registration *order;
    struct bootstrap_token token;
    struct uuid project; /* once the token is claimed */
    unsigned char nonce[32];
    struct resource_ref resource;
    struct mesh_grant grant;
    struct node node;
};

/* REG-016, REG-025: revoked beats expired, and whoever may not use the token for its Project hears
 * of the token first. */
static enum register_result token_state(const struct course *c)
{
    if (c->token.revoked_at)
        return REGISTER_TOKEN_REVOKED;
    if (c->token.consumed_at)
        return REGISTER_TOKEN_CONSUMED;
    if (c->rq->now >= c->token.expires_at)
        return REGISTER_TOKEN_EXPIRED;
    if (!c->order->mvp && !uuid_equal(&c->token.project_id, &c->order->project))
        return REGISTER_PROJECT_MISMATCH;
    return REGISTER_OK;
}

/* REG-013: garbled and unknown texts are one answer. The hash is verified before any lock is held,
 * for it takes tens of milliseconds; what it proved stays true. */
static enum register_result prove_token(struct course *c)
{
    struct bootstrap_parts parts;
    unsigned char lookup[32];
    const char *text = c->order->token, *hash;
    if (!bootstrap_token_parse(c->rq->arena, text, &parts))
        return REGISTER_TOKEN_INVALID;
    lookup_digest(c->rq, text, lookup);
    switch (bootstrap_by_lookup(c->rq->tx, lookup, &c->token, &hash)) {
    case FOUND: break;
    case NOT_FOUND: return REGISTER_TOKEN_INVALID;
    case FIND_FAILED: return REGISTER_FAILED;
    }
    return password_verify(hash, BYTES_OF_TEXT(text)) ? REGISTER_OK : REGISTER_TOKEN_INVALID;
}

/* MVP-004: the dialect has no nonce, so the token gets one that no other has. */
static void make_nonce(struct course *c)
{
    if (c->order->mvp)
        random_bytes(c->nonce, sizeof c->nonce);
    else
        sha256(c->order->nonce, strlen(c->order->nonce), c->nonce);
}

/* REG-014: of two requests with one token the second waits here and then sees it consumed. */
static enum register_result claim_token(struct course *c)
{
    struct uuid id = c->token.id;
    switch (bootstrap_lock(c->rq->tx, &id, &c->token)) {
    case FOUND: break;
    case NOT_FOUND: return REGISTER_TOKEN_INVALID;
    case FIND_FAILED: return REGISTER_FAILED;
    }
    enum register_result state = token_state(c);
    if (state != REGISTER_OK)
        return state;
    c->project = c->token.project_id;
    make_nonce(c);
    switch (bootstrap_nonce_used(c->rq->tx, &c->token.project_id, c->nonce)) {
    case FOUND: return REGISTER_NONCE_COLLISION;
    case NOT_FOUND: return REGISTER_OK;
    case FIND_FAILED: break;
    }
    return REGISTER_FAILED;
}

/* REG-022: requested_resource_id names a Resource by its id alone; an external_ref does not fit
 * there.
 */
static enum found resource_of(const struct course *c, struct resource_ref *out)
{
    const struct registration *order = c->order;
    struct uuid id;
    if (order->resource_id && !uuid_parse(order->resource_id, &id))
        return NOT_FOUND;
    enum found found =
        resources_by_handle(c->rq->tx, &c->project,
                            order->resource_id ? order->resource_id : order->handle, out);
    if (found == FOUND && order->resource_id && !uuid_equal(&out->id, &id))
        return NOT_FOUND;
    return found;
}

static enum register_result result_of(enum mesh_result mesh)
{
    switch (mesh) {
    case MESH_OK: return REGISTER_OK;
    case MESH_CONTENTION: return REGISTER_CONTENTION;
    case MESH_POOL_EXHAUSTED: return REGISTER_POOL_EXHAUSTED;
    case MESH_SUBRANGE_EXHAUSTED: return REGISTER_SUBRANGE_EXHAUSTED;
    case MESH_FAILED: break;
    }
    return REGISTER_FAILED;
}

static enum register_result resource_of_body(struct course *c)
{
    switch (resource_of(c, &c->resource)) {
    case FOUND: return REGISTER_OK;
    case NOT_FOUND: return REGISTER_RESOURCE_NOT_FOUND;
    case FIND_FAILED: break;
    }
    return REGISTER_FAILED;
}

/* MVP-003: the Domain's lock comes first here, so that two registrations of one host adopt it
 * once. */
static enum register_result resource_of_host(struct course *c, const struct uuid *domain)
{
    const char *kind = c->token.kind == BOOTSTRAP_BRIDGE ? "bridge" : "vm";
    enum mesh_result locked = mesh_pool_lock(c->rq->tx, domain);
    if (locked != MESH_OK)
        return result_of(locked);
    switch (resource_of(c, &c->resource)) {
    case FOUND: return REGISTER_OK;
    case FIND_FAILED: return REGISTER_FAILED;
    case NOT_FOUND: break;
    }
    return resources_adopt(c->rq, &c->project, domain, kind, c->order->handle, &c->resource) ==
                   SQL_OK
               ? REGISTER_OK
               : REGISTER_FAILED;
}

/* REG-025: only a proven token learns whether Project and Resource exist. */
static enum register_result find_resource(struct course *c)
{
    struct uuid domain;
    switch (tenancy_domain_of_project(c->rq->tx, &c->project, &domain)) {
    case FOUND: break;
    case NOT_FOUND: return REGISTER_PROJECT_NOT_FOUND;
    case FIND_FAILED: return REGISTER_FAILED;
    }
    enum register_result result =
        c->order->mvp ? resource_of_host(c, &domain) : resource_of_body(c);
    if (result != REGISTER_OK)
        return result;
    bool is_bridge = text_equal(c->resource.kind, "bridge");
    return is_bridge == (c->token.kind == BOOTSTRAP_BRIDGE) ? REGISTER_OK : REGISTER_KIND_MISMATCH;
}

static enum register_result allocate(struct course *c)
{
    const struct uuid *domain = &c->resource.domain_id;
    enum mesh_result mesh = mesh_pool_lock(c->rq->tx, domain);
    if (mesh == MESH_OK)
        mesh = mesh_pool_find(c->rq->tx, domain, &c->project, &c->grant);
    return result_of(mesh);
}

static enum sql_result announce(const struct course *c)
{
    struct arena *a = c->rq->arena;
    const struct node *node = &c->node;
    json_t *payload = json_object();
    json_object_set_new(payload, "node_id", json_string(uuid_text(a, &node->id)));
    json_object_set_new(payload, "domain_id", json_string(uuid_text(a, &node->domain_id)));
    json_object_set_new(payload, "project_id", json_string(uuid_text(a, &node->project_id)));
    json_object_set_new(payload, "resource_id", json_string(uuid_text(a, &node->resource_id)));
    json_object_set_new(payload, "kind", json_string(node->kind));
    json_object_set_new(payload, "mesh_ip", json_string(node->mesh_ip));
    json_object_set_new(payload, "registered_at",
                        json_string(timestamp_format(a, node->registered_at)));
    return outbox_append(c->rq->tx, "NodeRegistered", &node->domain_id, &node->id, c->rq->now,
                         payload);
}

/* REG-019, REG-028: token, Node, address, key and event stand or fall together. */
static enum register_result persist(struct course *c, struct registered *out)
{
    struct tx *tx = c->rq->tx;
    struct node *node = &c->node;
    *node = (struct node){
        .id = uuid_v7(c->rq->now),
        .domain_id = c->resource.domain_id,
        .project_id = c->project,
        .resource_id = c->resource.id,
        .kind = bootstrap_kind_text(c->token.kind),
        .mesh_ip = c->grant.address,
        .registered_at = c->rq->now,
        .mvp = c->order->mvp,
    };
    memcpy(node->public_key, c->order->public_key, sizeof node->public_key);
    switch (bootstrap_mark_consumed(tx, &c->token.id, c->nonce, c->rq->now)) {
    case SQL_OK: break;
    case SQL_UNIQUE: return REGISTER_NONCE_COLLISION;
    default: return REGISTER_FAILED;
    }
    /* KEY-001: before there is the Node, which knows no key that could tell it of another. */
    if (signing_key_for_node(tx, c->rq->app->signing, &node->domain_id, c->rq->now,
                             &out->signing_key) != SQL_OK)
        return REGISTER_FAILED;
    if (node_create(tx, c->rq->app->relations, node) != SQL_OK ||
        mesh_pool_record(tx, &c->grant, &node->id) != SQL_OK ||
        nsk_issue(tx, c->config->nsk_wrap_key, &node->id, node->mvp ? NSK_PRINTABLE : NSK_BASE64,
                  c->rq->now, &out->nsk) != SQL_OK ||
        node_peers(tx, &node->domain_id, &node->id, &out->peers, &out->n_peers) != SQL_OK ||
        mesh_join(tx, c->config->nsk_wrap_key, node, c->rq->now) != SQL_OK || announce(c) != SQL_OK)
        return REGISTER_FAILED;
    out->node_id = node->id;
    out->mesh_ip = c->grant.address;
    out->mesh_cidr = c->grant.domain_cidr;
    return REGISTER_OK;
}

enum register_result register_node(struct request *rq, const struct registration *order,
                                   struct registered *out)
{
    const struct registration_state *state = rq->state;
    struct course c = { .rq = rq, .config = &state->config, .order = order };
    enum register_result result = prove_token(&c);
    if (result == REGISTER_OK)
        result = claim_token(&c);
    if (result == REGISTER_OK)
        result = find_resource(&c);
    if (result == REGISTER_OK)
        result = allocate(&c);
    return result == REGISTER_OK ? persist(&c, out) : result;
}
