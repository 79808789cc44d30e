#include "reference/plexsphere/peers/rotation.h"

#include <string.h>

#include "common/arena.h"
#include "common/timestamp.h"
#include "reference/plexsphere/events/node_events.h"
#include "reference/plexsphere/peers/membership.h"
#include "reference/plexsphere/peers/psk.h"
#include "reference/plexsphere/registration/mesh_pool.h"
#include "reference/plexsphere/tenancy/reachability.h"

enum { KEY_BYTES = 32 };

static enum rotation_result live(enum found found, const struct peer *peer)
{
    if (found == FIND_FAILED)
        return ROTATION_FAILED;
    return found == FOUND && peer->live ? ROTATION_OK : ROTATION_NO_PEER;
}

static enum sql_result ask_node(struct tx *tx, const struct peer *peer, const struct uuid *rotation,
                                int64_t now)
{
    struct arena *a = tx_arena(tx);
    struct node_event event = { .type = "rotate_keys",
                                .domain_id = peer->domain_id,
                                .node = &peer->id,
                                .payload = json_object() };
    json_object_set_new(event.payload, "node_id", json_string(uuid_text(a, &peer->id)));
    json_object_set_new(event.payload, "rotation_id", json_string(uuid_text(a, rotation)));
    return node_event_append(tx, &event, now);
}

/* MSH-017: the row, which heartbeats tell of, and the event, in one transaction and once. */
enum rotation_result rotation_request(struct tx *tx, const struct uuid *node, int64_t now,
                                      struct uuid *id, bool *already_pending)
{
    struct peer peer;
    enum rotation_result r = live(peer_lock(tx, node, &peer), &peer);
    if (r != ROTATION_OK)
        return r;
    enum found pending = rotation_pending(tx, node, id);
    *already_pending = pending == FOUND;
    if (pending != NOT_FOUND)
        return pending == FOUND ? ROTATION_OK : ROTATION_FAILED;
    *id = uuid_v7(now);
    return rotation_insert(tx, id, node, now) == SQL_OK && ask_node(tx, &peer, id, now) == SQL_OK
               ? ROTATION_OK
               : ROTATION_FAILED;
}

/* MSH-022: at the latest the Node's next heartbeat tells it, so that is the estimate. */
enum rotation_result rotation_preview(struct tx *tx, const struct uuid *node,
                                      struct rotation_impact *out)
{
    struct peer peer;
    struct uuid id;
    struct reachability policy;
    enum rotation_result r = live(peer_find(tx, node, &peer), &peer);
    if (r != ROTATION_OK)
        return r;
    enum found pending = rotation_pending(tx, node, &id);
    if (pending == FIND_FAILED || psk_edges(tx, node, &out->edges, &out->n_edges) != SQL_OK ||
        tenancy_reachability(tx, &peer.domain_id, &policy) != FOUND)
        return ROTATION_FAILED;
    out->already_pending = pending == FOUND;
    out->estimated_seconds = policy.heartbeat_interval / NANOS_PER_SECOND;
    return ROTATION_OK;
}

static bool is_key(struct bytes stored, const unsigned char key[KEY_BYTES])
{
    return stored.len == KEY_BYTES && memcmp(stored.data, key, KEY_BYTES) == 0;
}

/* MSH-028: with nothing pending a key is either the one that the last rotation brought, whose
 * receipt is given again, or unasked for. */
static enum rotation_result repeated(struct tx *tx, const struct uuid *node,
                                     const unsigned char key[KEY_BYTES], struct rotation *receipt)
{
    switch (rotation_completed(tx, node, receipt)) {
    case FOUND: return is_key(receipt->public_key, key) ? ROTATION_OK : ROTATION_NONE_PENDING;
    case NOT_FOUND: return ROTATION_NONE_PENDING;
    case FIND_FAILED: break;
    }
    return ROTATION_FAILED;
}

/* MSH-026, MSH-027: of two Nodes that rotate at once the later one names the PSK they share, so a
 * Domain's rotations take turns. */
static enum rotation_result swap(struct tx *tx, const unsigned char nsk_wrap_key[32],
                                 struct peer *peer, const struct rotation *rotation, int64_t now)
{
    peer->public_key = rotation->public_key;
    if (mesh_pool_lock(tx, &peer->domain_id) != MESH_OK ||
        peer_set_key(tx, &peer->id, rotation->public_key.data) != SQL_OK ||
        psk_share_retire(tx, &peer->id, now) != SQL_OK ||
        psk_issue(tx, nsk_wrap_key, &peer->id, &rotation->kid, now) != SQL_OK ||
        rotation_complete(tx, rotation, now) != SQL_OK ||
        peer_announce(tx, "peer_key_rotated", peer, now) != SQL_OK)
        return ROTATION_FAILED;
    return ROTATION_OK;
}

enum rotation_result rotation_finish(struct tx *tx, const unsigned char nsk_wrap_key[32],
                                     const struct uuid *node, const unsigned char key[KEY_BYTES],
                                     int64_t now, struct rotation *receipt)
{
    struct peer peer;
    struct uuid id;
    enum rotation_result r = live(peer_lock(tx, node, &peer), &peer);
    if (r != ROTATION_OK)
        return r;
    switch (rotation_pending(tx, node, &id)) {
    case FOUND: break;
    case NOT_FOUND: return repeated(tx, node, key, receipt);
    case FIND_FAILED: return ROTATION_FAILED;
    }
    if (is_key(peer.public_key, key))
        return ROTATION_UNCHANGED;
    *receipt = (struct rotation){ .id = id,
                                  .kid = uuid_v7(now),
                                  .wrap_key_version = PSK_WRAP_KEY_VERSION,
                                  .public_key = { key, KEY_BYTES } };
    return swap(tx, nsk_wrap_key, &peer, receipt, now);
}
