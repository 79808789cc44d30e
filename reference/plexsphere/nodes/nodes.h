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

struct node_peer {
    struct uuid id;
    const char *mesh_ip;
    struct bytes public_key; /* 32 bytes */
    const char *endpoint;    /* "192.0.2.7:51820"; NULL: not known, or stale */
};
/* The other live Nodes of a Domain by ascending id; arena of the tx. */
MUST_CHECK enum sql_result node_peers(struct tx *tx, const struct uuid *domain,
                                      const struct uuid *but, struct node_peer **out, size_t *n);

extern const struct surface surface_heartbeat; /* PostNodeHeartbeat */
extern const struct surface surface_nodes;     /* ListNodes */

#endif
