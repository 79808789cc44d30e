/* nodes/nodes.h — Nodes and their secret keys, and what other contexts may ask of them
 * (SPEC NOD-*, HBT-*).
 *
 * A Node Secret Key (NSK) is 32 random bytes, sent as base64. Its plaintext leaves once, at
 * registration; kept are its SHA-256, by which it is found, and the key itself sealed under the
 * wrap key with the Node's id as associated data. */
#ifndef PLEXSPHERE_NODES_H
#define PLEXSPHERE_NODES_H

#include "common/base.h"
#include "common/uuid.h"
#include "reference/plexsphere/store/db.h"
#include "reference/plexsphere/surface.h"
#include "reference/plexsphere/tenancy/tenancy.h"

struct arena;
struct relations;

/* The first member of the state of every surface that has AUTH_NODE rows: authenticate_node()
 * reads rq->state as this. */
struct nsk_gate {
    unsigned char wrap_key[32];
};

struct node {
    struct uuid id, domain_id, project_id, resource_id;
    const char *kind; /* "node", "bridge" */
    unsigned char public_key[32];
    const char *mesh_ip; /* canonical, no prefix length */
    int64_t registered_at;
    bool mvp; /* speaks the MVP dialect (ruling 1) */
};
/* And its relations: the Project above it, and itself as its own agent. */
MUST_CHECK enum sql_result node_create(struct tx *tx, const struct relations *relations,
                                       const struct node *node);

/* The text of a new NSK: base64 of 32 bytes, or 32 printable characters that are the key itself, as
 * the MVP dialect wants it (ruling 7). */
enum nsk_form { NSK_BASE64, NSK_PRINTABLE };
/* A new NSK for the Node; *plaintext is its text in the tx's arena, to be sent once. */
MUST_CHECK enum sql_result nsk_issue(struct tx *tx, const unsigned char wrap_key[32],
                                     const struct uuid *node, enum nsk_form form, int64_t now,
                                     char **plaintext);
/* Revokes every live NSK of the Node; *n is how many there were. */
MUST_CHECK enum sql_result nsk_revoke(struct tx *tx, const struct uuid *node, int64_t now, int *n);

/* Of `n` NSKs, which prove nothing any more: revoked, replaced and past their overlap, gone, or of
 * a Node that left? Fills dead[i]. */
MUST_CHECK enum sql_result nsk_dead_among(struct tx *tx, const struct uuid *nsks, size_t n,
                                          int64_t now, bool *dead);

/* Where a Node is and how it speaks; one that left is not found. */
struct node_address {
    struct uuid domain_id;
    bool mvp;
};
MUST_CHECK enum sql_result node_address(struct tx *tx, const struct uuid *node, bool *found,
                                        struct node_address *out);
/* From now on the Node's keys end at `until`; what replaces them is issued next. */
MUST_CHECK enum sql_result nsk_retire(struct tx *tx, const struct uuid *node, int64_t until);

/* A key as it is; whoever holds one wipes it. */
struct nsk {
    struct uuid id;
    unsigned char key[32];
};
/* The key the Node has now, which no rotation has replaced; not found: all are revoked. */
MUST_CHECK enum sql_result nsk_current(struct tx *tx, const unsigned char wrap_key[32],
                                       const struct uuid *node, bool *found, struct nsk *out);
MUST_CHECK enum sql_result node_has_nsk(struct tx *tx, const struct uuid *node, bool *has);
/* The key behind its sealed form. */
MUST_CHECK bool nsk_unwrap(struct arena *a, const unsigned char wrap_key[32],
                           const struct uuid *node, struct bytes wrapped, unsigned char key[32]);

struct node_place {
    struct uuid domain_id, project_id;
    bool mvp; /* speaks the MVP dialect */
};
/* A live Node, held until the transaction ends: what counts or replaces a Node's rows takes this
 * first. Heartbeats do not wait for it. */
MUST_CHECK enum found node_lock(struct tx *tx, const struct uuid *id, struct node_place *out);

struct node_peer {
    struct uuid id;
    const char *mesh_ip;
    struct bytes public_key; /* 32 bytes */
    const char *endpoint;    /* "192.0.2.7:51820"; NULL: not known, or stale */
};
/* Of the columns id, host(mesh_ip), public_key and, from node_endpoints, address and port. */
struct node_peer node_peer_of_row(const struct rows *r, int row);
/* The other live Nodes of a Domain by ascending id; arena of the tx. */
MUST_CHECK enum sql_result node_peers(struct tx *tx, const struct uuid *domain,
                                      const struct uuid *but, struct node_peer **out, size_t *n);

extern const struct surface surface_heartbeat; /* PostNodeHeartbeat */
extern const struct surface surface_nodes;     /* ListNodes */

#endif
