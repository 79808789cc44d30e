/* peers/psk.h — the secrets that pairs of Nodes share (SPEC MSH-061 to MSH-063).
 *
 * A live Node has one share in force: 32 random bytes, sealed under a key derived from the NSK wrap
 * key, with Node and kid as associated data. A pair's PSK comes of both Nodes' shares and kids by
 * HKDF. So a join or a rotation writes one row, a new share changes the PSKs of its Node's pairs
 * and no others, and a pair's later kid names its PSK. */
#ifndef PLEXSPHERE_PEERS_PSK_H
#define PLEXSPHERE_PEERS_PSK_H

#include "reference/plexsphere/nodes/nodes.h"

enum { PSK_WRAP_KEY_VERSION = 1, PSK_BYTES = 32 };

/* A share as it is; whoever holds one wipes it. */
struct psk_share {
    struct uuid node, kid;
    unsigned char secret[PSK_BYTES];
};

/* The same whichever of the two comes first. Whoever gets `psk` wipes it. */
void psk_of_shares(const struct psk_share *one, const struct psk_share *other,
                   unsigned char psk[PSK_BYTES]);

/* A new share, for a Node that has none in force. */
MUST_CHECK enum sql_result psk_issue(struct tx *tx, const unsigned char nsk_wrap_key[32],
                                     const struct uuid *node, const struct uuid *kid, int64_t now);

/* The PSK in force between two Nodes. Not found: one of them has no share, or they are one. Fails,
 * too, when a share does not open under the key. */
MUST_CHECK enum found psk_of_pair(struct tx *tx, const unsigned char nsk_wrap_key[32],
                                  const struct uuid *one, const struct uuid *other,
                                  unsigned char psk[PSK_BYTES]);

/* Gives at most `limit` live Nodes that have no share one: those of a database from before there
 * were any. *n is how many there were. tx is writing. */
MUST_CHECK enum sql_result psk_fill(struct tx *tx, const unsigned char nsk_wrap_key[32], int limit,
                                    int64_t now, size_t *n);

#endif
