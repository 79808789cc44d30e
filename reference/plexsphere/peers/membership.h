/* peers/membership.h — who takes part in a Domain's mesh, and how the others hear of it
 * (SPEC MSH-*). */
#ifndef PLEXSPHERE_PEERS_MEMBERSHIP_H
#define PLEXSPHERE_PEERS_MEMBERSHIP_H

#include <jansson.h>

#include "reference/plexsphere/nodes/nodes.h"

struct peer;
struct request;

/* An event with the whole peer for every Node of its Domain but itself. */
MUST_CHECK enum sql_result peer_announce(struct tx *tx, const char *type, const struct peer *peer,
                                         int64_t now);

/* A Node that was just created joins: with its share it has a secret with each of the Domain's
 * other live Nodes, and they hear of it. Needs the Domain's lock (mesh_pool_lock). */
MUST_CHECK enum sql_result mesh_join(struct tx *tx, const unsigned char nsk_wrap_key[32],
                                     const struct node *node, int64_t now);

enum leave_result { LEAVE_OK, LEAVE_NOT_FOUND, LEAVE_ALREADY, LEAVE_FAILED };

/* The Node takes part no more: no endpoint, no secret, and the others hear of it. Its row, its NSK
 * and its relations stay. LEAVE_ALREADY: it did before, and nothing was done. */
enum leave_result mesh_drain(struct tx *tx, const struct uuid *node, int64_t now);
/* And it never comes back: the NSK is revoked, the address free, the relations gone. */
enum leave_result mesh_deregister(struct request *rq, const struct uuid *node);

#endif
