/* registration/registration.h — bootstrap tokens and the registration of Nodes (SPEC BST-*, REG-*).
 *
 * bootstrap_token.c knows the token's text, mesh_range.c and mesh_pool.c the addresses, store.c the
 * SQL, service.c the rules and their order, routes.c bodies and answers. */
#ifndef PLEXSPHERE_REGISTRATION_H
#define PLEXSPHERE_REGISTRATION_H

#include "common/base.h"
#include "reference/plexsphere/events/signing_keys.h"
#include "reference/plexsphere/http/cursor.h"
#include "reference/plexsphere/http/request.h"
#include "reference/plexsphere/registration/bootstrap_token.h"
#include "reference/plexsphere/registration/config.h"
#include "reference/plexsphere/surface.h"

extern const struct surface surface_registration;

/* The surface's state. */
struct registration_state {
    struct registration_config config;
    bool has_pepper;
    struct cursor_key cursor; /* derived from the pepper; len 0 without one */
};

/* A stored token, without anything that would redeem it. */
struct bootstrap_token {
    struct uuid id, project_id, issued_by;
    enum bootstrap_kind kind;
    const char *env_prefix;
    int64_t issued_at, expires_at;
    int64_t consumed_at, revoked_at; /* 0: not */
};

struct bootstrap_order {
    enum bootstrap_kind kind;
    const char *env_prefix;
    int64_t ttl_seconds;
};

enum bootstrap_result { BOOTSTRAP_OK, BOOTSTRAP_NOT_FOUND, BOOTSTRAP_SPENT, BOOTSTRAP_FAILED };

/* *plaintext exists here alone. */
enum bootstrap_result bootstrap_issue(struct request *rq, const struct uuid *project,
                                      const struct bootstrap_order *order,
                                      struct bootstrap_token *out, char **plaintext);
/* BOOTSTRAP_SPENT: it was consumed or revoked before. */
enum bootstrap_result bootstrap_revoke(struct request *rq, const struct uuid *project,
                                       const struct uuid *id);

/* A registration as it was asked for; text is not blank. */
struct registration {
    bool mvp;            /* the dialect (ruling 1): the Project is the token's, the nonce ours */
    struct uuid project; /* v1 alone */
    const char *handle;  /* MVP: the host name, adopted as a Resource when there is none */
    const char *resource_id; /* overrides the handle; NULL: none */
    const char *token;
    const char *nonce;
    unsigned char public_key[32];
};

struct registered {
    struct uuid node_id;
    const char *mesh_ip, *mesh_cidr;
    struct signing_key signing_key;
    char *nsk; /* leaves in the answer and nowhere else */
    struct node_peer *peers;
    size_t n_peers;
};

enum register_result {
    REGISTER_OK,
    REGISTER_TOKEN_INVALID,
    REGISTER_TOKEN_REVOKED,
    REGISTER_TOKEN_CONSUMED,
    REGISTER_TOKEN_EXPIRED,
    REGISTER_PROJECT_MISMATCH,
    REGISTER_NONCE_COLLISION,
    REGISTER_PROJECT_NOT_FOUND,
    REGISTER_RESOURCE_NOT_FOUND,
    REGISTER_KIND_MISMATCH,
    REGISTER_CONTENTION,
    REGISTER_POOL_EXHAUSTED,
    REGISTER_SUBRANGE_EXHAUSTED,
    REGISTER_FAILED,
};

/* Everything or nothing: rq->tx is writing, and any result but REGISTER_OK must be rolled back. */
enum register_result register_node(struct request *rq, const struct registration *order,
                                   struct registered *out);

#endif
