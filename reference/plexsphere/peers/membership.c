#include "reference/plexsphere/peers/membership.h"

#include "common/arena.h"
#include "reference/plexsphere/events/node_events.h"
#include "reference/plexsphere/http/request.h"
#include "reference/plexsphere/mvp/mvp.h"
#include "reference/plexsphere/peers/psk.h"
#include "reference/plexsphere/peers/store.h"
#include "reference/plexsphere/ports/relations.h"
#include "reference/plexsphere/registration/mesh_pool.h"

/* MSH-008: one payload for both dialects, in the shape the MVP agent applies; a member `node_id`
 * would name the follower (EVT-059), so the peer's is `id`. */
static json_t *peer_view(struct arena *a, const struct peer *peer)
{
    const struct node_peer view = { .id = peer->id,
                                    .mesh_ip = peer->mesh_ip,
                                    .public_key = peer->public_key,
                                    .endpoint = peer->endpoint };
    return mvp_peer_view(a, &view);
}

enum sql_result peer_announce(struct tx *tx, const char *type, const struct peer *peer, int64_t now)
{
    const struct node_event event = { .type = type,
                                      .domain_id = peer->domain_id,
                                      .but = &peer->id,
                                      .payload = peer_view(tx_arena(tx), peer) };
    return node_event_append(tx, &event, now);
}

enum sql_result mesh_join(struct tx *tx, const unsigned char nsk_wrap_key[32],
                          const struct node *node, int64_t now)
{
    const struct peer peer = { .id = node->id,
                               .domain_id = node->domain_id,
                               .mesh_ip = node->mesh_ip,
                               .public_key = { node->public_key, sizeof node->public_key } };
    struct uuid kid = uuid_v7(now);
    enum sql_result r = psk_issue(tx, nsk_wrap_key, &node->id, &kid, now);
    return r == SQL_OK ? peer_announce(tx, "peer_added", &peer, now) : r;
}

static enum sql_result announce_removal(struct tx *tx, const struct peer *peer, int64_t now)
{
    struct node_event event = { .type = "peer_removed",
                                .domain_id = peer->domain_id,
                                .but = &peer->id,
                                .payload = json_object() };
    json_object_set_new(event.payload, "peer_id", json_string(uuid_text(tx_arena(tx), &peer->id)));
    return node_event_append(tx, &event, now);
}

/* The Node's row, then the Domain: in this order wherever both are locked. */
enum leave_result mesh_drain(struct tx *tx, const struct uuid *node, int64_t now)
{
    struct peer peer;
    switch (peer_lock(tx, node, &peer)) {
    case FOUND: break;
    case NOT_FOUND: return LEAVE_NOT_FOUND;
    case FIND_FAILED: return LEAVE_FAILED;
    }
    if (!peer.live)
        return LEAVE_ALREADY;
    if (mesh_pool_lock(tx, &peer.domain_id) != MESH_OK || peer_drain(tx, node, now) != SQL_OK ||
        endpoint_forget(tx, node) != SQL_OK || psk_share_retire(tx, node, now) != SQL_OK ||
        announce_removal(tx, &peer, now) != SQL_OK)
        return LEAVE_FAILED;
    return LEAVE_OK;
}

/* MSH-040: a drained Node deregisters like any other; only the news of its leaving is old. */
enum leave_result mesh_deregister(struct request *rq, const struct uuid *node)
{
    const struct object_ref object = { "node", *node };
    int revoked;
    enum leave_result left = mesh_drain(rq->tx, node, rq->now);
    if (left != LEAVE_OK && left != LEAVE_ALREADY)
        return left;
    if (nsk_revoke(rq->tx, node, rq->now, &revoked) != SQL_OK)
        return LEAVE_FAILED;
    if (revoked == 0)
        return LEAVE_ALREADY;
    if (peer_free_address(rq->tx, node) != SQL_OK ||
        rq->app->relations->remove_object(rq->tx, object) != SQL_OK)
        return LEAVE_FAILED;
    return LEAVE_OK;
}
