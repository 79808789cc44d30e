#include "reference/plexsphere/peers/endpoints.h"

#include "common/arena.h"
#include "common/text.h"
#include "reference/plexsphere/peers/membership.h"
#include "reference/plexsphere/peers/store.h"

/* MSH-006: news is another place, or the same one after its time was over. */
static bool is_news(const struct endpoint_row *before, const struct endpoint_report *report,
                    int64_t now)
{
    return before->announced_stale || before->stale_after <= now || before->port != report->port ||
           !text_equal(before->address, report->address);
}

enum endpoint_result endpoint_record(struct tx *tx, const struct uuid *node,
                                     const struct endpoint_report *report, int64_t now)
{
    struct peer peer;
    struct endpoint_row before;
    switch (peer_lock(tx, node, &peer)) {
    case FOUND: break;
    case NOT_FOUND: return ENDPOINT_GONE;
    case FIND_FAILED: return ENDPOINT_FAILED;
    }
    if (!peer.live)
        return ENDPOINT_GONE;
    enum found had = endpoint_find(tx, node, &before);
    if (had == FIND_FAILED || endpoint_put(tx, node, report, now, now + ENDPOINT_TTL) != SQL_OK)
        return ENDPOINT_FAILED;
    if (had == FOUND && !is_news(&before, report, now))
        return ENDPOINT_OK;
    peer.endpoint = endpoint_text(tx_arena(tx), report->address, report->port);
    return peer_announce(tx, "peer_endpoint_changed", &peer, now) == SQL_OK ? ENDPOINT_OK
                                                                            : ENDPOINT_FAILED;
}

/* MSH-005: not there when asked is 404, gone when written is 410. */
enum endpoint_result endpoint_accept(struct tx *tx, const struct uuid *node,
                                     const struct endpoint_report *report, int64_t now)
{
    struct peer peer;
    switch (peer_find(tx, node, &peer)) {
    case FOUND: break;
    case NOT_FOUND: return ENDPOINT_NO_PEER;
    case FIND_FAILED: return ENDPOINT_FAILED;
    }
    return peer.live ? endpoint_record(tx, node, report, now) : ENDPOINT_NO_PEER;
}

/* MSH-008: the announcement is the peer without an endpoint. */
enum sql_result endpoints_sweep(struct tx *tx, int64_t now, int limit, size_t *n)
{
    struct peer *peers;
    enum sql_result r = endpoints_mark_stale(tx, now, limit, &peers, n);
    for (size_t i = 0; i < *n && r == SQL_OK; i++) {
        peers[i].endpoint = NULL;
        r = peer_announce(tx, "peer_endpoint_stale", &peers[i], now);
    }
    return r;
}
