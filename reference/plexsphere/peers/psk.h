/* peers/psk.h — the secrets that pairs of Nodes share (SPEC MSH-*).
 *
 * A PSK is 32 random bytes, sealed under a key derived from the NSK wrap key, with the pair and the
 * kid as associated data. Those of one join, and those of one rotation, have one kid. */
#ifndef PLEXSPHERE_PEERS_PSK_H
#define PLEXSPHERE_PEERS_PSK_H

#include "reference/plexsphere/nodes/nodes.h"

enum { PSK_WRAP_KEY_VERSION = 1 };

/* A new one between the Node and each of the peers, with none in force. Needs the Domain's lock. */
MUST_CHECK enum sql_result psk_issue(struct tx *tx, const unsigned char nsk_wrap_key[32],
                                     const struct uuid *node, const struct node_peer *peers,
                                     size_t n, const struct uuid *kid, int64_t now);

#endif
