/* peers/store.h — the SQL of this context; nobody else includes it. Text lives in the tx's arena.
 */
#ifndef PLEXSPHERE_PEERS_STORE_H
#define PLEXSPHERE_PEERS_STORE_H

#include <jansson.h>

#include "reference/plexsphere/peers/endpoint.h"
#include "reference/plexsphere/store/db.h"
#include "reference/plexsphere/tenancy/tenancy.h"

/* A Node as the others see it. */
struct peer {
    struct uuid id, domain_id;
    const char *mesh_ip;
    struct bytes public_key; /* 32 bytes */
    const char *endpoint;    /* "192.0.2.7:51820"; NULL: not known, or stale */
    bool live;               /* it takes part in the mesh */
};
MUST_CHECK enum found peer_find(struct tx *tx, const struct uuid *node, struct peer *out);
/* As peer_find(), and whoever else would change the Node waits until the transaction ends. */
MUST_CHECK enum found peer_lock(struct tx *tx, const struct uuid *node, struct peer *out);
MUST_CHECK enum sql_result peer_set_key(struct tx *tx, const struct uuid *node,
                                        const unsigned char key[32]);
MUST_CHECK enum sql_result peer_drain(struct tx *tx, const struct uuid *node, int64_t now);
MUST_CHECK enum sql_result peer_free_address(struct tx *tx, const struct uuid *node);

/* What was reported last. */
struct endpoint_row {
    const char *address;
    int port;
    int64_t stale_after;
    bool announced_stale;
};
MUST_CHECK enum found endpoint_find(struct tx *tx, const struct uuid *node,
                                    struct endpoint_row *out);
MUST_CHECK enum sql_result endpoint_put(struct tx *tx, const struct uuid *node,
                                        const struct endpoint_report *report, int64_t now,
                                        int64_t stale_after);
MUST_CHECK enum sql_result endpoint_forget(struct tx *tx, const struct uuid *node);
/* Marks at most `limit` endpoints whose time is over and that nobody else is marking. */
MUST_CHECK enum sql_result endpoints_mark_stale(struct tx *tx, int64_t now, int limit,
                                                struct peer **out, size_t *n);

struct rotation {
    struct uuid id, kid;
    int64_t wrap_key_version;
    struct bytes public_key; /* the last three: of a completed one */
};
MUST_CHECK enum found rotation_pending(struct tx *tx, const struct uuid *node, struct uuid *id);
MUST_CHECK enum found rotation_completed(struct tx *tx, const struct uuid *node,
                                         struct rotation *out); /* the latest */
MUST_CHECK enum sql_result rotation_insert(struct tx *tx, const struct uuid *id,
                                           const struct uuid *node, int64_t now);
MUST_CHECK enum sql_result rotation_complete(struct tx *tx, const struct rotation *rotation,
                                             int64_t now);

struct psk_edge {
    struct uuid peer, kid;
    int64_t wrap_key_version;
};
/* Those in force, by the other Node's id; who leaves the mesh has none. */
MUST_CHECK enum sql_result psk_edges(struct tx *tx, const struct uuid *node, struct psk_edge **out,
                                     size_t *n);
struct sealed_share {
    struct uuid node, kid;
    struct bytes wrapped;
};
MUST_CHECK enum sql_result psk_share_insert(struct tx *tx, const struct uuid *node,
                                            const struct uuid *kid, int64_t wrap_key_version,
                                            struct bytes wrapped, int64_t now);
MUST_CHECK enum sql_result psk_share_retire(struct tx *tx, const struct uuid *node, int64_t now);
/* The two in force, in either order. */
MUST_CHECK enum found psk_shares_of_pair(struct tx *tx, const struct uuid *one,
                                         const struct uuid *other, struct sealed_share out[2]);
/* Live Nodes that have none and that nobody else holds, held until the transaction ends. */
MUST_CHECK enum sql_result psk_lock_without_share(struct tx *tx, int limit, struct uuid **out,
                                                  size_t *n);

struct heard_node {
    struct uuid id;
    const char *mesh_ip;
    int64_t created_at, last_heartbeat; /* 0: none */
};
MUST_CHECK enum found heard_node_find(struct tx *tx, const struct uuid *node, struct uuid *domain,
                                      struct heard_node *out);
MUST_CHECK enum sql_result heard_nodes(struct tx *tx, const struct uuid *domain,
                                       struct heard_node **out, size_t *n); /* live, by id */
/* The Domain that decisions about a Node are audited in. */
MUST_CHECK enum found node_domain(struct tx *tx, const struct uuid *node, struct uuid *domain);

#endif
