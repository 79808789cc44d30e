/* peers/rotation.h — turning a Node's mesh key (SPEC MSH-*). The NSK is another key and no matter
 * of this. */
#ifndef PLEXSPHERE_PEERS_ROTATION_H
#define PLEXSPHERE_PEERS_ROTATION_H

#include "reference/plexsphere/peers/store.h"

enum rotation_result {
    ROTATION_OK,
    ROTATION_NO_PEER,
    ROTATION_NONE_PENDING,
    ROTATION_UNCHANGED,
    ROTATION_FAILED,
};

/* Asks the Node for a new key, unless that was done. tx is writing. */
enum rotation_result rotation_request(struct tx *tx, const struct uuid *node, int64_t now,
                                      struct uuid *id, bool *already_pending);

struct rotation_impact {
    bool already_pending;
    struct psk_edge *edges;
    size_t n_edges;
    int64_t estimated_seconds;
};
/* What a request would meet; changes nothing. */
enum rotation_result rotation_preview(struct tx *tx, const struct uuid *node,
                                      struct rotation_impact *out);

/* The Node's new key: swaps it and gives the Node another share, and so other PSKs, all or nothing;
 * the same key once more gets the same receipt. tx is writing. */
enum rotation_result rotation_finish(struct tx *tx, const unsigned char nsk_wrap_key[32],
                                     const struct uuid *node, const unsigned char key[32],
                                     int64_t now, struct rotation *receipt);

#endif
